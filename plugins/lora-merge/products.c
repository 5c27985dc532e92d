/* plugins/lora-merge/products.c: products of more than two matrices, of elements, and of Kronecker.
 * SPDX-License-Identifier: Apache-2.0
 *
 * LyCORIS, lycoris/functional/{general,locon,loha,lokr}.py.  Each becomes a sum of products of two matrices, which are
 * computed and held first where they are products themselves. */
#include "config.h"

#include "merge.h"
#include <fmtconv/formats.h>
#include <string.h>

/* Returns a view as a matrix: all axes but the first are joined. */
fmtconv_view *
merge_matrix (fmtconv_view *view)
{
  if (!view)
    return NULL;
  const uint64_t *shape = fmtconv_view_shape (view);
  uint64_t dims[2] = { shape[0], 1 };
  for (unsigned i = 1; i < fmtconv_view_rank (view); i++)
    dims[1] *= shape[i];
  return fmtconv_view_rank (view) == 2 ? view : fmtconv_view_reshape (view, 2, dims);
}

static fmtconv_view *
transposed (fmtconv_view *view)
{
  return view ? fmtconv_view_permute (view, (const unsigned[]){ 1, 0 }) : NULL;
}

/* Returns an F32 matrix of zeros, without their bytes. */
static fmtconv_view *
zeros (fmtconv_ctx *ctx, uint64_t m, uint64_t n)
{
  fmtconv_view *row =
      fmtconv_view_constant (ctx, FMTCONV_F32, 1, (const uint64_t[]){ 1 }, &(const float){ 0 });
  fmtconv_view *all = row;
  /* Doubling joins few views for any size. */
  for (uint64_t have = 1, wanted = m * n; all && have < wanted;)
    {
      const uint64_t more = have <= wanted - have ? have : wanted - have;
      fmtconv_view *const both[] = { all, fmtconv_view_slice (all, 0, 0, more) };
      all = fmtconv_view_concat (0, 2, both);
      have += more;
    }
  return fmtconv_view_reshape (all, 2, (const uint64_t[]){ m, n });
}

/* Returns b·a, not computed yet. */
static fmtconv_view *
product (fmtconv_ctx *ctx, fmtconv_view *b, fmtconv_view *a)
{
  if (!b || !a)
    return NULL;
  return fmtconv_view_lowrank (zeros (ctx, fmtconv_view_shape (b)[0], fmtconv_view_shape (a)[1]), b, a, 1);
}

static int
fail_shape (struct merge *m, const struct merge_term *t, int part)
{
  return fmtconv_fail_at (m->ctx, FMTCONV_E_FORMAT, &(fmtconv_where){ .tensor = t->at->name },
                          "'%s' does not fit this weight and the other factors", t->group->part[part]->name);
}

/* Returns the product of a core [m, n, …] and a matrix [n, j] over n, as a held matrix [m, j · …]; NULL after an error. */
static fmtconv_view *
core_times (struct merge *m, const struct merge_term *t, int core_part, fmtconv_view *right)
{
  const fmtconv_tensor *core = t->group->part[core_part];
  if (!right)
    return NULL;
  if (core->rank < 2 || core->shape[1] != fmtconv_view_shape (right)[0])
    {
      fail_shape (m, t, core_part);
      return NULL;
    }
  const uint64_t rows = core->shape[0], inner = core->shape[1], columns = fmtconv_view_shape (right)[1];
  fmtconv_view *flat = merge_matrix (core->view);
  const uint64_t kernel = inner ? fmtconv_view_shape (flat)[1] / inner : 0;
  flat = fmtconv_view_reshape (flat, 3, (const uint64_t[]){ rows, inner, kernel });
  flat = fmtconv_view_permute (flat, (const unsigned[]){ 0, 2, 1 });
  flat = fmtconv_view_reshape (flat, 2, (const uint64_t[]){ rows * kernel, inner });
  fmtconv_view *sum = product (m->ctx, flat, right);
  sum = fmtconv_view_reshape (sum, 3, (const uint64_t[]){ rows, kernel, columns });
  sum = fmtconv_view_hold (fmtconv_view_permute (sum, (const unsigned[]){ 0, 2, 1 }));
  return fmtconv_view_reshape (sum, 2, (const uint64_t[]){ rows, columns * kernel });
}

fmtconv_view *
merge_down (struct merge *m, const struct merge_term *t)
{
  fmtconv_view *down = merge_matrix (t->a->view);
  return t->group->part[LORA_MID] ? core_times (m, t, LORA_MID, down) : down;
}

/* Returns the factors of one of the two products of a LoHa, or of the second of a LoKr. */
static int
take_factors (struct merge *m, const struct merge_term *t, const int part[3], fmtconv_view *out[2])
{
  const struct lora_group *g = t->group;
  fmtconv_view *a = merge_matrix (g->part[part[0]]->view), *b = merge_matrix (g->part[part[1]]->view);
  const bool has_core = part[2] >= 0 && g->part[part[2]];
  out[0] = has_core ? transposed (a) : a;
  out[1] = has_core ? core_times (m, t, part[2], b) : b;
  if (out[0] && out[1] && fmtconv_view_shape (out[0])[1] != fmtconv_view_shape (out[1])[0])
    return fail_shape (m, t, part[0]);
  return fmtconv_ctx_failed (m->ctx);
}

static fmtconv_view *
repeated (fmtconv_ctx *ctx, fmtconv_view *view, unsigned axis, uint64_t n)
{
  fmtconv_view **all = fmtconv_ctx_alloc (ctx, n < SIZE_MAX ? (size_t) n : SIZE_MAX, sizeof *all);
  for (uint64_t i = 0; all && i < n; i++)
    all[i] = view;
  return all ? fmtconv_view_concat (axis, n, all) : NULL;
}

