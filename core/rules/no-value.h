/* core/rules/no-value.h: describes values and attributes that cannot be computed.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_NO_VALUE_H
#define FCI_RULES_NO_VALUE_H

#include "core/rules/run.h"
#include "core/rules/template.h"

/* Sets run->no_value: the attribute that is being computed, its place in the file, its expression and the reason; as hint the
 * number in .let that decides it, if there is one. */
void fci_no_value_describe (fci_rule_run *run, const fci_template_piece *piece, const char *reason);

/* Sets run->no_value to a failure whose reason is run->bad_let: its place, and what to type for it. */
void fci_no_value_describe_let (fci_rule_run *run, const char *what);

/* Returns the line of a name in .let, or 0 if it is not known. */
unsigned fci_no_value_line (const fci_table *table, const fci_let *let);

#endif
