/* core/exec/eval/product.h: adds low-rank products to elements.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_EVAL_PRODUCT_H
#define FCI_EXEC_EVAL_PRODUCT_H

#include "core/exec/eval/factor.h"

/* Returns whether a simple part (without axes of extent 1 and joinable axes) has at most two axes, and each
 * factor of a product moves along one axis. */
bool fci_part_is_matrix (const fci_part_box *p);

/* Applies products and factors to the elements of such a part, dense at `from`, and stores them in the
 * output.  Returns 0, or -1 with the fault set. */
int fci_store_products (fci_fetching *f, const fci_part_box *p, const fci_factors *factors,
                        const uint8_t *from, fci_tally *tally, uint8_t *out);

#endif
