/* plugins/lora-gguf/matrices.c: the matrices of modules under the names, and with the axes, that weights have in llama.cpp.
 * SPDX-License-Identifier: Apache-2.0
 *
 * B A is [outputs, inputs].  A weight that the model stores as [inputs, outputs] gets A^T B^T. */
#include "config.h"

#include "lora-gguf.h"
#include "plugins/common/text.h"
#include <math.h>
#include <string.h>

/* Describes the weight that a group changes. */
static int
describe (struct adapter *s, const struct lora_group *g, fmtconv_weight *w)
{
  const char *separator;
  const char *module = text_starts_with (g->module, LORA_PEFT_PREFIX)
                           ? lora_name_in_model (g->module, true, &separator)
                           : g->module;
  const fmtconv_tensor *a = g->part[LORA_DOWN], *b = g->part[LORA_UP], *full = g->part[LORA_SET];
  uint64_t *shape = fmtconv_ctx_alloc (s->ctx, 2, sizeof *shape);
  w->name = fmtconv_ctx_printf (s->ctx, "%s.weight", module);
  w->shape = full ? full->shape : shape;
  w->rank = full ? full->rank : 2;
  w->is_module = !full && !g->is_embedding;
  if (!shape || full)
    return fmtconv_ctx_failed (s->ctx);
  shape[0] = g->is_embedding ? a->shape[1] : b->shape[0];
  shape[1] = g->is_embedding ? b->shape[0] : a->shape[1];
  return fmtconv_ctx_failed (s->ctx);
}

/* Returns a group whose product is that of another one with rows and columns exchanged.  NULL after an error. */
static const struct lora_group *
transposed (struct adapter *s, const struct lora_group *g)
{
  static const unsigned axes[] = { 1, 0 };
  struct lora_group *out = fmtconv_ctx_alloc (s->ctx, 1, sizeof *out);
  if (!out)
    return NULL;
  *out = *g;
  out->origin = g;
  out->is_embedding = 0;
  out->part[LORA_DOWN] =
      lora_part_of_view (s->ctx, g->part[LORA_UP]->name, fmtconv_view_permute (g->part[LORA_UP]->view, axes));
  out->part[LORA_UP] = lora_part_of_view (s->ctx, g->part[LORA_DOWN]->name,
                                          fmtconv_view_permute (g->part[LORA_DOWN]->view, axes));
  return fmtconv_ctx_failed (s->ctx) ? NULL : out;
}

/* Exchanges the matrices of weights that are stored as [inputs, outputs]. */
static int
store (struct adapter *s)
{
  for (size_t i = 0; i < s->groups.n; i++)
    {
      const struct lora_group *g = &s->groups.group[i];
      s->sources[i] = g->is_embedding ? transposed (s, g) : g;
    }
  for (size_t i = 0; i < s->renaming.n; i++)
    {
      const fmtconv_new_weight *w = &s->renaming.weight[i];
      for (size_t k = 0; w->is_transposed && k < (w->n ? w->n : 1); k++)
        if (w->rows[k].weight != FMTCONV_NO_WEIGHT && !s->sources[w->rows[k].weight]->origin)
          s->sources[w->rows[k].weight] = transposed (s, s->sources[w->rows[k].weight]);
    }
  return fmtconv_ctx_failed (s->ctx);
}

static int
fail_unknown (const struct adapter *s)
{
  return fmtconv_fail_at (
      s->ctx, FMTCONV_E_UNSUPPORTED,
      &(fmtconv_where){ .hint = "'fmtconv models' lists the models; one may be added as a file, "
                                "fmtconv-model(5)" },
      "no installed model file has the names that llama.cpp gives to a model of the class '%s' (%s)",
      fmtconv_attr_get_string (fmtconv_attr_at (s->config, "architectures/0"), NULL, ""), s->config_at);
}

int
adapter_rename (struct adapter *s)
{
  const size_t n = s->groups.n;
  s->weights = fmtconv_ctx_alloc (s->ctx, n + 1, sizeof *s->weights);
  s->sources = fmtconv_ctx_alloc (s->ctx, n + 1, sizeof *s->sources);
  for (size_t i = 0; s->weights && s->sources && i < n; i++)
    if (describe (s, &s->groups.group[i], &s->weights[i]))
      return fmtconv_ctx_failed (s->ctx);
  if (fmtconv_ctx_failed (s->ctx)
      || fmtconv_rules_rename_by_config (s->ctx, s->config, "gguf", n, s->weights, &s->renaming))
    return fmtconv_ctx_failed (s->ctx);
  if (s->renaming.several)
    return fmtconv_fail (s->ctx, FMTCONV_E_UNSUPPORTED, "the configuration is that of several models: %s",
                         s->renaming.several);
  if (!s->renaming.model || !s->renaming.architecture)
    return fail_unknown (s);
  return store (s);
}

/* Sets *factor to alpha over rank of a group. */
static int
factor_of (struct adapter *s, const struct lora_group *g, double *factor)
{
  double alpha = NAN, divisor = 1;
  const struct lora_group *origin = lora_group_origin (g);
  if (lora_alpha (&s->facts, origin, lora_group_rank (origin), &alpha, &divisor))
    return fmtconv_ctx_failed (s->ctx);
  *factor = alpha / divisor;
  if (isfinite (*factor))
    return 0;
  return fmtconv_fail (s->ctx, FMTCONV_E_USAGE, "alpha %g over %g is not a finite factor", alpha, divisor);
}

