/* tests/unit/naive.c: views as plain arrays, element by element, and random views with their arrays.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/naive.h"
#include "core/source/source.h"
#include <fmtconv/formats.h>
#include <string.h>

enum
{
  SOURCE_BYTES = 1 << 16
};

static const uint8_t bytes[SOURCE_BYTES];

uint64_t
pick (world *w, uint64_t n)
{
  w->random ^= w->random << 13;
  w->random ^= w->random >> 7;
  w->random ^= w->random << 17;
  return (w->random >> 11) % n;
}

world
world_new (uint64_t seed)
{
  world w = { .ctx = fmtconv_ctx_new (NULL), .random = seed * UINT64_C (0x9e3779b97f4a7c15) + 1 };
  for (unsigned i = 0; i < 3; i++)
    w.sources[i] = fci_source_memory (w.ctx, bytes, sizeof bytes, fmtconv_ctx_printf (w.ctx, "s%u", i));
  for (unsigned i = 0; i < 8; i++)
    pick (&w, 2);
  return w;
}

static uint64_t
mix (uint64_t a, uint64_t b)
{
  uint64_t x = (a ^ (b + UINT64_C (0x9e3779b97f4a7c15))) * UINT64_C (0xbf58476d1ce4e5b9);
  x = (x ^ x >> 29) * UINT64_C (0x94d049bb133111eb);
  return x ^ x >> 32;
}

/* phase: number of the element in its block. */
static uint64_t
stored (const fmtconv_source *source, uint64_t offset, uint64_t phase, uint32_t dtype)
{
  return mix (mix (mix (source->id, offset), phase), dtype);
}

static uint64_t
operated (uint64_t element, fci_op_kind kind, uint32_t dtype, double factor)
{
  uint64_t bits;
  memcpy (&bits, &factor, sizeof bits);
  return mix (mix (mix (element, 100 + kind), dtype), bits);
}

static naive
blank (world *w, uint32_t dtype, unsigned rank, const uint64_t *shape)
{
  naive v = { .dtype = dtype, .rank = rank, .n = 1 };
  for (unsigned i = 0; i < rank; i++)
    v.n *= v.shape[i] = shape[i];
  v.at = fmtconv_ctx_alloc (w->ctx, v.n, sizeof *v.at);
  v.unrounded = fmtconv_ctx_alloc (w->ctx, v.n, sizeof *v.unrounded);
  return v;
}

/* Compute the index vector of the i-th element, and the reverse. */
static void
index_of (const naive *v, uint64_t i, uint64_t *index)
{
  for (unsigned k = v->rank; k-- > 0; i /= v->shape[k])
    index[k] = i % v->shape[k];
}

static uint64_t
number_of (const naive *v, const uint64_t *index)
{
  uint64_t i = 0;
  for (unsigned k = 0; k < v->rank; k++)
    i = i * v->shape[k] + index[k];
  return i;
}

static void
copy_element (naive *to, uint64_t i, const naive *from, uint64_t k)
{
  to->at[i] = from->at[k];
  to->unrounded[i] = from->unrounded[k];
}

/* Dense, transposed, with gaps, repeated or in disorder. */
static void
random_strides (world *w, uint64_t item, unsigned rank, const uint64_t *shape, int64_t *strides)
{
  unsigned axes[FMTCONV_MAX_RANK];
  uint64_t step = item;
  naive_axes (w, rank, axes);
  bool ordered = pick (w, 2);
  for (unsigned k = rank; k-- > 0;)
    {
      unsigned i = ordered ? k : axes[k];
      strides[i] = pick (w, 12) == 0 ? 0 : (int64_t) step;
      step *= (shape[i] ? shape[i] : 1) + (pick (w, 4) == 0);
    }
}

