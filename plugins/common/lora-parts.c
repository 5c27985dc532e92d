/* plugins/common/lora-parts.c: cuts and joins the matrices of a LoRA as rules cut and fuse the rows of its weights.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Rows of a weight are rows of B, so that a part has its rows of B and the same A.  What is fused of modules with equal
 * matrices A has this A, and their rows of B one below the other.  With other matrices, A is all of them one below the
 * other, and B has a block for each: [B1 0; 0 B2] [A1; A2]. */
#include "config.h"

#include "plugins/common/lora-translate.h"
#include <fmtconv/formats.h>
#include <math.h>
#include <string.h>

/* What becomes of a part when rows are cut or joined. */
enum effect
{
  ROWS,    /* it has the weight's rows */
  SAME,    /* it belongs to all rows */
  REFUSED, /* it cannot be cut */
};

static const enum effect effects[LORA_PARTS] = {
  [LORA_DOWN] = SAME,         [LORA_UP] = ROWS,         [LORA_MID] = SAME,
  [LORA_UP_BIAS] = ROWS,      [LORA_ALPHA] = SAME,      [LORA_MAGNITUDE] = ROWS,
  [LORA_DIFF] = ROWS,         [LORA_DIFF_BIAS] = ROWS,  [LORA_SET] = ROWS,
  [LORA_SET_BIAS] = ROWS,     [LORA_HADA_W1_A] = ROWS,  [LORA_HADA_W1_B] = SAME,
  [LORA_HADA_W2_A] = ROWS,    [LORA_HADA_W2_B] = SAME,  [LORA_HADA_T1] = REFUSED,
  [LORA_HADA_T2] = REFUSED,   [LORA_KRON_W1] = REFUSED, [LORA_KRON_W1_A] = REFUSED,
  [LORA_KRON_W1_B] = REFUSED, [LORA_KRON_W2] = REFUSED, [LORA_KRON_W2_A] = REFUSED,
  [LORA_KRON_W2_B] = REFUSED, [LORA_KRON_T2] = REFUSED,
};

static bool
is_bias_part (int part)
{
  return part == LORA_DIFF_BIAS || part == LORA_SET_BIAS;
}

/* Returns whether a part is a row of magnitudes: those of the inputs, or [1, out, 1, 1] of a convolution. */
static bool
is_of_inputs (int part, const fmtconv_tensor *t)
{
  return part == LORA_MAGNITUDE && t->rank > 1 && t->shape[0] == 1;
}

const fmtconv_tensor *
lora_part_of_view (fmtconv_ctx *ctx, const char *name, fmtconv_view *view)
{
  fmtconv_tensor *t = view ? fmtconv_ctx_alloc (ctx, 1, sizeof *t) : NULL;
  if (!t)
    return NULL;
  *t = (fmtconv_tensor){ .name = name,
                         .view = view,
                         .dtype = fmtconv_view_dtype (view),
                         .rank = fmtconv_view_rank (view),
                         .shape = fmtconv_view_shape (view),
                         .bytes = fmtconv_dtype_get (fmtconv_view_dtype (view))->block_bytes };
  for (unsigned i = 0; i < t->rank; i++)
    t->bytes *= t->shape[i];
  return t;
}

/* Returns zeros in the form of a tensor: one element, which is every one. */
static fmtconv_view *
zeros (fmtconv_ctx *ctx, const fmtconv_tensor *like, uint64_t rows, uint64_t columns)
{
  static const unsigned char zero[8];
  const int64_t steps[FMTCONV_MAX_RANK] = { 0 };
  uint64_t shape[FMTCONV_MAX_RANK];
  memcpy (shape, like->shape, like->rank * sizeof *shape);
  shape[0] = rows;
  if (like->rank > 1)
    shape[1] = columns;
  return fmtconv_view_leaf (fmtconv_source_memory (ctx, zero, sizeof zero, "zeros"), 0, like->dtype,
                            like->rank, shape, steps);
}

/* Returns rows of a tensor. */
static fmtconv_view *
cut (const fmtconv_tensor *t, const fmtconv_weight_rows *rows)
{
  if (rows->start == 0 && rows->count == t->shape[0])
    return t->view;
  return fmtconv_view_slice (t->view, 0, rows->start, rows->count);
}

const fmtconv_tensor *
lora_part_rows (fmtconv_ctx *ctx, const fmtconv_tensor *t, uint64_t start, uint64_t count)
{
  return lora_part_of_view (ctx, t->name, cut (t, &(fmtconv_weight_rows){ .start = start, .count = count }));
}

