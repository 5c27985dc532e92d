/* tests/unit/laws.c: the laws of views, tested on random views by equality of their normal forms.
 * SPDX-License-Identifier: Apache-2.0
 *
 * FMTCONV_SEED=N begins with seed N, FMTCONV_TREES=N makes so many views in all. */
#include "core/view/text.h"
#include "tests/unit/naive.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fmtconv/formats.h>
#include <stdlib.h>
#include <string.h>

static uint64_t
setting (const char *name, uint64_t otherwise)
{
  const char *text = getenv (name);
  return text ? strtoull (text, NULL, 0) : otherwise;
}

static void
expect_same (world *w, uint64_t seed, const char *law, fmtconv_view *a, fmtconv_view *b)
{
  if (!a || !b || fmtconv_ctx_failed (w->ctx))
    cr_fatal ("seed %llu: %s: no view", (unsigned long long) seed, law);
  const char *left = fci_view_text (a);
  const char *right = fci_view_text (b);
  if (strcmp (left, right) != 0)
    cr_fatal ("seed %llu: %s:\n  %s\n  %s", (unsigned long long) seed, law, left, right);
}

Test (laws, every_view_holds_its_elements)
{
  const uint64_t seed = setting ("FMTCONV_SEED", 1);
  const uint64_t n = setting ("FMTCONV_TREES", 24000);
  for (uint64_t i = seed; i < seed + n; i++)
    {
      world w = world_new (i);
      naive v = naive_random (&w, 7);
      const char *wrong = naive_wrong (&w, &v);
      if (wrong)
        cr_fatal ("seed %llu: %s:\n  %s", (unsigned long long) i, wrong,
                  v.view ? fci_view_text (v.view) : "-");
      fmtconv_ctx_free (w.ctx);
    }
}

/* slice ∘ slice = slice */
static void
slice_of_slice (world *w, uint64_t seed, const naive *v)
{
  unsigned axis = (unsigned) pick (w, v->rank);
  uint64_t a = pick (w, v->shape[axis] + 1);
  uint64_t n = pick (w, v->shape[axis] - a + 1);
  uint64_t b = pick (w, n + 1);
  uint64_t m = pick (w, n - b + 1);
  expect_same (w, seed, "slice of slice",
               fmtconv_view_slice (fmtconv_view_slice (v->view, axis, a, n), axis, b, m),
               fmtconv_view_slice (v->view, axis, a + b, m));
}

/* Slices along different axes commute. */
static void
slices_commute (world *w, uint64_t seed, const naive *v)
{
  unsigned i = (unsigned) pick (w, v->rank);
  unsigned k = (unsigned) pick (w, v->rank);
  if (i == k)
    return;
  uint64_t a = pick (w, v->shape[i] + 1);
  uint64_t n = pick (w, v->shape[i] - a + 1);
  uint64_t b = pick (w, v->shape[k] + 1);
  uint64_t m = pick (w, v->shape[k] - b + 1);
  expect_same (w, seed, "slices commute", fmtconv_view_slice (fmtconv_view_slice (v->view, i, a, n), k, b, m),
               fmtconv_view_slice (fmtconv_view_slice (v->view, k, b, m), i, a, n));
}

/* Returns a random view of the same shape, except along the axis. */
static fmtconv_view *
companion (world *w, const naive *v, unsigned axis)
{
  uint64_t start = pick (w, v->shape[axis] + 1);
  naive part = naive_slice (w, v, axis, start, pick (w, v->shape[axis] - start + 1));
  if (pick (w, 2))
    part = naive_leaf (w, v->dtype, v->rank, part.shape);
  return part.view;
}

