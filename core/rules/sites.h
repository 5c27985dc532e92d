/* core/rules/sites.h: sites, the tensors that differ only in the lists of their pattern.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_SITES_H
#define FCI_RULES_SITES_H

#include "core/rules/run.h"

/* Open the site: values of its captures by number of the capture, the lists as `combo` says. */
uint64_t fci_site_bind (const fci_site *site, uint32_t combo, fci_value *bound);
void fci_site_add (fci_rule_run *run, fci_family *family, const fci_value *values, uint32_t tensor);
void fci_combo_bind (const fci_family *family, uint32_t combo, fci_value *bound, uint64_t *known);

#endif