naive
naive_leaf (world *w, uint32_t dtype, unsigned rank, const uint64_t *shape)
{
  int64_t strides[FMTCONV_MAX_RANK];
  uint64_t index[FMTCONV_MAX_RANK];
  fmtconv_source *source = w->sources[pick (w, 3)];
  naive v = blank (w, dtype, rank, shape);
  uint64_t item = fmtconv_dtype_get (dtype)->block_bytes;
  uint64_t at = pick (w, 64);
  random_strides (w, item, rank, shape, strides);
  v.view = fmtconv_view_leaf (source, at, dtype, rank, shape, strides);
  for (uint64_t i = 0; i < v.n; i++)
    {
      uint64_t offset = at;
      index_of (&v, i, index);
      for (unsigned k = 0; k < rank; k++)
        offset += index[k] * (uint64_t) strides[k];
      v.at[i] = stored (source, offset, 0, dtype);
    }
  return v;
}

naive
naive_blocks (world *w, uint32_t dtype, unsigned rank, const uint64_t *shape)
{
  const fmtconv_dtype_info *info = fmtconv_dtype_get (dtype);
  int64_t strides[FMTCONV_MAX_RANK];
  uint64_t index[FMTCONV_MAX_RANK];
  uint64_t blocks[FMTCONV_MAX_RANK];
  fmtconv_source *source = w->sources[pick (w, 3)];
  naive v = blank (w, dtype, rank, shape);
  uint64_t at = pick (w, 64);
  memcpy (blocks, shape, rank * sizeof *shape);
  blocks[rank - 1] /= info->block;
  random_strides (w, info->block_bytes * blocks[rank - 1], rank - 1, blocks, strides);
  strides[rank - 1] = info->block_bytes;
  v.view = fmtconv_view_leaf (source, at, dtype, rank, shape, pick (w, 2) || rank > 1 ? strides : NULL);
  for (uint64_t i = 0; i < v.n; i++)
    {
      uint64_t offset = at;
      index_of (&v, i, index);
      for (unsigned k = 0; k + 1 < rank; k++)
        offset += index[k] * (uint64_t) strides[k];
      offset += index[rank - 1] / info->block * info->block_bytes;
      v.at[i] = stored (source, offset, index[rank - 1] % info->block, dtype);
    }
  return v;
}

naive
naive_gather (world *w, const naive *v, unsigned axis, size_t n, const uint64_t *indices)
{
  uint64_t shape[FMTCONV_MAX_RANK];
  uint64_t index[FMTCONV_MAX_RANK];
  memcpy (shape, v->shape, sizeof shape);
  shape[axis] = n;
  naive r = blank (w, v->dtype, v->rank, shape);
  r.view = fmtconv_view_gather (v->view, axis, n, indices);
  for (uint64_t i = 0; i < r.n; i++)
    {
      index_of (&r, i, index);
      index[axis] = indices[index[axis]];
      copy_element (&r, i, v, number_of (v, index));
    }
  return r;
}

naive
naive_slice (world *w, const naive *v, unsigned axis, uint64_t start, uint64_t count)
{
  uint64_t shape[FMTCONV_MAX_RANK];
  uint64_t index[FMTCONV_MAX_RANK];
  memcpy (shape, v->shape, sizeof shape);
  shape[axis] = count;
  naive r = blank (w, v->dtype, v->rank, shape);
  r.view = fmtconv_view_slice (v->view, axis, start, count);
  for (uint64_t i = 0; i < r.n; i++)
    {
      index_of (&r, i, index);
      index[axis] += start;
      copy_element (&r, i, v, number_of (v, index));
    }
  return r;
}

naive
naive_concat (world *w, unsigned axis, size_t n, const naive *views)
{
  uint64_t shape[FMTCONV_MAX_RANK];
  uint64_t index[FMTCONV_MAX_RANK];
  fmtconv_view *parts[16];
  memcpy (shape, views[0].shape, sizeof shape);
  shape[axis] = 0;
  for (size_t k = 0; k < n; k++)
    {
      shape[axis] += views[k].shape[axis];
      parts[k] = views[k].view;
    }
  naive r = blank (w, views[0].dtype, views[0].rank, shape);
  r.view = fmtconv_view_concat (axis, n, parts);
  for (uint64_t i = 0; i < r.n; i++)
    {
      index_of (&r, i, index);
      size_t k = 0;
      while (index[axis] >= views[k].shape[axis])
        index[axis] -= views[k++].shape[axis];
      copy_element (&r, i, &views[k], number_of (&views[k], index));
    }
  return r;
}

