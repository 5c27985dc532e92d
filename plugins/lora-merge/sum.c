/* plugins/lora-merge/sum.c: a weight plus the products of its pairs.
 * SPDX-License-Identifier: Apache-2.0 */
#include "merge.h"

/* A tensor as a matrix: all axes but the first in one (convolutions have more than two). */
static fmtconv_view *
matrix (fmtconv_view *view)
{
  const uint64_t *shape = fmtconv_view_shape (view);
  uint64_t flat[2] = { shape[0], 1 };
  for (unsigned i = 1; i < fmtconv_view_rank (view); i++)
    flat[1] *= shape[i];
  return fmtconv_view_rank (view) == 2 ? view : fmtconv_reshape (view, 2, flat);
}

static uint64_t
columns (const fmtconv_tensor *t)
{
  uint64_t n = 1;
  for (unsigned i = 1; i < t->rank; i++)
    n *= t->shape[i];
  return n;
}

static int
is_floating (uint32_t dtype)
{
  return dtype == FMTCONV_F16 || dtype == FMTCONV_BF16 || dtype == FMTCONV_F32 || dtype == FMTCONV_F64
         || (dtype >= FMTCONV_F8_E4M3 && dtype <= FMTCONV_F8_E8M0);
}

static int
check_types (struct merge *m, const struct merge_pair *p)
{
  const fmtconv_tensor *const all[] = { p->at, p->b, p->a };
  for (int i = 0; i < 3; i++)
    if (!is_floating (all[i]->dtype))
      return fmtconv_fail_at (
          m->ctx, FMTCONV_E_UNSUPPORTED,
          &(fmtconv_where){ .tensor = all[i]->name,
                            .hint = "merge into the model as it was before it was quantised" },
          "its elements are %s, and only floating-point numbers can be merged",
          fmtconv_dtype (all[i]->dtype)->name);
  return 0;
}

/* Do the matrices fit the weight, or their part of its rows? */
static int
check (struct merge *m, const struct merge_pair *p)
{
  const fmtconv_where where = { .tensor = p->at->name };
  if (p->at->rank < 2 || p->a->rank < 2 || p->b->rank < 2)
    return fmtconv_fail_at (m->ctx, FMTCONV_E_FORMAT, &where, "'%s', '%s' and itself must be matrices",
                            p->b->name, p->a->name);
  if (columns (p->b) != p->a->shape[0])
    return fmtconv_fail_at (m->ctx, FMTCONV_E_FORMAT, &where, "'%s' has rank %llu, and '%s' has rank %llu",
                            p->b->name, (unsigned long long) columns (p->b), p->a->name,
                            (unsigned long long) p->a->shape[0]);
  uint64_t rows;
  if (!__builtin_mul_overflow (p->b->shape[0], p->n_parts, &rows) && rows == p->at->shape[0]
      && columns (p->a) == columns (p->at))
    return 0;
  return fmtconv_fail_at (
      m->ctx, FMTCONV_E_FORMAT, &where,
      "its %llu × %llu elements cannot be added to %llu × (%llu × %llu), of '%s' and '%s'",
      (unsigned long long) p->at->shape[0], (unsigned long long) columns (p->at),
      (unsigned long long) p->n_parts, (unsigned long long) p->b->shape[0],
      (unsigned long long) columns (p->a), p->b->name, p->a->name);
}

static fmtconv_view *
watched (fmtconv_view *view)
{
  view = fmtconv_watch (view, FMTCONV_UNDERFLOW | FMTCONV_INEXACT, FMTCONV_COUNT, NULL);
  return fmtconv_watch (view, FMTCONV_OVERFLOW, FMTCONV_WARN, "--dtype bf16 or f32 keeps them");
}

fmtconv_view *
merge_sum (struct merge *m, const struct merge_pair *pairs, size_t n)
{
  fmtconv_view *weight = matrix (pairs->at->view);
  fmtconv_view **parts = fmtconv_alloc (m->ctx, n, sizeof *parts);
  for (size_t i = 0; i < n && parts; i++)
    {
      const struct merge_pair *p = &pairs[i];
      if (check_types (m, p) || check (m, p))
        return NULL;
      parts[i] = fmtconv_lowrank (fmtconv_chunk (weight, 0, p->part, n), matrix (p->b->view),
                                  matrix (p->a->view), p->factor);
      parts[i] = watched (parts[i]);
    }
  if (!parts)
    return NULL;
  return fmtconv_reshape (fmtconv_concat (0, n, parts), pairs->at->rank, pairs->at->shape);
}