/* slice ∘ concat = concat of the slices */
static void
slice_of_concat (world *w, uint64_t seed, const naive *v)
{
  unsigned axis = (unsigned) pick (w, v->rank);
  fmtconv_view *parts[3] = { v->view, companion (w, v, axis), companion (w, v, axis) };
  fmtconv_view *met[3];
  fmtconv_view *all = fmtconv_view_concat (axis, 3, parts);
  uint64_t a = pick (w, all->shape[axis] + 1);
  uint64_t n = pick (w, all->shape[axis] - a + 1);
  uint64_t at = 0;
  for (unsigned i = 0; i < 3; i++)
    {
      uint64_t len = parts[i]->shape[axis];
      uint64_t from = a > at ? (a - at < len ? a - at : len) : 0;
      uint64_t to = a + n > at ? (a + n - at < len ? a + n - at : len) : 0;
      met[i] = fmtconv_view_slice (parts[i], axis, from, to > from ? to - from : 0);
      at += len;
    }
  expect_same (w, seed, "slice of concat", fmtconv_view_slice (all, axis, a, n),
               fmtconv_view_concat (axis, 3, met));
  fmtconv_view *first = fmtconv_view_concat (axis, 2, parts);
  expect_same (w, seed, "concat of concat", all,
               fmtconv_view_concat (axis, 2, (fmtconv_view *[]){ first, parts[2] }));
}

/* Four tiles: rows of columns = columns of rows. */
static void
tiles_commute (world *w, uint64_t seed, const naive *v)
{
  unsigned i = (unsigned) pick (w, v->rank);
  unsigned k = (unsigned) pick (w, v->rank);
  if (i == k)
    return;
  fmtconv_view *t[4];
  for (unsigned n = 0; n < 4; n++)
    t[n] = pick (w, 2) ? v->view : naive_leaf (w, v->dtype, v->rank, v->shape).view;
  fmtconv_view *rows[2] = { fmtconv_view_concat (k, 2, t), fmtconv_view_concat (k, 2, t + 2) };
  fmtconv_view *columns[2] = { fmtconv_view_concat (i, 2, (fmtconv_view *[]){ t[0], t[2] }),
                               fmtconv_view_concat (i, 2, (fmtconv_view *[]){ t[1], t[3] }) };
  expect_same (w, seed, "tiles", fmtconv_view_concat (i, 2, rows), fmtconv_view_concat (k, 2, columns));
}

/* permute ∘ permute = permute */
static void
permute_of_permute (world *w, uint64_t seed, const naive *v)
{
  unsigned a[FMTCONV_MAX_RANK];
  unsigned b[FMTCONV_MAX_RANK];
  unsigned both[FMTCONV_MAX_RANK];
  naive_axes (w, v->rank, a);
  naive_axes (w, v->rank, b);
  for (unsigned i = 0; i < v->rank; i++)
    both[i] = a[b[i]];
  expect_same (w, seed, "permute of permute", fmtconv_view_permute (fmtconv_view_permute (v->view, a), b),
               fmtconv_view_permute (v->view, both));
}

/* Cutting anywhere and concatenating the parts changes nothing. */
static void
split_then_fuse (world *w, uint64_t seed, const naive *v)
{
  unsigned axis = (unsigned) pick (w, v->rank);
  uint64_t a = pick (w, v->shape[axis] + 1);
  fmtconv_view *halves[2] = { fmtconv_view_slice (v->view, axis, 0, a),
                              fmtconv_view_slice (v->view, axis, a, v->shape[axis] - a) };
  expect_same (w, seed, "split then fuse", fmtconv_view_concat (axis, 2, halves), v->view);
  fmtconv_view *parts[64];
  uint64_t n = v->shape[axis];
  if (n == 0 || n > 64)
    return;
  for (uint64_t k = 0; k < n; k++)
    parts[k] = fmtconv_view_chunk (v->view, axis, k, n);
  expect_same (w, seed, "chunks then fuse", fmtconv_view_concat (axis, n, parts), v->view);
}

/* Random operations on elements. */
static fmtconv_view *
operated (fmtconv_view *view, unsigned which)
{
  view = which & 1 ? fmtconv_view_scale (view, 0.5) : view;
  view = which & 2 ? fmtconv_view_cast (view, FMTCONV_F16) : view;
  view = which & 4 ? fmtconv_view_watch (view, FMTCONV_FINDING_NAN, FMTCONV_SEVERITY_WARN, "look") : view;
  return fmtconv_view_cast (view, which & 8 ? FMTCONV_F32 : FMTCONV_BF16);
}