naive
naive_permute (world *w, const naive *v, const unsigned *axes)
{
  uint64_t shape[FMTCONV_MAX_RANK];
  uint64_t index[FMTCONV_MAX_RANK];
  uint64_t old[FMTCONV_MAX_RANK];
  for (unsigned i = 0; i < v->rank; i++)
    shape[i] = v->shape[axes[i]];
  naive r = blank (w, v->dtype, v->rank, shape);
  r.view = fmtconv_view_permute (v->view, axes);
  for (uint64_t i = 0; i < r.n; i++)
    {
      index_of (&r, i, index);
      for (unsigned k = 0; k < v->rank; k++)
        old[axes[k]] = index[k];
      copy_element (&r, i, v, number_of (v, old));
    }
  return r;
}

naive
naive_reshape (world *w, const naive *v, unsigned rank, const uint64_t *shape)
{
  naive r = blank (w, v->dtype, rank, shape);
  r.view = fmtconv_view_reshape (v->view, rank, shape);
  for (uint64_t i = 0; i < r.n; i++)
    copy_element (&r, i, v, i);
  return r;
}

naive
naive_cast (world *w, const naive *v, uint32_t dtype)
{
  naive r = blank (w, dtype, v->rank, v->shape);
  r.view = fmtconv_view_cast (v->view, dtype);
  for (uint64_t i = 0; i < r.n; i++)
    r.at[i] = dtype == v->dtype && !v->unrounded[i] ? v->at[i] : operated (v->at[i], FCI_OP_CAST, dtype, 0);
  return r;
}

naive
naive_scale (world *w, const naive *v, double factor)
{
  naive r = blank (w, v->dtype, v->rank, v->shape);
  r.view = fmtconv_view_scale (v->view, factor);
  for (uint64_t i = 0; i < r.n; i++)
    {
      r.at[i] = factor == 1 ? v->at[i] : operated (v->at[i], FCI_OP_SCALE, 0, factor);
      r.unrounded[i] = factor != 1 || v->unrounded[i];
    }
  return r;
}

naive
naive_add_scalar (world *w, const naive *v, double number)
{
  naive r = blank (w, v->dtype, v->rank, v->shape);
  r.view = fmtconv_view_add_scalar (v->view, number);
  for (uint64_t i = 0; i < r.n; i++)
    {
      r.at[i] = operated (v->at[i], FCI_OP_ADD_SCALAR, 0, number);
      r.unrounded[i] = true;
    }
  return r;
}

static uint64_t
term (uint64_t sum, uint64_t b, uint64_t a)
{
  return mix (mix (sum, b), a);
}

naive
naive_lowrank (world *w, const naive *v, const naive *b, const naive *a, double factor)
{
  naive r = blank (w, v->dtype, v->rank, v->shape);
  const naive left = naive_cast (w, b, FMTCONV_F32), right = naive_cast (w, a, FMTCONV_F32);
  const uint64_t rank = a->shape[0], columns = v->shape[1];
  r.view = fmtconv_view_lowrank (v->view, b->view, a->view, factor);
  for (uint64_t i = 0; i < r.n; i++)
    {
      r.at[i] = rank ? operated (v->at[i], FCI_OP_LOWRANK, 0, factor) : v->at[i];
      for (uint64_t k = 0; k < rank; k++)
        r.at[i] = term (r.at[i], left.at[i / columns * rank + k], right.at[k * columns + i % columns]);
      r.unrounded[i] = rank || v->unrounded[i];
    }
  return r;
}

