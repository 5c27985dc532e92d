/* plugins/merge/match.c: finds the tensors of other files that belong to those of the input, and checks
 * that they fit.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "merge.h"
#include "plugins/common/text.h"
#include <string.h>

static const fmtconv_tensor *
named (const struct merge *m, size_t i, const char *name)
{
  const char *prefix = m->params->prefix;
  return text_starts_with (name, prefix) ? fmtconv_model_find (m->file[i].model, name + strlen (prefix))
                                         : NULL;
}

/* fmtconv_model_tied returns the first of a group for all others, and the second for the first. */
const fmtconv_tensor *
merge_counterpart (const struct merge *m, size_t i, const fmtconv_tensor *t)
{
  const fmtconv_tensor *found = named (m, i, t->name), *tied = fmtconv_model_tied (m->in, t);
  if (found || !tied)
    return found;
  found = named (m, i, tied->name);
  tied = fmtconv_model_tied (m->in, tied);
  return found || !tied ? found : named (m, i, tied->name);
}

const fmtconv_tensor *
merge_target (const struct merge *m, const fmtconv_tensor *t)
{
  return fmtconv_model_find (m->in, fmtconv_ctx_printf (m->ctx, "%s%s", m->params->prefix, t->name));
}

int
merge_is_other_name (const struct merge *m, size_t i, const fmtconv_tensor *t)
{
  const fmtconv_model *model = m->file[i].model;
  const fmtconv_tensor *tied = fmtconv_model_tied (model, t);
  if (!tied || merge_target (m, tied))
    return tied != NULL;
  tied = fmtconv_model_tied (model, tied);
  return tied && merge_target (m, tied);
}

int
merge_is_complete (const struct merge *m, const fmtconv_tensor *t)
{
  for (size_t i = 0; i < m->n_all; i++)
    if (!merge_counterpart (m, i, t))
      return 0;
  return 1;
}

/* Lists the tensors that the input or a file lacks.  Returns their number. */
static size_t
list_missing (const struct merge *m)
{
  size_t n = 0;
  for (size_t i = 0; i < m->n_all; i++)
    {
      FMTCONV_FOREACH (t, m->in)
        if (!merge_counterpart (m, i, t) && ++n)
          fmtconv_detail (m->ctx, "'%s' is not in %s", t->name, m->file[i].path);
      FMTCONV_FOREACH (t, m->file[i].model)
        if (!merge_target (m, t) && !merge_is_other_name (m, i, t) && ++n)
          fmtconv_detail (m->ctx, "'%s' is only in %s", t->name, m->file[i].path);
    }
  return n;
}

static int
check_names (const struct merge *m)
{
  size_t n = m->params->missing == MERGE_MISSING_ERROR ? list_missing (m) : 0;
  if (n == 0)
    return 0;
  return fmtconv_fail_at (
      m->ctx, FMTCONV_E_FORMAT,
      &(fmtconv_where){
          .hint = "check that the models are of one kind and that names need no prefix=; missing=keep "
                  "leaves tensors of the input unchanged, and drops those of the files" },
      n == 1 ? "%zu tensor is not in all models:" : "%zu tensors are not in all models:", n);
}

/* Lists the quantized tensors of a model.  Returns their number. */
static size_t
list_quantized (fmtconv_ctx *ctx, const fmtconv_model *model)
{
  size_t n = 0;
  FMTCONV_FOREACH (t, model)
    if ((fmtconv_dtype_is_blocks (t->dtype)
         || fmtconv_model_scaling (model, t, NULL) == FMTCONV_SCALING_CODES)
        && ++n)
      fmtconv_detail (ctx, "'%s' is %s", t->name, fmtconv_dtype_get (t->dtype)->name);
  return n;
}

static int
check_plain (const struct merge *m)
{
  size_t n = list_quantized (m->ctx, m->in);
  if (n)
    return fmtconv_fail_at (
        m->ctx, FMTCONV_E_UNSUPPORTED, &(fmtconv_where){ .hint = "add -t dequantize:to=bf16 before it" },
        n == 1 ? "%zu quantized tensor cannot be summed:" : "%zu quantized tensors cannot be summed:", n);
  for (size_t i = 0; i < m->n_all; i++)
    if ((n = list_quantized (m->ctx, m->file[i].model)))
      return fmtconv_fail_at (
          m->ctx, FMTCONV_E_UNSUPPORTED,
          &(fmtconv_where){
              .hint = fmtconv_ctx_printf (
                  m->ctx, "fmtconv -t dequantize:to=bf16 %s plain.safetensors, then file=plain.safetensors",
                  m->file[i].path) },
          n == 1 ? "%zu quantized tensor of %s cannot be summed:"
                 : "%zu quantized tensors of %s cannot be summed:",
          n, m->file[i].path);
  return 0;
}

/* Returns a shape as text: [2,3]. */
static const char *
shape_text (fmtconv_ctx *ctx, const fmtconv_tensor *t)
{
  const char *text = "[";
  for (unsigned i = 0; i < t->rank && text; i++)
    text = fmtconv_ctx_printf (ctx, "%s%s%llu", text, i ? "," : "", (unsigned long long) t->shape[i]);
  return text ? fmtconv_ctx_printf (ctx, "%s]", text) : NULL;
}

static int
same_shape (const fmtconv_tensor *a, const fmtconv_tensor *b)
{
  return a->rank == b->rank && (!a->rank || !memcmp (a->shape, b->shape, a->rank * sizeof *a->shape));
}

/* Lists a pair that cannot be summed.  Returns 1 if so. */
static int
list_misfit (const struct merge *m, size_t i, const fmtconv_tensor *t, const fmtconv_tensor *other)
{
  if (fmtconv_dtype_is_float (t->dtype) != fmtconv_dtype_is_float (other->dtype))
    fmtconv_detail (m->ctx, "'%s' is %s, and %s in %s", t->name, fmtconv_dtype_get (t->dtype)->name,
                    fmtconv_dtype_get (other->dtype)->name, m->file[i].path);
  else if (fmtconv_dtype_is_float (t->dtype) && !same_shape (t, other))
    fmtconv_detail (m->ctx, "'%s' is %s, and %s in %s", t->name, shape_text (m->ctx, t),
                    shape_text (m->ctx, other), m->file[i].path);
  else
    return 0;
  return 1;
}

static int
check_fit (const struct merge *m)
{
  size_t n = 0;
  for (size_t i = 0; i < m->n_all; i++)
    FMTCONV_FOREACH (t, m->in)
      {
        const fmtconv_tensor *other = merge_counterpart (m, i, t);
        n += other && list_misfit (m, i, t, other);
      }
  if (n == 0)
    return 0;
  return fmtconv_fail_at (m->ctx, FMTCONV_E_FORMAT,
                          &(fmtconv_where){ .hint = "merge models of one architecture and size" },
                          n == 1 ? "%zu tensor has another shape or kind of data type in a file:"
                                 : "%zu tensors have another shape or kind of data type in a file:",
                          n);
}

int
merge_check (const struct merge *m)
{
  return check_plain (m) || check_names (m) || check_fit (m) ? fmtconv_ctx_failed (m->ctx) : 0;
}
