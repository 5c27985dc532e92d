/* core/rules/gather.h: the rule operation that puts the indices of an axis in another order.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_GATHER_H
#define FCI_RULES_GATHER_H

#include "core/rules/table.h"
#include <fmtconv/formats.h>

/* Parses "AXIS: 3,0-2".  Returns false for other text, or without memory. */
bool fci_rule_gather_parse (fci_table *table, fci_rule_op *op, const char *s);

/* Returns whether the operation has each index from 0 on once. */
bool fci_rule_gather_is_permutation (const fci_rule_op *op);

/* Changes the shape of a tensor to that after the operation.  Returns false if the axis does not have the indices. */
bool fci_rule_gather_dims (const fci_rule_op *op, fci_tensor_dims *dims);

/* Returns the view before the operation, which is a permutation; NULL: an error. */
fmtconv_view *fci_rule_ungather (fmtconv_view *view, const fci_rule_op *op);

#endif
