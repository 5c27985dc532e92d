/* core/rules/unify.h: binds shape variables by the tensors, and compares shapes with what they give.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_UNIFY_H
#define FCI_RULES_UNIFY_H

#include "core/rules/run.h"

/* Room for a shape as text. */
typedef char fci_dims_buffer[24 * FMTCONV_MAX_RANK + 4];

/* Writes a shape: "[256,64]".  Returns the text. */
const char *fci_dims_text (const fci_tensor_dims *dims, fci_dims_buffer text);

bool fci_dims_equal (const fci_tensor_dims *a, const fci_tensor_dims *b);

/* Computes a shape.  Returns false if a dimension has no value, or not yet. */
bool fci_rule_shape_known (fci_rule_run *run, const fci_rule_shape *shape, fci_tensor_dims *dims);

/* Binds or checks the variables of the one of n shapes that has the rank of the dimensions.  Returns false if none fits. */
bool fci_rule_unify (fci_rule_run *run, const fci_element_bytes *item, const fci_rule_shape *shapes,
                     unsigned n, const fci_tensor_dims *dims);

/* Report that dimensions do not fit the shape of the rule, or its operations. */
void fci_rule_fail_shape (fci_rule_run *run, const fci_element_bytes *item, const fci_tensor_dims *dims);
void fci_rule_fail_ops (fci_rule_run *run, const fci_element_bytes *item, const fci_tensor_dims *dims);

#endif
