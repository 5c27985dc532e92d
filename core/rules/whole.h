/* core/rules/whole.h: the shape of the whole tensor that an item is cut from, or that its tensors are joined to.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_WHOLE_H
#define FCI_RULES_WHOLE_H

#include "core/rules/run.h"

/* Copies the shape of a tensor. */
void fci_dims_of (const fmtconv_tensor *tensor, fci_tensor_dims *dims);

/* Returns whether dimensions have the axis of the rule; if not, that is a problem. */
bool fci_rule_has_axis (fci_rule_run *run, const fci_element_bytes *item, const fci_tensor_dims *dims);

/* Returns the axis of a tensor of the input along which the rule joins: in reverse, that of before the operations. */
unsigned fci_rule_joins_along (const fci_rule_run *run, const fci_rule *rule, unsigned rank);

/* Computes the dimensions of the fused tensors of an item.  Returns false on a problem. */
bool fci_rule_item_joined (fci_rule_run *run, const fci_element_bytes *item, fci_tensor_dims *dims);

/* Computes the dimensions of the whole tensor; in reverse, of the parts that several rules picked.  Returns false on a
 * problem, or if a reshape hides them. */
bool fci_rule_item_whole (fci_rule_run *run, const fci_element_bytes *item, fci_tensor_dims *whole);

#endif
