/* core/plugin/suggest.h: the values that a plugin suggests for its parameters.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLUGIN_SUGGEST_H
#define FCI_PLUGIN_SUGGEST_H

#include <fmtconv/plugin.h>

/* Returns the values of that key, "q8_0|q4_0", in "to=q8_0|q4_0 rest=f16".  NULL: none, or out of memory. */
const char *fci_suggested (fmtconv_ctx *ctx, const char *values, const char *key);

/* Returns the reason why such a text does not suit the table, or NULL. */
const char *fci_suggested_reason (fmtconv_ctx *ctx, const fmtconv_param *params, const char *values);

#endif
