/* core/rules/match.h: every tensor finds its prefix, its family of rules and its captures.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_MATCH_H
#define FCI_RULES_MATCH_H

#include "core/rules/run.h"

/* Choose the prefix and let every tensor find its family and site. */
void fci_rule_run_match (fci_rule_run *run);

/* Is `capture` to be dense, and so nearly dense that what is missing can be listed? */
bool fci_rule_run_dense (const fci_rule_run *run, const fci_capture *capture);

#endif
