/* core/rules/pattern-match.h: matches a name against a pattern and extracts the captures.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_PATTERN_MATCH_H
#define FCI_RULES_PATTERN_MATCH_H

#include "core/rules/pattern.h"

/* Returns whether the pattern matches the full name; values: n_slots of them, by slot. */
bool fci_pattern_match (const fci_pattern *pattern, const char *name, size_t len, fci_value *values);

/* The same for a name in which underscores may stand for the dots of the pattern. */
bool fci_pattern_match_flat (const fci_pattern *pattern, const char *name, size_t len, fci_value *values);

/* Returns the rest of `name` after a pattern without captures; NULL: it does not begin with it. */
const char *fci_pattern_strip (const fci_pattern *pattern, const char *name);

#endif
