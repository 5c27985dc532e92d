/* core/plugin/index-role.h: reads how an index describes what a reader and a transform recognize.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLUGIN_INDEX_ROLE_H
#define FCI_PLUGIN_INDEX_ROLE_H

#include "core/attr/yaml-check.h"
#include "core/plugin/index.h"

/* Read the keys of a role.  Return 0 or the code of an error. */
int fci_index_reader (const fci_yaml_file *file, const fci_yaml *map, fci_index_entry *out);
int fci_index_transform (const fci_yaml_file *file, const fci_yaml *map, fci_index_entry *out);
int fci_index_codec (const fci_yaml_file *file, const fci_yaml *map, fci_index_entry *out);

#endif
