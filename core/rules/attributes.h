/* core/rules/attributes.h: the attributes of the output, config.json among them, from a JSON text with expressions.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_ATTRIBUTES_H
#define FCI_RULES_ATTRIBUTES_H

#include "core/rules/run.h"

/* Step of fci_table_compile: checks .attributes, if only the table is checked. Returns false on a fault. */
bool fci_table_attributes (fci_table *table);

/* Computes the attributes, with all names bound; in reverse, compares them with the input's. What has no value, or is not
 * equal, is a problem. */
void fci_rule_run_attributes (fci_rule_run *run);

/* Gives them to the output. In reverse, takes those away that the rules would make, and keeps the title. */
void fci_rule_run_put_attributes (fci_rule_run *run);

#endif
