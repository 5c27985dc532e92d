/* core/rules/pattern-match.h: does a pattern match a name, and what are the captures?
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_PATTERN_MATCH_H
#define FCI_RULES_PATTERN_MATCH_H

#include "core/rules/pattern.h"

/* Does the pattern match the whole name?  values: n_slots of them, by slot. */
bool fci_pattern_match (const fci_pattern *pattern, const char *name, size_t len, fci_value *values);

/* The rest of `name` behind a pattern without captures; NULL: it does not begin so. */
const char *fci_pattern_strip (const fci_pattern *pattern, const char *name);

#endif