static void
elementwise_commutes (world *w, uint64_t seed, const naive *v)
{
  unsigned which = (unsigned) pick (w, 16);
  unsigned axis = (unsigned) pick (w, v->rank);
  uint64_t a = pick (w, v->shape[axis] + 1);
  uint64_t n = pick (w, v->shape[axis] - a + 1);
  unsigned axes[FMTCONV_MAX_RANK];
  naive_axes (w, v->rank, axes);
  fmtconv_view *parts[2] = { v->view, companion (w, v, axis) };
  fmtconv_view *done[2] = { operated (parts[0], which), operated (parts[1], which) };
  expect_same (w, seed, "elementwise and slice", operated (fmtconv_view_slice (v->view, axis, a, n), which),
               fmtconv_view_slice (operated (v->view, which), axis, a, n));
  expect_same (w, seed, "elementwise and concat", operated (fmtconv_view_concat (axis, 2, parts), which),
               fmtconv_view_concat (axis, 2, done));
  expect_same (w, seed, "elementwise and permute", operated (fmtconv_view_permute (v->view, axes), which),
               fmtconv_view_permute (operated (v->view, which), axes));
}

/* Reshape and its reverse change nothing; two reshapes are one. */
static void
reshapes (world *w, uint64_t seed, const naive *v)
{
  uint64_t one[FMTCONV_MAX_RANK];
  uint64_t two[FMTCONV_MAX_RANK];
  unsigned rank_one = naive_other_shape (w, v, one);
  unsigned rank_two = naive_other_shape (w, v, two);
  fmtconv_view *there = fmtconv_view_reshape (v->view, rank_one, one);
  expect_same (w, seed, "reshape and back", fmtconv_view_reshape (there, v->rank, v->shape), v->view);
  expect_same (w, seed, "reshape, cast and back",
               fmtconv_view_reshape (fmtconv_view_cast (there, FMTCONV_F64), v->rank, v->shape),
               fmtconv_view_cast (v->view, FMTCONV_F64));
  expect_same (w, seed, "reshape of reshape", fmtconv_view_reshape (there, rank_two, two),
               fmtconv_view_reshape (v->view, rank_two, two));
}

/* A slice of a product is the product of sliced factors; concatenated products have concatenated factors. */
static void
products (world *w, uint64_t seed)
{
  const uint64_t shape[] = { 1 + pick (w, 6), 1 + pick (w, 6) }, rank = 1 + pick (w, 3);
  naive v = naive_leaf (w, FMTCONV_F16, 2, shape);
  naive b = naive_factor (w, shape[0], rank, 0), a = naive_factor (w, rank, shape[1], 1);
  naive all = naive_lowrank (w, &v, &b, &a, 2);
  uint64_t at[2], n[2];
  for (unsigned i = 0; i < 2; i++)
    {
      at[i] = pick (w, shape[i]);
      n[i] = 1 + pick (w, shape[i] - at[i]);
    }
  expect_same (w, seed, "rows of a product", fmtconv_view_slice (all.view, 0, at[0], n[0]),
               fmtconv_view_lowrank (fmtconv_view_slice (v.view, 0, at[0], n[0]),
                                     fmtconv_view_slice (b.view, 0, at[0], n[0]), a.view, 2));
  expect_same (w, seed, "columns of a product", fmtconv_view_slice (all.view, 1, at[1], n[1]),
               fmtconv_view_lowrank (fmtconv_view_slice (v.view, 1, at[1], n[1]), b.view,
                                     fmtconv_view_slice (a.view, 1, at[1], n[1]), 2));
  naive more = naive_leaf (w, FMTCONV_F16, 2, shape), below = naive_factor (w, shape[0], rank, 0);
  fmtconv_view *const two[] = { v.view, more.view }, *const left[] = { b.view, below.view };
  fmtconv_view *const done[] = { all.view, fmtconv_view_lowrank (more.view, below.view, a.view, 2) };
  if (b.dtype == below.dtype)
    expect_same (
        w, seed, "products put together", fmtconv_view_concat (0, 2, done),
        fmtconv_view_lowrank (fmtconv_view_concat (0, 2, two), fmtconv_view_concat (0, 2, left), a.view, 2));
  const uint64_t taller[] = { shape[0], 1, shape[1] };
  expect_same (w, seed, "a product with an axis of 1",
               fmtconv_view_reshape (fmtconv_view_reshape (all.view, 3, taller), 2, shape), all.view);
}

