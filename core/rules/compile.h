/* core/rules/compile.h: compiling a table of rules.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_COMPILE_H
#define FCI_RULES_COMPILE_H

#include "core/rules/table.h"

/* Compile.  0, or table->code with what is wrong (not recorded). */
int fci_table_compile (fci_table *table, const fmtconv_rules *rules, bool reverse);

#endif