/* Returns the held products of all columns of x with all columns of y, [m, r · s]. */
static fmtconv_view *
columns_by_columns (fmtconv_ctx *ctx, fmtconv_view *x, fmtconv_view *y)
{
  const uint64_t m = fmtconv_view_shape (x)[0], r = fmtconv_view_shape (x)[1], s = fmtconv_view_shape (y)[1];
  fmtconv_view *all = repeated (ctx, fmtconv_view_reshape (x, 3, (const uint64_t[]){ m, r, 1 }), 2, s);
  all = fmtconv_view_multiply (all, fmtconv_view_reshape (y, 3, (const uint64_t[]){ m, 1, s }), NULL);
  return fmtconv_view_reshape (fmtconv_view_hold (all), 2, (const uint64_t[]){ m, r * s });
}

/* Returns the held products of all rows of x with all rows of y, [r · s, n]. */
static fmtconv_view *
rows_by_rows (fmtconv_ctx *ctx, fmtconv_view *x, fmtconv_view *y)
{
  const uint64_t n = fmtconv_view_shape (x)[1], r = fmtconv_view_shape (x)[0], s = fmtconv_view_shape (y)[0];
  fmtconv_view *all = repeated (ctx, fmtconv_view_reshape (x, 3, (const uint64_t[]){ r, 1, n }), 1, s);
  all = fmtconv_view_multiply (all, fmtconv_view_reshape (y, 3, (const uint64_t[]){ 1, s, n }), NULL);
  return fmtconv_view_reshape (fmtconv_view_hold (all), 2, (const uint64_t[]){ r * s, n });
}

/* (Σ a_i b_i) ∘ (Σ c_j d_j) = Σ Σ (a_i ∘ c_j) (b_i ∘ d_j): one product of rank r · s. */
fmtconv_view *
merge_add_hadamard (struct merge *m, fmtconv_view *to, const struct merge_term *t)
{
  static const int parts[2][3] = { { LORA_HADA_W1_A, LORA_HADA_W1_B, LORA_HADA_T1 },
                                   { LORA_HADA_W2_A, LORA_HADA_W2_B, LORA_HADA_T2 } };
  fmtconv_view *first[2], *second[2];
  if (!to || take_factors (m, t, parts[0], first) || take_factors (m, t, parts[1], second))
    return NULL;
  const uint64_t *shape = fmtconv_view_shape (to);
  if (fmtconv_view_shape (first[0])[0] != shape[0] || fmtconv_view_shape (second[0])[0] != shape[0]
      || fmtconv_view_shape (first[1])[1] != shape[1] || fmtconv_view_shape (second[1])[1] != shape[1])
    {
      fail_shape (m, t, LORA_HADA_W1_A);
      return NULL;
    }
  return fmtconv_view_lowrank (to, columns_by_columns (m->ctx, first[0], second[0]),
                               rows_by_rows (m->ctx, first[1], second[1]), t->factor);
}

/* Returns one factor of a LoKr as a matrix: full, or the held product of its two factors. */
static fmtconv_view *
kron_factor (struct merge *m, const struct merge_term *t, int full, const int part[3])
{
  fmtconv_view *factors[2];
  if (t->group->part[full])
    return merge_matrix (t->group->part[full]->view);
  if (take_factors (m, t, part, factors))
    return NULL;
  return fmtconv_view_hold (product (m->ctx, factors[0], factors[1]));
}

/* The Kronecker product of x [a, c] and y [b, d] is a product of rank 1 of the weight with its axes (a b, c d) in the
 * order (a c, b d).  The kernel of a convolution belongs to d. */
fmtconv_view *
merge_add_kronecker (struct merge *m, fmtconv_view *to, const struct merge_term *t)
{
  static const int first[3] = { LORA_KRON_W1_A, LORA_KRON_W1_B, -1 },
                   second[3] = { LORA_KRON_W2_A, LORA_KRON_W2_B, LORA_KRON_T2 };
  static const unsigned turn[4] = { 0, 2, 1, 3 };
  fmtconv_view *x = kron_factor (m, t, LORA_KRON_W1, first), *y = kron_factor (m, t, LORA_KRON_W2, second);
  if (!to || !x || !y)
    return NULL;
  const uint64_t *shape = fmtconv_view_shape (to);
  const uint64_t a = fmtconv_view_shape (x)[0], c = fmtconv_view_shape (x)[1], b = fmtconv_view_shape (y)[0],
                 d = fmtconv_view_shape (y)[1], rows = shape[0], columns = shape[1];
  if (!a || !c || rows % a || rows / a != b || columns % c || columns / c != d)
    {
      fail_shape (m, t, t->group->part[LORA_KRON_W1] ? LORA_KRON_W1 : LORA_KRON_W1_A);
      return NULL;
    }
  to = fmtconv_view_permute (fmtconv_view_reshape (to, 4, (const uint64_t[]){ a, b, c, d }), turn);
  to = fmtconv_view_reshape (to, 2, (const uint64_t[]){ a * c, b * d });
  to = fmtconv_view_lowrank (to, fmtconv_view_reshape (x, 2, (const uint64_t[]){ a * c, 1 }),
                             fmtconv_view_reshape (y, 2, (const uint64_t[]){ 1, b * d }), t->factor);
  to = fmtconv_view_permute (fmtconv_view_reshape (to, 4, (const uint64_t[]){ a, c, b, d }), turn);
  return fmtconv_view_reshape (to, 2, (const uint64_t[]){ rows, columns });
}