static int
fail_part (const struct lora_sources *s, const fmtconv_tensor *t, const char *why)
{
  return fmtconv_fail_at (s->facts->ctx, FMTCONV_E_UNSUPPORTED, &(fmtconv_where){ .tensor = t->name }, "%s",
                          why);
}

/* Returns the rows of the weight that a group changes.  0: not known. */
static uint64_t
all_rows (const struct lora_group *g)
{
  const fmtconv_tensor *b = g->part[LORA_UP] ? g->part[LORA_UP] : g->part[LORA_HADA_W1_A];
  return b && b->rank ? b->shape[0] : 0;
}

/* Returns whether a part stays as it is: it belongs to all rows, or the new weight has all of its rows in their order. */
static bool
is_kept (const struct lora_group *g, int part, const fmtconv_new_weight *w)
{
  const fmtconv_tensor *t = g->part[part];
  const uint64_t rows = is_of_inputs (part, t) ? all_rows (g) : t->rank ? t->shape[0] : 0;
  uint64_t sum = 0;
  if (effects[part] == SAME || w->n == 0)
    return true;
  for (size_t i = 0; i < w->n; i++)
    sum += w->rows[i].count;
  if (is_of_inputs (part, t) && t->rank == 2)
    return sum == rows; /* in any order: each is the norm of a column */
  return w->n == 1 && w->rows->start == 0 && sum == rows;
}

/* Returns the rows of a part of one group.  NULL after an error. */
static const fmtconv_tensor *
cut_part (const struct lora_sources *s, const struct lora_group *g, int part, const fmtconv_new_weight *w)
{
  fmtconv_ctx *ctx = s->facts->ctx;
  const fmtconv_tensor *t = g->part[part];
  if (is_kept (g, part, w))
    return t;
  if (is_of_inputs (part, t))
    {
      fail_part (s, t,
                 "its module is a part of another one, and magnitudes that are not a column cannot be cut");
      return NULL;
    }
  if (effects[part] == REFUSED)
    {
      fail_part (
          s, t, "its module is a part of another one, and a LoKr, or a LoHa of a convolution, cannot be cut");
      return NULL;
    }
  fmtconv_view **views = fmtconv_ctx_alloc (ctx, w->n, sizeof *views);
  for (size_t i = 0; views && i < w->n; i++)
    views[i] = w->rows[i].weight == FMTCONV_NO_WEIGHT
                   ? zeros (ctx, t, w->rows[i].count, t->rank > 1 ? t->shape[1] : 0)
                   : cut (t, &w->rows[i]);
  return !views ? NULL
                : lora_part_of_view (ctx, t->name, w->n == 1 ? *views : fmtconv_view_concat (0, w->n, views));
}

/* Returns alpha over rank, as the file has them. */
static int
factor_of (const struct lora_sources *s, const struct lora_group *g, double *factor)
{
  const struct lora_group *origin = lora_group_origin (g);
  double alpha = NAN, divisor = 1;
  if (lora_alpha (s->facts, origin, lora_group_rank (origin), &alpha, &divisor))
    return fmtconv_ctx_failed (s->facts->ctx);
  *factor = alpha / divisor;
  return 0;
}

/* The groups that one module is fused from, each once. */
struct fused
{
  size_t n;
  const struct lora_group **group;
  uint64_t *column; /* where its columns of B begin */
  uint64_t rank;    /* of all together */
  bool is_equal;    /* all have one A */
};

static size_t
position_of (const struct fused *f, const struct lora_group *g)
{
  size_t i = 0;
  while (i < f->n && f->group[i] != g)
    i++;
  return i;
}

/* Refuses what only a plain LoRA can do. */
static int
check_fused (const struct lora_sources *s, const struct lora_group *g)
{
  for (int part = 0; part < LORA_PARTS; part++)
    if (g->part[part] && part != LORA_DOWN && part != LORA_UP && part != LORA_UP_BIAS && part != LORA_ALPHA
        && !is_bias_part (part))
      return fail_part (s, g->part[part],
                        "its module becomes a part of a fused one, which only the matrices of a LoRA can");
  if (g->part[LORA_DOWN] && g->part[LORA_UP] && g->part[LORA_UP]->rank >= 2 && !g->is_embedding)
    return 0;
  return fmtconv_fail (s->facts->ctx, FMTCONV_E_UNSUPPORTED,
                       "'%s' becomes a part of a fused module, which only the matrices of a LoRA can",
                       g->module);
}

