/* core/rules/items.h: the tensors of the output, what they are made of and called.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_ITEMS_H
#define FCI_RULES_ITEMS_H

#include "core/rules/run.h"

/* Names everything that comes out. */
void fci_rule_run_items (fci_rule_run *run);

/* The k-th tensor that is fused. */
const fmtconv_tensor *fci_rule_item_tensor (const fci_rule_run *run, const fci_element_bytes *item,
                                            unsigned k);

#endif