/* Slices at block borders have sliced factors, permuted views permuted factors, and views concatenated at
 * block borders concatenated factors. */
static void
scalings (world *w, uint64_t seed, const naive *v)
{
  uint64_t block[FMTCONV_MAX_RANK], turned[FMTCONV_MAX_RANK], shape[FMTCONV_MAX_RANK];
  unsigned axes[FMTCONV_MAX_RANK];
  const unsigned axis = (unsigned) pick (w, v->rank);
  for (unsigned i = 0; i < v->rank; i++)
    {
      block[i] = 1 + pick (w, 3);
      shape[i] = (v->shape[i] + block[i] - 1) / block[i];
    }
  const naive f = naive_leaf (w, FMTCONV_F32, v->rank, shape);
  fmtconv_view *all = fmtconv_view_multiply (v->view, f.view, block);
  naive_axes (w, v->rank, axes);
  for (unsigned i = 0; i < v->rank; i++)
    turned[i] = block[axes[i]];
  expect_same (w, seed, "factors turned", fmtconv_view_permute (all, axes),
               fmtconv_view_multiply (fmtconv_view_permute (v->view, axes),
                                      fmtconv_view_permute (f.view, axes), turned));
  if (shape[axis] < 4)
    return;
  const uint64_t at = 1 + pick (w, shape[axis] - 3), first = at * block[axis];
  fmtconv_view *const factors[] = { fmtconv_view_slice (f.view, axis, 0, at),
                                    fmtconv_view_slice (f.view, axis, at, shape[axis] - at) };
  fmtconv_view *const parts[] = { fmtconv_view_slice (v->view, axis, 0, first),
                                  fmtconv_view_slice (v->view, axis, first, v->shape[axis] - first) };
  expect_same (w, seed, "factors cut", fmtconv_view_slice (all, axis, first, v->shape[axis] - first),
               fmtconv_view_multiply (parts[1], factors[1], block));
  expect_same (w, seed, "factors put together", all,
               fmtconv_view_multiply (v->view, fmtconv_view_concat (axis, 2, factors), block));
}

/* A sum that is sliced, permuted, concatenated or reshaped is the sum of the operands changed in the same
 * way; also if its addend is a sum. */
static void
sums (world *w, uint64_t seed, const naive *v)
{
  unsigned axes[FMTCONV_MAX_RANK];
  uint64_t shape[FMTCONV_MAX_RANK];
  const naive other = naive_addend (w, v, 2);
  fmtconv_view *a = v->view, *b = other.view, *all = fmtconv_view_add (a, b, 0.75);
  if (!all) /* too many operations */
    return;
  naive_axes (w, v->rank, axes);
  expect_same (w, seed, "a sum turned", fmtconv_view_permute (all, axes),
               fmtconv_view_add (fmtconv_view_permute (a, axes), fmtconv_view_permute (b, axes), 0.75));
  const naive sum = naive_add (w, v, &other, 0.75);
  const naive reshaped = naive_reshape (w, &sum, naive_other_shape (w, v, shape), shape);
  const char *wrong = naive_wrong (w, &reshaped);
  if (wrong)
    cr_fatal ("seed %llu: a sum in another shape: %s", (unsigned long long) seed, wrong);
  const unsigned axis = (unsigned) pick (w, v->rank);
  const uint64_t start = pick (w, v->shape[axis] + 1), n = v->shape[axis] - start;
  fmtconv_view *const parts[] = {
    fmtconv_view_add (fmtconv_view_slice (a, axis, 0, start), fmtconv_view_slice (b, axis, 0, start), 0.75),
    fmtconv_view_add (fmtconv_view_slice (a, axis, start, n), fmtconv_view_slice (b, axis, start, n), 0.75)
  };
  expect_same (w, seed, "part of a sum", fmtconv_view_slice (all, axis, start, n), parts[1]);
  expect_same (w, seed, "sums concatenated", fmtconv_view_concat (axis, 2, parts), all);
}

