/* core/view/order.h: an order of operations on elements, in which only equal operations are equal.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_VIEW_ORDER_H
#define FCI_VIEW_ORDER_H

#include "core/view/view.h"

/* Returns whether two lists of operations are equal, operation by operation. */
bool fci_ops_equal (const fci_op *a, const fci_op *b);

/* Returns whether two operations are equal, apart from the operations before them. */
bool fci_op_equal (const fci_op *a, const fci_op *b);

/* Return an arbitrary order of factors, or products, in which only equal operands compare equal; the
 * positions of factors do not matter. */
int fci_factor_order (const fci_factor *a, const fci_factor *b);
int fci_product_order (const fci_product *a, const fci_product *b);

/* Returns an arbitrary order in which only equal lists compare equal. */
int fci_ops_order (const fci_op *a, const fci_op *b);

#endif
