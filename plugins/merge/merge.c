/* plugins/merge/merge.c: the transform that adds the tensors of other files to a model.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <fmtconv/formats.h>
#include <fmtconv/plugin.h>

struct params
{
  fmtconv_input *file;
  const char *reader;
  const char *prefix;
};

static const fmtconv_param params[] = {
  { "file", FMTCONV_PARAM_INPUT, offsetof (struct params, file), NULL,
    "the file or folder whose tensors are added" },
  { "reader", FMTCONV_PARAM_TEXT, offsetof (struct params, reader), NULL,
    "the reader of that file, with parameters; default: detected" },
  { "prefix", FMTCONV_PARAM_TEXT, offsetof (struct params, prefix), "",
    "prefix for the names of the added tensors" },
  { 0 },
};

/* Fails and lists the names that both models have. */
static int
check_collisions (fmtconv_ctx *ctx, const struct params *p, const fmtconv_model *in,
                  const fmtconv_model *more)
{
  size_t n = 0;
  FMTCONV_FOREACH (t, more)
    {
      const char *name = fmtconv_ctx_printf (ctx, "%s%s", p->prefix, t->name);
      if (fmtconv_model_find (in, name) && ++n)
        fmtconv_detail (ctx, "%s", name);
    }
  if (!n)
    return 0;
  return fmtconv_fail_at (
      ctx, FMTCONV_E_FORMAT,
      &(fmtconv_where){ .hint = "drop or rename them in one model first, or give prefix=" },
      n == 1 ? "%zu name is in both models:" : "%zu names are in both models:", n);
}

static int
apply (fmtconv_ctx *ctx, const void *params_, const fmtconv_model *in, fmtconv_model *out)
{
  const struct params *p = params_;
  if (!p->file)
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "no file given: merge:file=OTHER");
  const fmtconv_model *more = fmtconv_input_read (p->file, p->reader);
  if (!more || check_collisions (ctx, p, in, more))
    return fmtconv_ctx_failed (ctx);
  if (fmtconv_model_next_component (more, NULL))
    return fmtconv_fail (ctx, FMTCONV_E_UNSUPPORTED,
                         "%s holds several components: give the folder of one component",
                         fmtconv_input_path (p->file));
  FMTCONV_FOREACH (t, in)
    fmtconv_model_put (out, t->name, t->view);
  FMTCONV_FOREACH (t, more)
    fmtconv_model_put (out, fmtconv_ctx_printf (ctx, "%s%s", p->prefix, t->name), t->view);
  return fmtconv_ctx_failed (ctx);
}

FMTCONV_PLUGIN (merge, .name = "merge", .summary = "adds the tensors of another file to a model",
                .transform = FMTCONV_TRANSFORM (.params = params, .main = "file=FILE",
                                                .understands = FMTCONV_FEATURE_TIED | FMTCONV_FEATURE_SCALED,
                                                .apply = apply));
