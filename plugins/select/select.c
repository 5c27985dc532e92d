/* plugins/select/select.c: the transform that keeps the tensors of some names.
 * SPDX-License-Identifier: Apache-2.0 */
#include <fmtconv/plugin.h>

struct params
{
  fmtconv_pairs name;
};

static const fmtconv_param params[] = {
  { "name", FMTCONV_P_PAIRS, offsetof (struct params, name), NULL,
    "keep what this glob matches (* also crosses dots); may be repeated" },
  { 0 },
};

static int
apply (fmtconv_ctx *ctx, const void *params_, const fmtconv_model *in, fmtconv_model *out)
{
  const struct params *p = params_;
  if (fmtconv_check_globs (&p->name, in, "select:name=GLOB"))
    return fmtconv_failed (ctx);
  for
    FMTCONV_EACH (t, in)
  if (fmtconv_glob_of (&p->name, t->name) < p->name.n)
    fmtconv_put (out, t->name, t->view);
  else
    fmtconv_drop (out, t, "not selected");
  return fmtconv_failed (ctx);
}

FMTCONV_PLUGIN (select, .name = "select", .summary = "keeps the tensors of some names, drops the rest",
                .transform = FMTCONV_TRANSFORM (.params = params,
                                                .understands = FMTCONV_TIED | FMTCONV_SCALED,
                                                .apply = apply));
