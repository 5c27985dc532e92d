/* core/plugin/override.c: overrides single entries of a config with the user's parameters.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <fmtconv/plugin.h>

void
fmtconv_attr_override (fmtconv_attr *config, const fmtconv_pairs *pairs)
{
  fmtconv_ctx *ctx = config ? config->ctx : NULL;
  for (size_t i = 0; ctx && pairs && i < pairs->n && !fmtconv_ctx_failed (ctx); i++)
    {
      if (!fmtconv_attr_get (config, pairs->key[i]))
        fmtconv_warn (ctx, "'%s' is not in this model's config: it is added", pairs->key[i]);
      fmtconv_attr *value = fmtconv_attr_literal (ctx, pairs->value[i]);
      if (value)
        fmtconv_attr_set (config, pairs->key[i], value);
    }
}
