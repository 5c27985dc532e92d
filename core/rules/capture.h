/* core/rules/capture.h: what stands between the braces of a pattern: {i}, {x*}, {p:q,k,v}, {#k-1-k}.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_CAPTURE_H
#define FCI_RULES_CAPTURE_H

#include "core/rules/pattern.h"

/* One capture, between '{' and '}' (for fci_pattern_compile).  NULL, or what is wrong. */
const char *fci_capture_parse (fci_token *token, fci_text_span inside, const fci_rule_lists *lists);

#endif
