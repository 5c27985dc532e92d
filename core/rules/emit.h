/* core/rules/emit.h: views for everything that comes out: fused, picked, split, changed.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_EMIT_H
#define FCI_RULES_EMIT_H

#include "core/rules/run.h"

/* Puts and drops, in order. */
void fci_rule_run_emit (fci_rule_run *run);

#endif
