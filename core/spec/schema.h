/* core/spec/schema.h: checks the nodes of a spec, with errors that give the position.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_SPEC_SCHEMA_H
#define FCI_SPEC_SCHEMA_H

#include "core/spec/spec.h"

int fci_spec_fail (const fci_pipeline *p, fci_yaml_pos at, const char *format, ...) FMTCONV_PRINTF (3);

/* Is the node of that kind?  what: "transform" …, for the message. */
int fci_spec_kind (const fci_pipeline *p, const fci_yaml *node, fci_yaml_kind kind, const char *what);

/* Does the map have no keys but these?  The nearest is named.  what: "a spec". */
int fci_spec_keys (const fci_pipeline *p, const fci_yaml *map, const char *what, const char *const *keys,
                   size_t n);

/* yes, no, true, false into *value. */
int fci_spec_bool (const fci_pipeline *p, const fci_yaml *node, bool *value);

/* 1 to 64 letters, digits, '_' and, inside, '-': what may name a variable. */
bool fci_spec_name_ok (const char *name);

#endif
