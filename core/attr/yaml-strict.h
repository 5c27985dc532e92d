/* core/attr/yaml-strict.h: a strict YAML document to nodes with places, from libyaml's events.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_ATTR_YAML_STRICT_H
#define FCI_ATTR_YAML_STRICT_H

#include "core/attr/yaml-node.h"

/* The document of a file; path: for messages.  Refused, with line and column: what is no YAML, a second document,
 * more than the limits, anchors, aliases, tags, a key twice or one that is no text, characters that would not be
 * shown, written out or escaped.  NULL: an error, or a file that is NULL. */
fci_yaml *fci_yaml_strict (fmtconv_source *file, const char *path);

#endif
