/* core/rules/text.h: a table of rules as YAML text.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_TEXT_H
#define FCI_RULES_TEXT_H

#include <fmtconv/rules.h>

/* Returns the table as the YAML text that fmtconv_rules_read accepts. NULL: out of memory. */
const char *fci_rules_text (fmtconv_ctx *ctx, const fmtconv_rules *rules);

#endif
