/* core/spec/schema.h: checks the nodes of a spec, with errors that give the position.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_SPEC_SCHEMA_H
#define FCI_SPEC_SCHEMA_H

#include "core/spec/spec.h"

int fci_spec_fail (const fci_pipeline *p, fci_yaml_pos at, const char *format, ...) FMTCONV_PRINTF (3);

/* Fails if the node is not of that kind. what: its name for the message. Returns 0 or an error code. */
int fci_spec_kind (const fci_pipeline *p, const fci_yaml *node, fci_yaml_kind kind, const char *what);

/* Fails, with a suggestion, if the map has another key. what: "a spec". Returns 0 or an error code. */
int fci_spec_keys (const fci_pipeline *p, const fci_yaml *map, const char *what, const char *const *keys,
                   size_t n);

/* Parses yes, no, true or false. Returns 0 or an error code. */
int fci_spec_bool (const fci_pipeline *p, const fci_yaml *node, bool *value);

/* Returns whether the name of a variable is valid: 1 to 64 letters, digits, '_' and, inside, '-'. */
bool fci_spec_name_ok (const char *name);

#endif