naive
naive_multiply (world *w, const naive *v, const naive *factors, const uint64_t *block, bool divide)
{
  naive r = blank (w, v->dtype, v->rank, v->shape);
  const naive by = naive_cast (w, factors, FMTCONV_F32);
  r.view = (divide ? fmtconv_view_divide : fmtconv_view_multiply) (v->view, factors->view, block);
  for (uint64_t i = 0; i < r.n; i++)
    {
      uint64_t rest = i, at = 0, step = 1;
      for (unsigned axis = v->rank; axis-- > 0 && by.n > 1; rest /= v->shape[axis])
        {
          if (by.shape[axis] > 1)
            at += rest % v->shape[axis] / block[axis] * step;
          step *= by.shape[axis];
        }
      r.at[i] = mix (operated (v->at[i], divide ? FCI_OP_DIVIDE : FCI_OP_MULTIPLY, 0, 0), by.at[at]);
      r.unrounded[i] = true;
    }
  return r;
}

naive
naive_add (world *w, const naive *v, const naive *other, double factor)
{
  naive r = blank (w, v->dtype, v->rank, v->shape);
  const naive by = naive_cast (w, other, FMTCONV_F32);
  r.view = fmtconv_view_add (v->view, other->view, factor);
  for (uint64_t i = 0; i < r.n; i++)
    {
      r.at[i] = mix (operated (v->at[i], FCI_OP_ADD, 0, factor), by.at[i]);
      r.unrounded[i] = true;
    }
  return r;
}

naive
naive_factors (world *w, const naive *v, uint64_t *block)
{
  uint64_t shape[FMTCONV_MAX_RANK];
  for (unsigned i = 0; i < v->rank; i++)
    {
      block[i] = 1 + pick (w, 4);
      shape[i] = pick (w, 4) == 0 ? 1 : (v->shape[i] + block[i] - 1) / block[i];
    }
  naive f = naive_leaf (w, pick (w, 2) ? FMTCONV_BF16 : FMTCONV_F32, v->rank, shape);
  if (v->rank > 0 && pick (w, 4) == 0)
    {
      const unsigned axis = (unsigned) pick (w, v->rank);
      uint64_t first = pick (w, shape[axis] + 1);
      const naive parts[2] = { naive_slice (w, &f, axis, first, shape[axis] - first),
                               naive_slice (w, &f, axis, 0, first) };
      f = naive_concat (w, axis, 2, parts);
    }
  if (pick (w, 4) == 0)
    {
      const naive one = naive_leaf (w, FMTCONV_F32, 0, NULL);
      f = naive_multiply (w, &f, &one, NULL, pick (w, 2));
    }
  return pick (w, 4) == 0 ? naive_cast (w, &f, FMTCONV_F16) : f;
}

naive
naive_factor (world *w, uint64_t rows, uint64_t columns, unsigned axis)
{
  uint64_t shape[2] = { rows, columns };
  naive v = naive_leaf (w, pick (w, 2) ? FMTCONV_F16 : FMTCONV_F32, 2, shape);
  if (pick (w, 4) == 0)
    {
      uint64_t first = pick (w, shape[axis] + 1);
      const naive parts[2] = { naive_slice (w, &v, axis, first, shape[axis] - first),
                               naive_slice (w, &v, axis, 0, first) };
      v = naive_concat (w, axis, 2, parts);
    }
  if (pick (w, 4) == 0)
    v = naive_scale (w, &v, 0.5);
  return pick (w, 4) == 0 ? naive_cast (w, &v, FMTCONV_BF16) : v;
}

void
naive_axes (world *w, unsigned rank, unsigned *axes)
{
  for (unsigned i = 0; i < rank; i++)
    {
      unsigned k = (unsigned) pick (w, i + 1);
      axes[i] = axes[k];
      axes[k] = i;
    }
}

unsigned
naive_other_shape (world *w, const naive *v, uint64_t *shape)
{
  static const uint64_t primes[] = { 2, 3, 5, 7 };
  unsigned rank = (unsigned) pick (w, 6);
  uint64_t left = v->n;
  for (unsigned i = 0; i < rank; i++)
    shape[i] = 1;
  if (left == 0 || rank == 0)
    {
      shape[0] = left;
      return left == 1 ? 0 : 1;
    }
  for (unsigned p = 0; p < 4; p++)
    for (; left % primes[p] == 0; left /= primes[p])
      shape[pick (w, rank)] *= primes[p];
  shape[pick (w, rank)] *= left;
  return rank;
}