static void
own_type (world *w, uint64_t seed, const naive *v)
{
  fmtconv_view *rounded = fmtconv_view_cast (v->view, v->dtype);
  expect_same (w, seed, "cast to own type", fmtconv_view_cast (rounded, v->dtype), rounded);
  expect_same (w, seed, "scale by one", fmtconv_view_scale (v->view, 1), v->view);
}

Test (laws, hold)
{
  const uint64_t seed = setting ("FMTCONV_SEED", 1000000);
  const uint64_t n = setting ("FMTCONV_TREES", 12000);
  for (uint64_t i = seed; i < seed + n; i++)
    {
      world w = world_new (i);
      naive v = naive_random (&w, 5);
      own_type (&w, i, &v);
      products (&w, i);
      reshapes (&w, i, &v);
      if (v.rank > 0)
        {
          slice_of_slice (&w, i, &v);
          slices_commute (&w, i, &v);
          slice_of_concat (&w, i, &v);
          tiles_commute (&w, i, &v);
          permute_of_permute (&w, i, &v);
          split_then_fuse (&w, i, &v);
          elementwise_commutes (&w, i, &v);
          scalings (&w, i, &v);
          sums (&w, i, &v);
        }
      fmtconv_ctx_free (w.ctx);
    }
}

/* Returns the view with a factor for each block of a leaf. */
static naive
blocks_of_factors (world *w, const naive *v)
{
  uint64_t block[FMTCONV_MAX_RANK], shape[FMTCONV_MAX_RANK];
  for (unsigned i = 0; i < v->rank; i++)
    {
      block[i] = 1 + pick (w, 4);
      shape[i] = (v->shape[i] + block[i] - 1) / block[i];
    }
  const naive f = naive_leaf (w, FMTCONV_BF16, v->rank, shape);
  return naive_multiply (w, v, &f, block, pick (w, 2));
}

/* A leaf with any strides is restored as one box. */
Test (laws, split_then_fuse_is_one_box)
{
  const uint64_t seed = setting ("FMTCONV_SEED", 2000000);
  for (uint64_t i = seed; i < seed + 3000; i++)
    {
      world w = world_new (i);
      naive v = naive_random (&w, 0);
      fmtconv_view *parts[64];
      if (v.rank == 2)
        {
          naive b = naive_leaf (&w, FMTCONV_F32, 2, (uint64_t[]){ v.shape[0], 2 });
          naive a = naive_leaf (&w, FMTCONV_F16, 2, (uint64_t[]){ 2, v.shape[1] });
          v = naive_lowrank (&w, &v, &b, &a, 0.5);
        }
      v = blocks_of_factors (&w, &v);
      for (unsigned axis = 0; axis < v.rank && v.n > 0; axis++)
        {
          for (uint64_t k = 0; k < v.shape[axis]; k++)
            parts[k] = fmtconv_view_chunk (v.view, axis, k, v.shape[axis]);
          fmtconv_view *fused = fmtconv_view_concat (axis, v.shape[axis], parts);
          if (fused->n_boxes != 1)
            cr_fatal ("seed %llu: %s", (unsigned long long) i, fci_view_text (fused));
        }
      fmtconv_ctx_free (w.ctx);
    }
}
