/* core/plugin/agree-rules.h: compares the rules of recognition of an index with those of a module.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLUGIN_AGREE_RULES_H
#define FCI_PLUGIN_AGREE_RULES_H

#include <fmtconv/plugin.h>

/* Returns the first difference, for people; NULL: they recognize the same.  known: of the index; NULL: none. */
const char *fci_rules_disagree (fmtconv_ctx *ctx, const fmtconv_rules *known, const fmtconv_rules *own);

#endif