/* Stored in blocks, and decoded. */
static naive
random_decoded (world *w)
{
  uint64_t shape[3];
  unsigned rank = 1 + (unsigned) pick (w, 3);
  for (unsigned i = 0; i + 1 < rank; i++)
    shape[i] = 1 + pick (w, 3);
  shape[rank - 1] = 32 * (1 + pick (w, 2));
  naive v = naive_blocks (w, pick (w, 2) ? FMTCONV_Q8_0 : FMTCONV_Q4_0, rank, shape);
  return naive_cast (w, &v, pick (w, 2) ? FMTCONV_F32 : FMTCONV_F16);
}

static naive
random_leaf (world *w)
{
  static const uint32_t dtypes[] = { FMTCONV_F16, FMTCONV_F16, FMTCONV_BF16, FMTCONV_F32 };
  uint64_t shape[FMTCONV_MAX_RANK];
  unsigned rank = (unsigned) pick (w, 6);
  if (pick (w, 8) == 0)
    return random_decoded (w);
  for (unsigned i = 0; i < rank; i++)
    shape[i] = pick (w, 25) == 0 ? 0 : 1 + pick (w, rank < 3 ? 6 : 3);
  return naive_leaf (w, dtypes[pick (w, 4)], rank, shape);
}

/* Concatenates parts of the view and new leaves. */
static naive
random_concat (world *w, const naive *v)
{
  naive parts[4];
  unsigned axis = (unsigned) pick (w, v->rank);
  size_t n = 1 + pick (w, 4);
  for (size_t k = 0; k < n; k++)
    {
      uint64_t start = pick (w, v->shape[axis] + 1);
      uint64_t count = pick (w, v->shape[axis] - start + 1);
      parts[k] = naive_slice (w, v, axis, start, count);
      if (pick (w, 3) == 0)
        parts[k] = naive_leaf (w, v->dtype, v->rank, parts[k].shape);
    }
  return naive_concat (w, axis, n, parts);
}

/* Returns the largest number of tracks of a box. */
static unsigned
tracks_of (fmtconv_view *view)
{
  unsigned most = 0;
  for (size_t i = 0; i < view->n_boxes; i++)
    most = fci_tracks (view->boxes[i].ops) > most ? fci_tracks (view->boxes[i].ops) : most;
  return most;
}

static naive
random_lowrank (world *w, const naive *v)
{
  uint64_t rank = pick (w, 4);
  const naive b = naive_factor (w, v->shape[0], rank, 0), a = naive_factor (w, rank, v->shape[1], 1);
  return naive_lowrank (w, v, &b, &a, (double) pick (w, 3));
}

static naive
random_multiply (world *w, const naive *v)
{
  uint64_t block[FMTCONV_MAX_RANK];
  const naive f = naive_factors (w, v, block);
  return naive_multiply (w, v, &f, block, pick (w, 2));
}

naive
naive_addend (world *w, const naive *v, unsigned depth)
{
  uint64_t turned[FMTCONV_MAX_RANK], block[FMTCONV_MAX_RANK];
  unsigned axes[FMTCONV_MAX_RANK];
  naive_axes (w, v->rank, axes);
  for (unsigned i = 0; i < v->rank; i++)
    turned[axes[i]] = v->shape[i];
  naive f = naive_leaf (w, pick (w, 2) ? FMTCONV_BF16 : FMTCONV_F32, v->rank, turned);
  f = naive_permute (w, &f, axes);
  if (v->rank > 0 && pick (w, 3) == 0)
    {
      const unsigned axis = (unsigned) pick (w, v->rank);
      const uint64_t first = pick (w, v->shape[axis] + 1);
      const naive parts[2] = { naive_slice (w, &f, axis, first, v->shape[axis] - first),
                               naive_slice (w, &f, axis, 0, first) };
      f = naive_concat (w, axis, 2, parts);
    }
  if (pick (w, 4) == 0)
    {
      const naive factors = naive_factors (w, &f, block);
      f = naive_multiply (w, &f, &factors, block, pick (w, 2));
    }
  if (depth > 0 && pick (w, 2))
    {
      const naive more = naive_addend (w, &f, depth - 1);
      f = naive_add (w, &f, &more, -0.5);
    }
  return pick (w, 4) == 0 ? naive_cast (w, &f, FMTCONV_F16) : f;
}

