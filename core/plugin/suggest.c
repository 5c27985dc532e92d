/* core/plugin/suggest.c: the values that a plugin suggests for its parameters.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/plugin/suggest.h"
#include <string.h>

const char *
fci_suggested (fmtconv_ctx *ctx, const char *values, const char *key)
{
  const size_t len = strlen (key);
  for (const char *at = values ? values : ""; *at; at += strspn (at, " "))
    {
      const size_t n = strcspn (at, " ");
      if (n > len + 1 && at[len] == '=' && !strncmp (at, key, len))
        return fci_strndup (ctx, at + len + 1, n - len - 1);
      at += n;
    }
  return NULL;
}

static bool
is_key (const fmtconv_param *params, const char *key, size_t len)
{
  for (const fmtconv_param *p = params; p && p->key; p++)
    if (strlen (p->key) == len && !strncmp (p->key, key, len))
      return true;
  return false;
}

const char *
fci_suggested_reason (fmtconv_ctx *ctx, const fmtconv_param *params, const char *values)
{
  for (const char *at = values ? values : ""; *at; at += strspn (at, " "))
    {
      const size_t n = strcspn (at, " "), len = strcspn (at, "= ");
      if (len + 1 >= n)
        return fmtconv_ctx_printf (ctx, "'%.*s' has no value", (int) n, at);
      if (!is_key (params, at, len))
        return fmtconv_ctx_printf (ctx, "'%.*s' is not a parameter", (int) len, at);
      at += n;
    }
  return NULL;
}
