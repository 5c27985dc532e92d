/* core/plugin/params-check.h: checks a plugin's table of parameters.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLUGIN_PARAMS_CHECK_H
#define FCI_PLUGIN_PARAMS_CHECK_H

#include <fmtconv/plugin.h>

/* Checks that a plugin's table and its defaults are well-formed.  Returns 0, or E_INTERNAL with the
 * reason. */
int fci_params_check (fmtconv_ctx *ctx, const char *role, const fmtconv_param *params);

/* Returns why `main` does not name a parameter of the table that can take a value, or NULL. */
const char *fci_main_reason (fmtconv_ctx *ctx, const fmtconv_param *params, const char *main);

#endif
