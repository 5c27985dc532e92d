/* plugins/lora-merge/sum.c: adds the products of pairs to a weight.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "merge.h"
#include <fmtconv/formats.h>

static uint64_t
columns (const fmtconv_tensor *t)
{
  uint64_t n = 1;
  for (unsigned i = 1; i < t->rank; i++)
    n *= t->shape[i];
  return n;
}

static int
check_type (struct merge *m, const fmtconv_tensor *t)
{
  if (fmtconv_dtype_is_float (t->dtype))
    return 0;
  return fmtconv_fail_at (
      m->ctx, FMTCONV_E_UNSUPPORTED,
      &(fmtconv_where){ .tensor = t->name, .hint = "merge into the model before it is quantized" },
      "its elements are %s; only floating-point tensors can be merged", fmtconv_dtype_get (t->dtype)->name);
}

static int
check_types (struct merge *m, const struct merge_term *t)
{
  int code = check_type (m, t->at);
  for (int i = 0; i < LORA_PARTS && code == 0; i++)
    if (t->group->part[i] && i != LORA_ALPHA)
      code = check_type (m, t->group->part[i]);
  return code;
}

/* Returns the rows of the tensor that a term changes. */
static uint64_t
rows_of (const struct merge_term *t)
{
  return t->group->n_rows ? t->group->n_rows : t->at->shape[0];
}

static int
fail_misfit (struct merge *m, const struct merge_term *p, uint64_t rows, uint64_t n)
{
  return fmtconv_fail_at (
      m->ctx, FMTCONV_E_FORMAT, &(fmtconv_where){ .tensor = p->at->name },
      "its shape %llu × %llu does not fit %llu × (%llu × %llu), the product of '%s' and '%s'",
      (unsigned long long) rows_of (p), (unsigned long long) columns (p->at), (unsigned long long) p->n_parts,
      (unsigned long long) rows, (unsigned long long) n, p->b->name, p->a->name);
}

/* Checks that the matrices fit the weight, or their part of its rows. */
static int
check (struct merge *m, const struct merge_term *p)
{
  const fmtconv_where where = { .tensor = p->at->name };
  if (p->at->rank < 2 || p->a->rank < 2 || p->b->rank < 2)
    return fmtconv_fail_at (m->ctx, FMTCONV_E_FORMAT, &where, "the tensor, '%s' and '%s' must be matrices",
                            p->b->name, p->a->name);
  if (columns (p->b) != p->a->shape[0])
    return fmtconv_fail_at (m->ctx, FMTCONV_E_FORMAT, &where, "'%s' has rank %llu, but '%s' has rank %llu",
                            p->b->name, (unsigned long long) columns (p->b), p->a->name,
                            (unsigned long long) p->a->shape[0]);
  if (p->group->part[LORA_MID])
    return 0; /* by the view of the product of the core */
  uint64_t rows = p->b->shape[0], n = columns (p->a), all;
  if (p->is_transposed)
    {
      rows = n;
      n = p->b->shape[0];
    }
  if (!__builtin_mul_overflow (rows, p->n_parts, &all) && all == rows_of (p) && n == columns (p->at))
    return 0;
  return fail_misfit (m, p, rows, n);
}

static fmtconv_view *
watched (fmtconv_view *view)
{
  view = fmtconv_view_watch (view, FMTCONV_FINDING_UNDERFLOW | FMTCONV_FINDING_INEXACT,
                             FMTCONV_SEVERITY_COUNT, NULL);
  return fmtconv_view_watch (view, FMTCONV_FINDING_OVERFLOW, FMTCONV_SEVERITY_WARN,
                             "--dtype bf16 or f32 keeps them");
}

static fmtconv_view *
transposed (fmtconv_view *view)
{
  return fmtconv_view_permute (view, (const unsigned[]){ 1, 0 });
}

/* Returns a vector as a matrix of one column. */
static fmtconv_view *
column (fmtconv_view *view)
{
  return fmtconv_view_reshape (view, 2, (const uint64_t[]){ fmtconv_view_shape (view)[0], 1 });
}

/* Returns whether a tensor has the shape of the model's; records an error if not. */
static bool
same_shape (struct merge *m, const struct merge_term *t)
{
  bool same = t->at->rank == t->b->rank;
  for (unsigned i = 0; same && i < t->at->rank; i++)
    same = (i ? t->at->shape[i] : rows_of (t)) == t->b->shape[i];
  if (!same)
    fmtconv_fail_at (m->ctx, FMTCONV_E_FORMAT, &(fmtconv_where){ .tensor = t->at->name },
                     "'%s' has another shape than this %s", t->b->name, t->leaf);
  return same;
}

