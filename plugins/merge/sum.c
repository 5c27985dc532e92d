/* plugins/merge/sum.c: sums of the tensors of a model and of other files.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "merge.h"

/* The number of tensors of each kind, for notes. */
struct counts
{
  size_t sums;
  size_t kept;    /* not floating-point */
  size_t lacking; /* not in every file */
  size_t zero;    /* unchanged by their weights */
  size_t f64;
};

static fmtconv_view *
watched (fmtconv_view *view)
{
  view = fmtconv_view_watch (view, FMTCONV_FINDING_UNDERFLOW | FMTCONV_FINDING_INEXACT,
                             FMTCONV_SEVERITY_COUNT, NULL);
  return fmtconv_view_watch (view, FMTCONV_FINDING_OVERFLOW, FMTCONV_SEVERITY_WARN,
                             "--dtype bf16 or f32 keeps them");
}

/* Divides a sum by its weights. */
static fmtconv_view *
normalized (const struct merge *m, fmtconv_view *sum, const double *weights)
{
  const float total = merge_total (m, weights);
  if (m->params->normalize <= 0 || total == 1)
    return sum;
  return fmtconv_view_divide (sum, fmtconv_view_constant (m->ctx, FMTCONV_F32, 0, NULL, &total), NULL);
}

/* Returns the addend of file number i: its tensor, or the difference to that of the last file. */
static fmtconv_view *
addend (const struct merge *m, size_t i, const fmtconv_tensor *t)
{
  fmtconv_view *view = merge_counterpart (m, i, t)->view;
  return m->params->minus ? fmtconv_view_add (view, merge_counterpart (m, m->n, t)->view, -1) : view;
}

/* Returns the sum for a tensor that all files have. */
static fmtconv_view *
sum_of (const struct merge *m, const fmtconv_tensor *t, const double *weights)
{
  const double base = merge_base_weight (m, weights);
  if (m->method == MERGE_SLERP)
    return watched (fmtconv_view_slerp (t->view, merge_counterpart (m, 0, t)->view, weights[0]));
  fmtconv_view *sum = fmtconv_view_scale (t->view, base);
  for (size_t i = 0; i < m->n; i++)
    if (weights[i] != 0)
      sum = fmtconv_view_add (sum, addend (m, i, t), weights[i]);
  return watched (normalized (m, sum, weights));
}

/* Returns 1 if the weights leave a tensor unchanged. */
static int
is_unchanged (const struct merge *m, const double *weights)
{
  for (size_t i = 0; i < m->n; i++)
    if (weights[i] != 0)
      return 0;
  return merge_base_weight (m, weights) == 1 || m->params->normalize > 0;
}

/* Returns the number of tensors with more digits than f32. */
static size_t
count_f64 (const struct merge *m, const fmtconv_tensor *t)
{
  size_t n = t->dtype == FMTCONV_F64;
  for (size_t i = 0; i < m->n_all; i++)
    n += merge_counterpart (m, i, t)->dtype == FMTCONV_F64;
  return n;
}

/* Why the tensors of the files are not used for a tensor of the input; NULL: they are.  `why` is counted. */
static const char *
unused_reason (const struct merge *m, const fmtconv_tensor *t, struct counts *counts)
{
  if (!fmtconv_dtype_is_float (t->dtype))
    {
      counts->kept++;
      return "only floating-point tensors are summed";
    }
  if (!merge_is_complete (m, t))
    {
      counts->lacking++;
      return "not in all models";
    }
  if (!is_unchanged (m, merge_weights_of (m, t)))
    return NULL;
  counts->zero++;
  return "its weight is 0";
}

/* Why a tensor of file number i is not used; NULL: it is. */
static const char *
drop_reason (const struct merge *m, size_t i, const fmtconv_tensor *t)
{
  struct counts ignored = { 0 };
  const fmtconv_tensor *target = merge_target (m, t);
  if (!target)
    return merge_is_other_name (m, i, t) ? "another name of a tensor of the input" : "not in all models";
  const char *why = unused_reason (m, target, &ignored);
  return !why && i < m->n && merge_weights_of (m, target)[i] == 0 ? "its weight is 0" : why;
}

/* Drops the tensors of the files that no sum uses. */
static void
drop_unused (const struct merge *m)
{
  for (size_t i = 0; i < m->n_all; i++)
    FMTCONV_FOREACH (t, m->file[i].model)
      {
        const char *why = drop_reason (m, i, t);
        if (why)
          fmtconv_model_drop (m->out, t, why);
      }
}

