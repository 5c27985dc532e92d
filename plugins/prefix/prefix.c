/* plugins/prefix/prefix.c: the transform that adds or removes a prefix of names.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <fmtconv/plugin.h>
#include <string.h>

struct params
{
  const char *strip;
  const char *add;
};

static const fmtconv_param params[] = {
  { "strip", FMTCONV_PARAM_TEXT, offsetof (struct params, strip), NULL,
    "remove this prefix from names (model.)" },
  { "add", FMTCONV_PARAM_TEXT, offsetof (struct params, add), NULL, "add this prefix to names" },
  { 0 },
};

/* Returns the name after the prefix strip=, or NULL if it does not begin with the prefix or has nothing else. */
static const char *
stripped (const struct params *p, const char *name)
{
  size_t n = p->strip ? strlen (p->strip) : 0;
  return strncmp (name, p->strip ? p->strip : "", n) || !name[n] ? NULL : name + n;
}

/* Renames the tensors that have the prefix strip=; all others are unchanged, so that add= does not mix them in. */
static int
apply (fmtconv_ctx *ctx, const void *params_, const fmtconv_model *in, fmtconv_model *out)
{
  const struct params *p = params_;
  size_t kept = 0;
  if (!p->strip && !p->add)
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "no prefix given: type prefix:strip=TEXT or prefix:add=TEXT");
  FMTCONV_FOREACH (t, in)
    {
      const char *rest = stripped (p, t->name);
      kept += !rest;
      fmtconv_model_put (out, rest ? fmtconv_ctx_printf (ctx, "%s%s", p->add ? p->add : "", rest) : t->name,
                         t->view);
    }
  if (kept && kept == fmtconv_model_count (in))
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "no tensor name begins with '%s'", p->strip);
  if (kept)
    fmtconv_note (ctx,
                  kept == 1 ? "%zu of %zu names does not begin with '%s' and stays unchanged"
                            : "%zu of %zu names do not begin with '%s' and stay unchanged",
                  kept, fmtconv_model_count (in), p->strip);
  return fmtconv_ctx_failed (ctx);
}

FMTCONV_PLUGIN (prefix, .name = "prefix", .summary = "adds or removes a prefix of names",
                .transform = FMTCONV_TRANSFORM (.params = params, .main = "add=PREFIX",
                                                .understands = FMTCONV_FEATURE_TIED | FMTCONV_FEATURE_SCALED,
                                                .apply = apply));