static naive
random_add (world *w, const naive *v)
{
  const naive other = naive_addend (w, v, 1);
  if (tracks_of (v->view) + 1 + tracks_of (other.view) > FCI_MAX_TRACKS)
    return *v;
  return naive_add (w, v, &other, (double) (1 + pick (w, 3)) / 2);
}

/* Indices in ranges, with steps and repetitions. */
static naive
random_gather (world *w, const naive *v, unsigned axis)
{
  uint64_t indices[12];
  const size_t n = v->shape[axis] ? pick (w, 12) : 0;
  for (size_t i = 0, step = 0; i < n; i++)
    {
      const bool goes_on = i && pick (w, 4) && indices[i - 1] + step < v->shape[axis];
      indices[i] = goes_on ? indices[i - 1] + step : pick (w, v->shape[axis]);
      step = goes_on ? step : pick (w, 4);
    }
  return naive_gather (w, v, axis, n, indices);
}

static naive
random_step (world *w, const naive *v)
{
  if (pick (w, 8) == 0)
    return random_add (w, v);
  const bool has_capacity = tracks_of (v->view) + 2 <= FCI_MAX_TRACKS;
  if (has_capacity && v->rank == 2 && pick (w, 4) == 0)
    return random_lowrank (w, v);
  if (has_capacity && pick (w, 6) == 0)
    return random_multiply (w, v);
  uint64_t shape[FMTCONV_MAX_RANK];
  unsigned axes[FMTCONV_MAX_RANK];
  unsigned axis = v->rank ? (unsigned) pick (w, v->rank) : 0;
  switch (pick (w, v->rank ? 10 : 4))
    {
    case 0:
      return naive_cast (w, v, pick (w, 2) ? FMTCONV_F32 : FMTCONV_F16);
    case 1:
      return pick (w, 2) ? naive_scale (w, v, (double) (1 + pick (w, 3)) / 2)
                         : naive_add_scalar (w, v, (double) pick (w, 3) - 1);
    case 2:
    case 3:
      {
        unsigned rank = naive_other_shape (w, v, shape);
        return naive_reshape (w, v, rank, shape);
      }
    case 4:
      naive_axes (w, v->rank, axes);
      return naive_permute (w, v, axes);
    case 5:
      {
        uint64_t start = pick (w, v->shape[axis] + 1);
        return naive_slice (w, v, axis, start, pick (w, v->shape[axis] - start + 1));
      }
    case 6:
      return random_gather (w, v, axis);
    default:
      return random_concat (w, v);
    }
}

naive
naive_random (world *w, unsigned depth)
{
  naive v = random_leaf (w);
  for (uint64_t steps = pick (w, depth + 1); steps > 0 && v.view && v.n < 2000; steps--)
    v = random_step (w, &v);
  return v;
}

static uint64_t apply_ops (const fci_box *box, unsigned rank, const uint64_t *index, const fci_op *last,
                           unsigned first, uint64_t element, uint32_t *dtype, bool *unrounded);

/* Returns element k of a factor as f32; the tracks of its operations follow its track. */
static uint64_t
read_factor (const fci_box *box, unsigned rank, const uint64_t *index, const fci_factor *factor, unsigned t,
             uint64_t k)
{
  const fci_track *track = FCI_TRACK (box, rank, t);
  uint64_t offset = track->at + k * factor->step;
  uint32_t dtype = factor->dtype;
  bool unrounded = false;
  for (unsigned i = 0; i < rank; i++)
    offset += (track->block_stride[i].phase + index[i] - box->start[i]) / track->block_stride[i].block
              * track->block_stride[i].step;
  uint64_t element = apply_ops (box, rank, index, factor->ops, t + 1,
                                stored (factor->source, offset, 0, dtype), &dtype, &unrounded);
  return dtype == FMTCONV_F32 && !unrounded ? element : operated (element, FCI_OP_CAST, FMTCONV_F32, 0);
}