/* Returns zeros in place of the matrix of an expert that the adapter does not change. */
static fmtconv_view *
zeros (fmtconv_ctx *ctx, uint32_t dtype, uint64_t rows, uint64_t columns)
{
  static const unsigned char zero[8];
  const uint64_t shape[] = { 1, rows, columns };
  return fmtconv_view_leaf (fmtconv_source_memory (ctx, zero, sizeof zero, "zeros"), 0, dtype, 3, shape,
                            (const int64_t[]){ 0, 0, 0 });
}

/* The experts of one weight while they are put on top of each other. */
struct stack
{
  size_t n;
  fmtconv_view **a;
  fmtconv_view **b;
  const struct lora_group *first;
};

/* Adds the matrices of an expert. */
static int
add_expert (struct adapter *s, struct stack *k, const struct lora_group *g, double first)
{
  const fmtconv_tensor *a = g->part[LORA_DOWN], *b = g->part[LORA_UP];
  const fmtconv_tensor *wanted = k->first->part[LORA_DOWN];
  double own = first;
  if (a->shape[0] != wanted->shape[0] || a->dtype != wanted->dtype
      || b->dtype != k->first->part[LORA_UP]->dtype)
    return fmtconv_fail_at (s->ctx, FMTCONV_E_UNSUPPORTED, &(fmtconv_where){ .tensor = a->name },
                            "the experts of a layer are stored in one tensor, so that '%s' and it must have "
                            "one rank and one data type",
                            wanted->name);
  if (factor_of (s, g, &own))
    return fmtconv_ctx_failed (s->ctx);
  fmtconv_view *view = b->view;
  if (own != first)
    view = fmtconv_view_cast (fmtconv_view_scale (view, own / first), b->dtype);
  k->a[k->n] = fmtconv_view_reshape (a->view, 3, (const uint64_t[]){ 1, a->shape[0], a->shape[1] });
  k->b[k->n++] = fmtconv_view_reshape (view, 3, (const uint64_t[]){ 1, b->shape[0], b->shape[1] });
  return fmtconv_ctx_failed (s->ctx);
}

/* Adds zeros for the experts that a range of rows without a weight has. */
static void
add_absent (const struct adapter *s, struct stack *k, uint64_t n)
{
  const fmtconv_tensor *a = k->first->part[LORA_DOWN], *b = k->first->part[LORA_UP];
  for (uint64_t i = 0; i < n; i++)
    {
      k->a[k->n] = zeros (s->ctx, a->dtype, a->shape[0], a->shape[1]);
      k->b[k->n++] = zeros (s->ctx, b->dtype, b->shape[0], b->shape[1]);
    }
}

/* Puts the matrices of experts on top of each other. */
static int
stack (struct adapter *s, const fmtconv_new_weight *w, struct adapter_pair *out)
{
  struct stack k = { .a = fmtconv_ctx_alloc (s->ctx, w->stacked, sizeof *k.a),
                     .b = fmtconv_ctx_alloc (s->ctx, w->stacked, sizeof *k.b) };
  for (size_t i = 0; !k.first && i < w->n; i++)
    k.first = w->rows[i].weight == FMTCONV_NO_WEIGHT ? NULL : s->sources[w->rows[i].weight];
  if (!k.a || !k.b || !k.first || factor_of (s, k.first, &out->factor))
    return fmtconv_ctx_failed (s->ctx);
  const uint64_t rows = k.first->part[LORA_UP]->shape[0];
  for (size_t i = 0; i < w->n && !fmtconv_ctx_failed (s->ctx); i++)
    if (w->rows[i].weight == FMTCONV_NO_WEIGHT)
      add_absent (s, &k, w->rows[i].count / rows);
    else if (add_expert (s, &k, s->sources[w->rows[i].weight], out->factor))
      return fmtconv_ctx_failed (s->ctx);
  out->name = k.first->part[LORA_UP]->name;
  out->a = fmtconv_view_concat (0, k.n, k.a);
  out->b = fmtconv_view_concat (0, k.n, k.b);
  return fmtconv_ctx_failed (s->ctx);
}

int
adapter_pair_make (struct adapter *s, const fmtconv_new_weight *w, struct adapter_pair *out)
{
  const struct lora_sources sources = { &s->facts, s->sources };
  struct lora_group g;
  *out = (struct adapter_pair){ 0 };
  if (w->stacked)
    {
      if (stack (s, w, out))
        return fmtconv_ctx_failed (s->ctx);
    }
  else if (lora_parts_make (&sources, w, false, &g) || factor_of (s, &g, &out->factor))
    return fmtconv_ctx_failed (s->ctx);
  else
    {
      out->name = g.part[LORA_UP]->name;
      out->a = g.part[LORA_DOWN]->view;
      out->b = g.part[LORA_UP]->view;
    }
  return fmtconv_weight_factors (s->ctx, w, &out->a, &out->b);
}
