/* core/rules/items.h: the output tensors: their sources and names.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_ITEMS_H
#define FCI_RULES_ITEMS_H

#include "core/rules/run.h"

/* Creates and names the output items. */
void fci_rule_run_items (fci_rule_run *run);

/* Returns the k-th tensor that is fused into the item. */
const fmtconv_tensor *fci_rule_item_tensor (const fci_rule_run *run, const fci_element_bytes *item,
                                            unsigned k);

/* Returns the name of the first tensor, or weight, that the item is made of. */
const char *fci_rule_item_name (const fci_rule_run *run, const fci_element_bytes *item);

#endif