static uint64_t
apply_ops (const fci_box *box, unsigned rank, const uint64_t *index, const fci_op *last, unsigned first,
           uint64_t element, uint32_t *dtype, bool *unrounded)
{
  const fci_op *ops[64];
  size_t n = 0;
  for (const fci_op *op = last; op && n < 64; op = op->before)
    ops[n++] = op;
  while (n-- > 0)
    {
      const fci_op *op = ops[n];
      element = operated (element, op->kind, op->dtype, op->factor);
      const unsigned t = first + fci_first_track (op);
      for (uint64_t k = 0; op->product && k < op->product->rank; k++)
        element = term (element, read_factor (box, rank, index, &op->product->factor[0], t, k),
                        read_factor (box, rank, index, &op->product->factor[1], t + 1, k));
      if (op->by)
        element = mix (element, read_factor (box, rank, index, op->by, t, 0));
      *unrounded = op->kind != FCI_OP_CAST;
      *dtype = op->kind == FCI_OP_CAST ? op->dtype : *dtype;
    }
  return element;
}

/* Returns the value of one element by the normal form: its stored position, then its operations. */
static uint64_t
read_back (const fci_box *box, unsigned rank, const uint64_t *index)
{
  uint32_t dtype = 0;
  bool unrounded;
  uint64_t offset = box->offset;
  uint64_t by = box->phase;
  for (unsigned k = 0; k < rank; k++)
    by += (index[k] - box->start[k]) * (uint64_t) FCI_STRIDE (box, rank)[k];
  const bool blocks = box->dtype >= FMTCONV_GGML;
  const fmtconv_dtype_info *info = fmtconv_dtype_get (box->dtype);
  offset += blocks ? by / info->block * info->block_bytes : by;
  uint64_t element = stored (box->source, offset, blocks ? by % info->block : 0, box->dtype);
  return apply_ops (box, rank, index, box->ops, 0, element, &dtype, &unrounded);
}

static bool
holds (const fci_box *box, unsigned rank, const uint64_t *index)
{
  for (unsigned k = 0; k < rank; k++)
    if (index[k] < box->start[k] || index[k] - box->start[k] >= FCI_EXTENT (box, rank)[k])
      return false;
  return true;
}

static int
compare_starts (const fci_box *a, const fci_box *b, unsigned rank)
{
  for (unsigned k = 0; k < rank; k++)
    if (a->start[k] != b->start[k])
      return a->start[k] < b->start[k] ? -1 : 1;
  return 0;
}

const char *
naive_wrong (world *w, const naive *v)
{
  fmtconv_view *view = v->view;
  uint64_t index[FMTCONV_MAX_RANK];
  if (!view || fmtconv_ctx_failed (w->ctx))
    return "there is no view";
  if (view->dtype != v->dtype || view->rank != v->rank || view->elements != v->n)
    return "another type, rank or number of elements";
  if (v->rank > 0 && memcmp (view->shape, v->shape, v->rank * sizeof *v->shape) != 0)
    return "another shape";
  for (size_t b = 1; b < view->n_boxes; b++)
    if (compare_starts (&view->boxes[b - 1], &view->boxes[b], v->rank) >= 0)
      return "boxes are not sorted";
  uint64_t volume = 0;
  for (size_t b = 0; b < view->n_boxes; b++)
    {
      uint64_t size = 1;
      for (unsigned k = 0; k < v->rank; k++)
        size *= FCI_EXTENT (&view->boxes[b], v->rank)[k];
      if (size == 0)
        return "an empty box";
      volume += size;
    }
  if (volume != v->n) /* each element is found in a box below, so that none can be in two */
    return "boxes overlap, or lie outside";
  for (uint64_t i = 0; i < v->n; i++)
    {
      size_t b = 0;
      index_of (v, i, index);
      while (b < view->n_boxes && !holds (&view->boxes[b], v->rank, index))
        b++;
      if (b == view->n_boxes)
        return "boxes leave an element out";
      if (read_back (&view->boxes[b], v->rank, index) != v->at[i])
        return "another element";
    }
  return NULL;
}
