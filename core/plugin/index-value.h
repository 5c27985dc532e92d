/* core/plugin/index-value.h: reads texts and numbers of an index of plugins.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLUGIN_INDEX_VALUE_H
#define FCI_PLUGIN_INDEX_VALUE_H

#include "core/attr/yaml-check.h"

/* Reads a text; leaves *out unchanged if the key is absent.  Returns 0 or the code of an error. */
int fci_index_text (const fci_yaml_file *file, const fci_yaml *map, const char *key, const char **out);

/* Reads a number from 0 to `most`; leaves *out unchanged if the key is absent.  Returns 0 or the code of an error. */
int fci_index_number (const fci_yaml_file *file, const fci_yaml *map, const char *key, unsigned most,
                      unsigned *out);

#endif
