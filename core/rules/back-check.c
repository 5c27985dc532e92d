/* core/rules/back-check.c: says which keys of a GGUF file a configuration that was made of them does not hold.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/model/model.h"
#include "core/rules/keys.h"
#include "core/rules/rules.h"
#include <math.h>
#include <string.h>

/* Returns whether two values are the same in the file, where fractions have 32 bits. */
static bool
is_same (fmtconv_attr *a, fmtconv_attr *b)
{
  const double x = fmtconv_attr_get_float (a, NULL, NAN), y = fmtconv_attr_get_float (b, NULL, NAN);
  if (!isnan (x) && !isnan (y))
    return !((float) x < (float) y) && !((float) x > (float) y);
  const char *one = fmtconv_attr_json_text (a, 0), *two = fmtconv_attr_json_text (b, 0);
  return one && two && !strcmp (one, two);
}

/* Lists a key with both values. */
static void
list (fmtconv_ctx *ctx, fmtconv_attr *was, fmtconv_attr *now)
{
  const char *text = fmtconv_attr_json_text (was, 0), *other = now ? fmtconv_attr_json_text (now, 0) : NULL;
  if (text && other)
    fmtconv_detail (ctx, "%s: %s, but %s by config.json", was->key, text, other);
  else if (text)
    fmtconv_detail (ctx, "%s: %s", was->key, text);
}

void
fci_rules_check_back (const fmtconv_rules *rules, const fmtconv_model *in, const fmtconv_model *out)
{
  fmtconv_ctx *ctx = fci_model_ctx (in);
  fmtconv_attr *had = fmtconv_attr_get (fmtconv_model_attrs (in), "config");
  if (ctx->failed || !had || !fmtconv_attr_get (fmtconv_model_attrs (out), "config"))
    return;
  fmtconv_attr *attributes = fci_rules_attributes (rules, out);
  fmtconv_attr *made =
      attributes && fci_rule_has_keys (attributes) ? fmtconv_attr_get (attributes, "config") : NULL;
  size_t n = 0;
  for (fmtconv_attr *a = made ? had->first : NULL; a; a = a->next)
    {
      fmtconv_attr *now = fmtconv_attr_get (made, a->key);
      if (now && is_same (a, now))
        continue;
      list (ctx, a, now);
      n++;
    }
  if (n)
    fmtconv_warn (ctx, "config.json does not say what %s of the GGUF file say%s:",
                  n == 1 ? "this key" : "these keys", n == 1 ? "s" : "");
}
