/* core/attr/yaml-check.h: checks of nodes of a YAML document. Each function that returns int returns 0, or
 * the code of the error that it recorded at the node's place.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_ATTR_YAML_CHECK_H
#define FCI_ATTR_YAML_CHECK_H

#include "core/attr/yaml-node.h"

/* The file that the nodes are from. */
typedef struct fci_yaml_file
{
  fmtconv_ctx *ctx;
  const char *path;
} fci_yaml_file;

int fci_yaml_fail (const fci_yaml_file *file, fci_yaml_pos at, const char *format, ...) FMTCONV_PRINTF (3);

/* Checks that the node is of that kind. what: "transform" …, for the message. */
int fci_yaml_is (const fci_yaml_file *file, const fci_yaml *node, fci_yaml_kind kind, const char *what);

/* Checks that the map has no other keys than these; the message names the nearest. what: "a spec". */
int fci_yaml_keys (const fci_yaml_file *file, const fci_yaml *map, const char *what, const char *const *keys,
                   size_t n);

/* Reads yes, no, true or false into *value. */
int fci_yaml_bool (const fci_yaml_file *file, const fci_yaml *node, bool *value);

#endif
