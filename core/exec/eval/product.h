/* core/exec/eval/product.h: adds low-rank products to elements.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_EVAL_PRODUCT_H
#define FCI_EXEC_EVAL_PRODUCT_H

#include "core/exec/eval/factor.h"

/* Has the part, which is simple (no axes of extent 1, none that can be joined), at most two axes, and does each
 * factor of a product move along one of them? */
bool fci_part_is_matrix (const fci_part_box *p);

/* Elements of such a part, dense at `from`, with its products and factors, to their places in the output. */
int fci_store_products (fci_fetching *f, const fci_part_box *p, const fci_factors *factors,
                        const uint8_t *from, fci_tally *tally, uint8_t *out);

#endif
