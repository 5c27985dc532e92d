/* core/rules/text.h: a table of rules as the text that people write.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_TEXT_H
#define FCI_RULES_TEXT_H

#include <fmtconv/rules.h>

/* The table as text that fmtconv_rules_read gives back: YAML.  NULL: out of memory. */
const char *fci_rules_text (fmtconv_ctx *ctx, const fmtconv_rules *rules);

#endif