/* Lists the weights. */
static void
list_weights (const struct merge *m)
{
  if (m->method == MERGE_LINEAR)
    fmtconv_detail (m->ctx, "%g of the input", merge_base_weight (m, m->weight));
  for (size_t i = 0; i < m->n; i++)
    if (m->method == MERGE_SLERP)
      fmtconv_detail (m->ctx, "slerp: %g of the way from the input to %s", m->weight[i], m->file[i].path);
    else if (m->method == MERGE_LINEAR)
      fmtconv_detail (m->ctx, "%g of %s", m->weight[i], m->file[i].path);
    else
      fmtconv_detail (m->ctx, "the input plus %g times the difference of %s and %s", m->weight[i],
                      m->file[i].path, m->file[m->n].path);
  for (size_t i = 0; i < m->params->rule.n; i++)
    fmtconv_detail (m->ctx, "rule=%s", m->params->rule.value[i]);
}

static void
report (const struct merge *m, const struct counts *c)
{
  list_weights (m);
  fmtconv_note (m->ctx,
                c->sums == 1 ? "%zu tensor is a sum of %zu models:" : "%zu tensors are sums of %zu models:",
                c->sums, 1 + m->n_all);
  if (c->kept)
    fmtconv_note (m->ctx,
                  c->kept == 1 ? "%zu tensor is not floating-point and is that of the input"
                               : "%zu tensors are not floating-point and are those of the input",
                  c->kept);
  if (c->zero)
    fmtconv_note (m->ctx,
                  c->zero == 1 ? "%zu tensor is unchanged: its weights are 0"
                               : "%zu tensors are unchanged: their weights are 0",
                  c->zero);
  if (c->lacking)
    fmtconv_note (m->ctx,
                  c->lacking == 1 ? "%zu tensor is not in all models and is that of the input"
                                  : "%zu tensors are not in all models and are those of the input",
                  c->lacking);
  if (c->f64)
    fmtconv_warn (m->ctx,
                  c->f64 == 1
                      ? "%zu f64 tensor is rounded to f32 before it is added: the arithmetic is in f32"
                      : "%zu f64 tensors are rounded to f32 before they are added: the arithmetic is in f32",
                  c->f64);
}

static int
read_files (struct merge *m)
{
  const struct merge_params *p = m->params;
  if (p->file.n > MERGE_MAX_FILES)
    return fmtconv_fail_at (
        m->ctx, FMTCONV_E_LIMIT, &(fmtconv_where){ .hint = "merge some of them to a file first" },
        "merge: %zu files; at most %d can be summed at once", p->file.n, (int) MERGE_MAX_FILES);
  for (size_t i = 0; i < p->file.n; i++)
    if (merge_read_file (m->ctx, p, p->file.item[i], &m->file[i]))
      return fmtconv_ctx_failed (m->ctx);
  m->n_all = m->n + (p->minus != NULL);
  return p->minus ? merge_read_file (m->ctx, p, p->minus, &m->file[m->n]) : 0;
}

int
merge_sum (fmtconv_ctx *ctx, const struct merge_params *p, const fmtconv_model *in, fmtconv_model *out)
{
  struct merge m = {
    .ctx = ctx, .params = p, .in = in, .out = out, .method = merge_method_of (p), .n = p->file.n
  };
  struct counts counts = { 0 };
  if (read_files (&m) || merge_read_weights (&m) || merge_check (&m))
    return fmtconv_ctx_failed (ctx);
  FMTCONV_FOREACH (t, in)
    {
      const int is_sum = !unused_reason (&m, t, &counts);
      counts.sums += (size_t) is_sum;
      counts.f64 += is_sum ? count_f64 (&m, t) : 0;
      fmtconv_model_put (out, t->name, is_sum ? sum_of (&m, t, merge_weights_of (&m, t)) : t->view);
    }
  if (!counts.sums && !counts.zero)
    return fmtconv_fail_at (
        ctx, FMTCONV_E_MISSING,
        &(fmtconv_where){ .hint = "check that the models are of one kind and that names need no prefix=" },
        "no floating-point tensor of the input is in all files");
  drop_unused (&m);
  if (!fmtconv_ctx_failed (ctx))
    report (&m, &counts);
  return fmtconv_ctx_failed (ctx);
}
