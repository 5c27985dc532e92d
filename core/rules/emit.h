/* core/rules/emit.h: builds the output views: fused, picked, split, changed.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_EMIT_H
#define FCI_RULES_EMIT_H

#include "core/rules/run.h"

/* Returns a value after one of .ops.  after: the shape that it has then. */
fmtconv_view *fci_rule_change (fmtconv_view *view, const fci_rule_op *op, const fci_tensor_dims *after);

/* Puts the output tensors in order, and drops the others. */
void fci_rule_run_emit (fci_rule_run *run);

#endif
