/* core/rules/shape.h: shape variables: checks every tensor against its rule and the other tensors.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_SHAPE_H
#define FCI_RULES_SHAPE_H

#include "core/rules/run.h"

/* Binds the shape variables. */
void fci_rule_run_shapes (fci_rule_run *run);

/* Computes the shapes of one part of an item between the operations, with all variables bound: by[k]
 * before operation k, by[n_ops] the last. In reverse only for rules whose shape is hidden by a reshape.
 * Returns false if shapes do not fit. */
bool fci_rule_item_shapes (fci_rule_run *run, const fci_element_bytes *item, fci_tensor_dims *by);
bool fci_rule_hides (const fci_rule *rule);

/* Computes the shape after one of .ops.  Returns false if it does not fit the shape before. */
bool fci_rule_op_dims (fci_rule_run *run, const fci_rule_op *op, const fci_tensor_dims *before,
                       fci_tensor_dims *after);

#endif
