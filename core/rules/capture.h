/* core/rules/capture.h: parses the captures of a pattern: {i}, {x*}, {p:q,k,v}, {#k-1-k}.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_CAPTURE_H
#define FCI_RULES_CAPTURE_H

#include "core/rules/pattern.h"

/* Parses one capture, the text between '{' and '}' (for fci_pattern_compile). Returns NULL, or the reason
 * why it is not valid. */
const char *fci_capture_parse (fci_token *token, fci_text_span inside, const fci_rule_lists *lists);

#endif