/* Lists the groups of a new weight. */
static int
list_fused (const struct lora_sources *s, const fmtconv_new_weight *w, struct fused *f)
{
  fmtconv_ctx *ctx = s->facts->ctx;
  *f = (struct fused){ .group = fmtconv_ctx_alloc (ctx, w->n, sizeof *f->group),
                       .column = fmtconv_ctx_alloc (ctx, w->n, sizeof *f->column),
                       .is_equal = true };
  for (size_t i = 0; f->group && f->column && i < w->n; i++)
    {
      const struct lora_group *g =
          w->rows[i].weight == FMTCONV_NO_WEIGHT ? NULL : s->group[w->rows[i].weight];
      if (!g || position_of (f, g) < f->n)
        continue;
      if (check_fused (s, g))
        return fmtconv_ctx_failed (ctx);
      f->column[f->n] = f->rank;
      f->group[f->n++] = g;
      f->rank += g->part[LORA_DOWN]->shape[0];
      const int equal = fmtconv_tensor_equal (f->group[0]->part[LORA_DOWN], g->part[LORA_DOWN]);
      if (equal < 0)
        return fmtconv_ctx_failed (ctx);
      f->is_equal &= equal == 1;
    }
  return fmtconv_ctx_failed (ctx);
}

/* Returns rows of B with zeros in the columns of other groups. */
static fmtconv_view *
block (fmtconv_ctx *ctx, const struct fused *f, size_t k, const fmtconv_weight_rows *rows, double factor)
{
  const fmtconv_tensor *up = f->group[k]->part[LORA_UP];
  fmtconv_view *parts[3], *view = cut (up, rows);
  size_t n = 0;
  view = factor == 1 ? view : fmtconv_view_cast (fmtconv_view_scale (view, factor), up->dtype);
  if (f->is_equal)
    return view;
  const uint64_t before = f->column[k], after = f->rank - before - up->shape[1];
  if (before)
    parts[n++] = zeros (ctx, up, rows->count, before);
  parts[n++] = view;
  if (after)
    parts[n++] = zeros (ctx, up, rows->count, after);
  return n == 1 ? view : fmtconv_view_concat (1, n, parts);
}

/* Joins the biases of B that a fused module has, times their alpha over rank relative to that of the first group; modules
 * without one have zeros. */
static int
fuse_up_biases (const struct lora_sources *s, const fmtconv_new_weight *w, const struct fused *f,
                double first, struct lora_group *out)
{
  fmtconv_ctx *ctx = s->facts->ctx;
  const fmtconv_tensor *like = NULL;
  fmtconv_view **views = fmtconv_ctx_alloc (ctx, w->n, sizeof *views);
  double own = 1;
  for (size_t i = 0; !like && i < f->n; i++)
    like = f->group[i]->part[LORA_UP_BIAS];
  if (!like || !views)
    return fmtconv_ctx_failed (ctx);
  for (size_t i = 0; i < w->n; i++)
    {
      const size_t weight = w->rows[i].weight;
      const struct lora_group *g = weight == FMTCONV_NO_WEIGHT ? NULL : s->group[weight];
      const fmtconv_tensor *t = g ? g->part[LORA_UP_BIAS] : NULL;
      if (t && factor_of (s, g, &own))
        return fmtconv_ctx_failed (ctx);
      views[i] = t ? cut (t, &w->rows[i]) : zeros (ctx, like, w->rows[i].count, 0);
      if (t && own != first)
        views[i] = fmtconv_view_cast (fmtconv_view_scale (views[i], own / first), t->dtype);
    }
  out->part[LORA_UP_BIAS] = lora_part_of_view (ctx, like->name, fmtconv_view_concat (0, w->n, views));
  return fmtconv_ctx_failed (ctx);
}

