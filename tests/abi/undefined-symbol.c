/* tests/abi/undefined-symbol.c: a plugin that calls a function that does not exist; with lazy binding it
 * would fail in the middle of a conversion.
 * SPDX-License-Identifier: Apache-2.0 */
#include <fmtconv/plugin.h>

int fmtconv_function_of_tomorrow (fmtconv_ctx *ctx);

static int
apply (fmtconv_ctx *ctx, const void *params, const fmtconv_model *in, fmtconv_model *out)
{
  (void) params, (void) in, (void) out;
  return fmtconv_function_of_tomorrow (ctx);
}

FMTCONV_PLUGIN (undefined_symbol, .name = "undefined-symbol", .summary = "cannot be bound",
                .transform = FMTCONV_TRANSFORM (.apply = apply));