/* Returns `to`, a matrix or a column, plus a tensor of the same shape. */
static fmtconv_view *
add_tensor (struct merge *m, fmtconv_view *to, const struct merge_term *t)
{
  if (!to || !same_shape (m, t))
    return NULL;
  return fmtconv_view_add (to, fmtconv_view_reshape (t->b->view, 2, fmtconv_view_shape (to)), t->factor);
}

/* Returns a tensor that was trained in full, in the data type and the shape of the one that it replaces. */
static fmtconv_view *
replacement (struct merge *m, fmtconv_view *to, const struct merge_term *t)
{
  if (!to || !same_shape (m, t))
    return NULL;
  const uint64_t *shape = fmtconv_view_shape (to);
  fmtconv_model_drop (m->out, t->at, "replaced by a tensor of the LoRA");
  return fmtconv_view_reshape (fmtconv_view_cast (t->b->view, t->at->dtype), 2,
                               (const uint64_t[]){ shape[0], shape[1] });
}

static fmtconv_view *
add_product (struct merge *m, fmtconv_view *to, const struct merge_term *t)
{
  if (check (m, t))
    return NULL;
  fmtconv_view *b = merge_matrix (t->b->view), *a = merge_down (m, t);
  return t->is_transposed ? fmtconv_view_lowrank (to, transposed (a), transposed (b), t->factor)
                          : fmtconv_view_lowrank (to, b, a, t->factor);
}

static fmtconv_view *
add_term (struct merge *m, fmtconv_view *to, const struct merge_term *t)
{
  if (check_types (m, t))
    return NULL;
  switch (t->kind)
    {
    case MERGE_PRODUCT:
      return merge_apply_magnitude (m, add_product (m, to, t), t);
    case MERGE_HADAMARD:
      return merge_apply_magnitude (m, merge_add_hadamard (m, to, t), t);
    case MERGE_KRONECKER:
      return merge_apply_magnitude (m, merge_add_kronecker (m, to, t), t);
    case MERGE_SET:
      return replacement (m, to, t);
    default:
      return add_tensor (m, to, t);
    }
}

/* Returns a weight of SAT with the product of each term added to its part of the rows.  All terms have one
 * adapter. */
static fmtconv_view *
add_parts (struct merge *m, fmtconv_view *weight, const struct merge_term *terms, size_t n)
{
  if (terms->order < 0)
    return weight;
  fmtconv_view **parts = fmtconv_ctx_alloc (m->ctx, n, sizeof *parts);
  for (size_t i = 0; i < n && parts; i++)
    {
      fmtconv_view *part = fmtconv_view_chunk (weight, 0, terms[i].group->index, n);
      if (!(parts[i] = watched (add_term (m, part, &terms[i]))))
        return NULL;
    }
  return parts ? fmtconv_view_concat (0, n, parts) : NULL;
}

/* Returns a tensor with a term added to its part of the rows. */
static fmtconv_view *
add_to_rows (struct merge *m, fmtconv_view *view, const struct merge_term *t)
{
  const uint64_t first = t->group->first_row, end = first + t->group->n_rows, all = t->at->shape[0];
  fmtconv_view *parts[3];
  size_t n = 0;
  if (end > all || t->kind == MERGE_SET)
    {
      fmtconv_fail_at (m->ctx, FMTCONV_E_FORMAT, &(fmtconv_where){ .tensor = t->at->name },
                       t->kind == MERGE_SET ? "'%s' replaces only a part of its rows"
                                            : "it has fewer rows than '%s' and the other parts of it",
                       t->b->name);
      return NULL;
    }
  if (first)
    parts[n++] = fmtconv_view_slice (view, 0, 0, first);
  parts[n++] = add_term (m, fmtconv_view_slice (view, 0, first, end - first), t);
  if (end < all)
    parts[n++] = fmtconv_view_slice (view, 0, end, all - end);
  return fmtconv_view_concat (0, n, parts);
}

static fmtconv_view *
add_terms (struct merge *m, fmtconv_view *view, const struct merge_term *terms, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (terms[i].order >= 0)
      view =
          watched (terms[i].group->n_rows ? add_to_rows (m, view, &terms[i]) : add_term (m, view, &terms[i]));
  return view;
}

/* Each tensor uses its own view, so that the report lists it as a source; equal sums of tied tensors are tied
 * again. */
fmtconv_view *
lora_merge_sum (struct merge *m, const fmtconv_tensor *t, const struct merge_term *terms, size_t n)
{
  fmtconv_view *view = t->rank > 1 ? merge_matrix (t->view) : t->rank == 1 ? column (t->view) : t->view;
  view = terms->group->is_sat ? add_parts (m, view, terms, n) : add_terms (m, view, terms, n);
  return fmtconv_view_reshape (view, t->rank, t->shape);
}
