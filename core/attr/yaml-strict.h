/* core/attr/yaml-strict.h: parses a strict YAML document into nodes with places.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_ATTR_YAML_STRICT_H
#define FCI_ATTR_YAML_STRICT_H

#include "core/attr/yaml-node.h"

/* Parses the document of a file; path: for messages. Refuses, with line and column: invalid YAML, a second
 * document, anything over the limits, anchors, aliases, tags, duplicate keys, keys that are not texts, and
 * invisible characters, literal or escaped. NULL: an error, or file is NULL. */
fci_yaml *fci_yaml_strict (fmtconv_source *file, const char *path);

#endif
