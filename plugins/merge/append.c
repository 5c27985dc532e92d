/* plugins/merge/append.c: adds the tensors of other files to a model.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "merge.h"
#include <math.h>

/* Fails if a parameter of sums is given. */
static int
check_params (fmtconv_ctx *ctx, const struct merge_params *p)
{
  const char *given = p->weight.n                         ? "weight"
                      : p->rule.n                         ? "rule"
                      : p->minus                          ? "minus"
                      : !isnan (p->base_weight)           ? "base-weight"
                      : p->normalize >= 0                 ? "normalize"
                      : p->missing != MERGE_MISSING_ERROR ? "missing"
                                                          : NULL;
  if (!given)
    return 0;
  return fmtconv_fail_at (
      ctx, FMTCONV_E_USAGE, &(fmtconv_where){ .hint = "give weight=W, or another method" },
      "merge: %s= applies to weighted sums only; without weight=, merge adds the tensors of the "
      "files to those of the input",
      given);
}

/* Fails and lists the names that both models have. */
static int
check_collisions (fmtconv_ctx *ctx, const struct merge_params *p, const fmtconv_model *out,
                  const struct merge_file *file)
{
  size_t n = 0;
  FMTCONV_FOREACH (t, file->model)
    {
      const char *name = fmtconv_ctx_printf (ctx, "%s%s", p->prefix, t->name);
      if (fmtconv_model_find (out, name) && ++n)
        fmtconv_detail (ctx, "%s", name);
    }
  if (!n)
    return 0;
  return fmtconv_fail_at (
      ctx, FMTCONV_E_FORMAT,
      &(fmtconv_where){
          .hint = "to average both models, give weight=0.5; to add the tensors, drop or rename them "
                  "in one model first, or give prefix=" },
      n == 1 ? "%zu name is in both models:" : "%zu names are in both models:", n);
}

int
merge_append (fmtconv_ctx *ctx, const struct merge_params *p, const fmtconv_model *in, fmtconv_model *out)
{
  if (check_params (ctx, p))
    return fmtconv_ctx_failed (ctx);
  FMTCONV_FOREACH (t, in)
    fmtconv_model_put (out, t->name, t->view);
  for (size_t i = 0; i < p->file.n; i++)
    {
      struct merge_file file;
      if (merge_read_file (ctx, p, p->file.item[i], &file) || check_collisions (ctx, p, out, &file))
        break;
      FMTCONV_FOREACH (t, file.model)
        fmtconv_model_put (out, fmtconv_ctx_printf (ctx, "%s%s", p->prefix, t->name), t->view);
    }
  return fmtconv_ctx_failed (ctx);
}