/* Makes A and B of a fused module. */
static int
fuse (const struct lora_sources *s, const fmtconv_new_weight *w, const struct fused *f,
      struct lora_group *out)
{
  fmtconv_ctx *ctx = s->facts->ctx;
  double first = 1, own = 1;
  fmtconv_view **up = fmtconv_ctx_alloc (ctx, w->n, sizeof *up),
               **down = fmtconv_ctx_alloc (ctx, w->n, sizeof *down);
  if (!up || !down || factor_of (s, f->group[0], &first))
    return fmtconv_ctx_failed (ctx);
  for (size_t i = 0; i < f->n; i++)
    down[i] = f->group[i]->part[LORA_DOWN]->view;
  for (size_t i = 0; i < w->n; i++)
    {
      const size_t weight = w->rows[i].weight;
      const size_t k = weight == FMTCONV_NO_WEIGHT ? 0 : position_of (f, s->group[weight]);
      if (factor_of (s, f->group[k], &own))
        return fmtconv_ctx_failed (ctx);
      if (own != first && !isfinite (own / first))
        return fail_part (s, f->group[k]->part[LORA_UP],
                          "its module is fused with one whose alpha is 0, which changes nothing");
      up[i] = weight == FMTCONV_NO_WEIGHT
                  ? zeros (ctx, f->group[0]->part[LORA_UP], w->rows[i].count,
                           f->is_equal ? f->group[0]->part[LORA_UP]->shape[1] : f->rank)
                  : block (ctx, f, k, &w->rows[i], own == first ? 1 : own / first);
    }
  out->part[LORA_UP] =
      lora_part_of_view (ctx, f->group[0]->part[LORA_UP]->name, fmtconv_view_concat (0, w->n, up));
  out->part[LORA_DOWN] = lora_part_of_view (ctx, f->group[0]->part[LORA_DOWN]->name,
                                            f->is_equal ? fmtconv_view_require_equal (f->n, down)
                                                        : fmtconv_view_concat (0, f->n, down));
  return fuse_up_biases (s, w, f, first, out);
}

/* Joins the biases that one bias is fused from. */
static int
fuse_biases (const struct lora_sources *s, const fmtconv_new_weight *w, int part, struct lora_group *out)
{
  fmtconv_ctx *ctx = s->facts->ctx;
  const fmtconv_tensor *first = NULL;
  fmtconv_view **views = fmtconv_ctx_alloc (ctx, w->n, sizeof *views);
  size_t lacking = 0;
  for (size_t i = 0; i < w->n; i++)
    {
      const fmtconv_tensor *t =
          w->rows[i].weight == FMTCONV_NO_WEIGHT ? NULL : s->group[w->rows[i].weight]->part[part];
      first = first ? first : t;
      lacking += !t;
    }
  if (!first || !views)
    return fmtconv_ctx_failed (ctx);
  if (lacking && part == LORA_SET_BIAS)
    return fail_part (s, first, "it replaces a part of a fused bias, and the other parts are missing");
  for (size_t i = 0; i < w->n; i++)
    {
      const fmtconv_tensor *t =
          w->rows[i].weight == FMTCONV_NO_WEIGHT ? NULL : s->group[w->rows[i].weight]->part[part];
      views[i] = t ? cut (t, &w->rows[i]) : zeros (ctx, first, w->rows[i].count, 0);
    }
  out->part[part] = lora_part_of_view (ctx, first->name, fmtconv_view_concat (0, w->n, views));
  return fmtconv_ctx_failed (ctx);
}

/* Returns the only group that a weight is made of; NULL: there are several. */
static const struct lora_group *
only_group (const struct lora_sources *s, const fmtconv_new_weight *w, const struct lora_group **first)
{
  bool is_mixed = false;
  *first = NULL;
  for (size_t i = 0; i < (w->n ? w->n : 1); i++)
    if (w->rows[i].weight == FMTCONV_NO_WEIGHT)
      is_mixed |= w->n > 1;
    else if (!*first)
      *first = s->group[w->rows[i].weight];
    else
      is_mixed |= *first != s->group[w->rows[i].weight];
  return is_mixed ? NULL : *first;
}

int
lora_parts_make (const struct lora_sources *s, const fmtconv_new_weight *w, bool is_bias,
                 struct lora_group *out)
{
  const struct lora_group *first, *only = only_group (s, w, &first);
  struct fused f;
  *out = (struct lora_group){ .adapter = first->adapter,
                              .position = first->position,
                              .origin = lora_group_origin (first) };
  out->is_embedding = only && only->is_embedding;
  for (int part = 0; only && part < LORA_PARTS; part++)
    if (only->part[part] && part != LORA_ALPHA && is_bias_part (part) == is_bias
        && !(out->part[part] = cut_part (s, only, part, w)))
      return fmtconv_ctx_failed (s->facts->ctx);
  if (only)
    return 0;
  if (!is_bias)
    return list_fused (s, w, &f) ? fmtconv_ctx_failed (s->facts->ctx) : fuse (s, w, &f, out);
  return fuse_biases (s, w, LORA_DIFF_BIAS, out) || fuse_biases (s, w, LORA_SET_BIAS, out);
}
