/* core/rules/lists.h: lists of alternatives, declared in a table or in a capture.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_LISTS_H
#define FCI_RULES_LISTS_H

#include "core/rules/pattern.h"

/* Returns whether two spans hold the same text. */
bool fci_text_span_equal (fci_text_span a, fci_text_span b);

/* Parses .lists. Returns NULL, or the reason why it is not valid. */
const char *fci_rule_lists_parse (fci_rule_lists *lists, const char *text);

/* Returns the k-th alternative of a list token. */
fci_text_span fci_list_alternative (const fci_token *token, int64_t k);

#endif
