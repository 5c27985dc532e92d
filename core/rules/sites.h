/* core/rules/sites.h: sites: groups of tensors that differ only in the lists of their pattern.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_SITES_H
#define FCI_RULES_SITES_H

#include "core/rules/run.h"

/* Sets the values of a site's captures, by number of the capture, with the lists as in `combo`. Returns
 * the bits of the bound captures. */
uint64_t fci_site_bind (const fci_site *site, uint32_t combo, fci_value *bound);
void fci_site_add (fci_rule_run *run, fci_family *family, const fci_value *values, uint32_t tensor);
void fci_combo_bind (const fci_family *family, uint32_t combo, fci_value *bound, uint64_t *known);

#endif
