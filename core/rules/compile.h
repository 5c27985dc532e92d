/* core/rules/compile.h: compiles a table of rules.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_COMPILE_H
#define FCI_RULES_COMPILE_H

#include "core/rules/table.h"

/* Compiles the table. Returns 0, or table->code with the fault in the table (not recorded). */
int fci_table_compile (fci_table *table, const fmtconv_rules *rules, bool reverse);

#endif
