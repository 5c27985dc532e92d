/* tests/unit/plan-random.c: random views, executed with all options, against a naive evaluation of the
 * same views.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/kernel/decode.h"
#include "core/kernel/quant.h"
#include "core/source/disk.h"
#include "core/view/inspect.h"
#include "core/view/text.h"
#include "tests/unit/plan-util.h"
#include <fcntl.h>
#include <fmtconv/formats.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum
{
  FILE_ELEMENTS = 100000,
  SKEW = 3, /* bytes before the first element of a file, so that nothing is aligned */
  TENSORS = 16,
  MAX_ELEMENTS = 150000,
  FILE_BLOCKS = 3000, /* of q8_0 */
  BLOCK = 32,
  BLOCK_BYTES = 34
};

static const uint32_t types[] = {
  FMTCONV_F16, FMTCONV_BF16, FMTCONV_F32, FMTCONV_U8, FMTCONV_I16, FMTCONV_I64
};
enum
{
  N_TYPES = 6,
  N_FLOATS = 3
};

/* A view, and its expected elements: floating-point values before they are rounded to the view's type. */
typedef struct value
{
  fmtconv_view *view;
  unsigned rank;
  uint64_t shape[FMTCONV_MAX_RANK];
  uint64_t n;
  double *at;
} value;

typedef struct world
{
  uint64_t seed;
  fmtconv_ctx *ctx;
  fmtconv_source *file[N_TYPES];
  uint8_t *bytes[N_TYPES];
  fmtconv_source *block_file;
  uint8_t *blocks;
} world;

/* Bits of numbers that are finite. */
static uint8_t *
make_elements (uint64_t seed, unsigned type)
{
  size_t item = fmtconv_dtype_get (types[type])->block_bytes, n = SKEW + FILE_ELEMENTS * item;
  uint8_t *bytes = rnd_bytes (seed + type * 77 + 1, n);
  for (size_t i = 0; i < FILE_ELEMENTS; i++)
    {
      uint8_t *top = bytes + SKEW + i * item + item - 1;
      if (types[type] == FMTCONV_F16)
        *top &= 0xbf; /* exponent below 16 */
      else if (type < N_FLOATS)
        *top = (uint8_t) ((*top & 0x83) | 0x3c); /* exponent about 0 */
      else if (types[type] == FMTCONV_I64)
        memset (top - 3, 0, 4);
    }
  return bytes;
}

static void
set_shape (value *v, unsigned rank, const uint64_t *shape)
{
  v->rank = rank;
  v->n = 1;
  for (unsigned i = 0; i < rank; i++)
    v->n *= v->shape[i] = shape[i];
  v->at = fmtconv_ctx_alloc (v->view ? v->view->ctx : NULL, v->n, sizeof *v->at);
}

/* Moves to the next index, row-major. */
static void
step (const value *v, uint64_t *index)
{
  for (unsigned i = v->rank; i-- > 0 && ++index[i] == v->shape[i];)
    index[i] = 0;
}

static double *
element (const value *v, const uint64_t *index)
{
  uint64_t at = 0;
  for (unsigned i = 0; i < v->rank; i++)
    at = at * v->shape[i] + index[i];
  return &v->at[at];
}

static value arithmetic (world *w, const value *of);

/* The elements of a leaf that starts at element `start` of the file. */
static value
leaf_of (world *w, unsigned type, unsigned rank, const uint64_t *shape, const int64_t *stride, uint64_t start)
{
  uint64_t first = SKEW + start * fmtconv_dtype_get (types[type])->block_bytes,
           index[FMTCONV_MAX_RANK] = { 0 };
  value v = { .view = fmtconv_view_leaf (w->file[type], first, types[type], rank, shape, stride) };
  cr_assert_not_null (v.view);
  set_shape (&v, rank, shape);
  for (uint64_t i = 0; i < v.n; i++, step (&v, index))
    {
      uint64_t at = first;
      for (unsigned k = 0; k < rank; k++)
        at += index[k] * (uint64_t) stride[k];
      v.at[i] = fci_element (types[type], w->bytes[type] + at);
    }
  return v;
}

/* A matrix with rows longer than a small unit, stored column by column. */
static value
wide (world *w)
{
  value v = leaf_of (w, 2, 2, (const uint64_t[]){ 3, 30001 }, (const int64_t[]){ 4, 12 }, 0);
  return rnd (&w->seed, 2) ? arithmetic (w, &v) : v;
}

static value product (world *w, const value *of);

/* A product with more rows and columns than its scratch. */
static value
large (world *w)
{
  const uint64_t shape[] = { 150 + rnd (&w->seed, 100), 300 + rnd (&w->seed, 100) };
  const bool turned = rnd (&w->seed, 2);
  const int64_t stride[] = { turned ? 2 : 2 * (int64_t) shape[1], turned ? 2 * (int64_t) shape[0] : 2 };
  value v = leaf_of (w, rnd (&w->seed, 2) ? 0 : 1, 2, shape, stride, 0);
  v = product (w, &v);
  return rnd (&w->seed, 2) ? product (w, &v) : v;
}

static value
leaf (world *w, unsigned type)
{
  size_t item = fmtconv_dtype_get (types[type])->block_bytes;
  uint64_t shape[4], capacity = FILE_ELEMENTS, n = 1;
  int64_t stride[4];
  unsigned rank = (unsigned) rnd (&w->seed, 5);
  uint64_t start = rnd (&w->seed, 1000);
  for (unsigned i = 0; i < rank; i++)
    shape[i] = 1 + rnd (&w->seed, i == 0 ? 300 : rnd (&w->seed, 4) ? 12 : 64);
  capacity -= start;
  for (unsigned i = rank; i-- > 0; n *= shape[i])
    while (n * shape[i] > 60000)
      shape[i] = (shape[i] + 1) / 2;
  uint64_t dense = 1, most;
  bool odd = rnd (&w->seed, 2);
  for (unsigned i = rank; i-- > 0; dense *= shape[i])
    {
      most = capacity / rank / shape[i];
      stride[i] =
          (int64_t) (item * (odd && dense ? rnd (&w->seed, rnd (&w->seed, 2) ? most + 1 : 8) : dense));
      while ((uint64_t) stride[i] / item > most && odd)
        stride[i] = 0;
    }
  return leaf_of (w, type, rank, shape, stride, start);
}

/* Blocks of q8_0 with scales about 1. */
static uint8_t *
make_blocks (uint64_t seed)
{
  uint8_t *bytes = rnd_bytes (seed + 991, SKEW + FILE_BLOCKS * BLOCK_BYTES);
  for (size_t i = 0; i < FILE_BLOCKS; i++)
    {
      uint8_t *top = bytes + SKEW + i * BLOCK_BYTES + 1;
      *top = (uint8_t) ((*top & 0x83) | 0x38);
    }
  return bytes;
}

/* Rows of blocks with strides of full blocks, decoded. */
static value
decoded (world *w)
{
  const uint64_t rows = 1 + rnd (&w->seed, 40), columns = 1 + rnd (&w->seed, 9), gap = rnd (&w->seed, 3);
  const uint64_t first = rnd (&w->seed, 1000), apart = rnd (&w->seed, 9) ? columns + gap : 0;
  const uint64_t shape[] = { rows, columns * BLOCK };
  const int64_t stride[] = { (int64_t) apart * BLOCK_BYTES, BLOCK_BYTES };
  fmtconv_view *leaf =
      fmtconv_view_leaf (w->block_file, SKEW + first * BLOCK_BYTES, FMTCONV_Q8_0, 2, shape, stride);
  value v = { .view = fmtconv_view_cast (leaf, FMTCONV_F32) };
  cr_assert_not_null (v.view);
  set_shape (&v, 2, shape);
  for (uint64_t i = 0; i < v.n; i++)
    {
      const uint64_t row = i / shape[1], column = i % shape[1];
      const uint64_t block = first + row * apart + column / BLOCK;
      float values[BLOCK];
      fci_quant_decode (FMTCONV_Q8_0, w->blocks + SKEW + block * BLOCK_BYTES, BLOCK, values);
      v.at[i] = values[column % BLOCK];
    }
  return v;
}

static value
slice (world *w, const value *of)
{
  unsigned axis = (unsigned) rnd (&w->seed, of->rank);
  uint64_t start = rnd (&w->seed, of->shape[axis]), count = 1 + rnd (&w->seed, of->shape[axis] - start);
  uint64_t shape[FMTCONV_MAX_RANK], index[FMTCONV_MAX_RANK] = { 0 };
  memcpy (shape, of->shape, sizeof shape);
  shape[axis] = count;
  value v = { .view = fmtconv_view_slice (of->view, axis, start, count) };
  set_shape (&v, of->rank, shape);
  for (uint64_t i = 0; i < v.n; i++, step (&v, index))
    {
      index[axis] += start;
      v.at[i] = *element (of, index);
      index[axis] -= start;
    }
  return v;
}

static value
permute (world *w, const value *of)
{
  unsigned axes[FMTCONV_MAX_RANK];
  uint64_t shape[FMTCONV_MAX_RANK], index[FMTCONV_MAX_RANK] = { 0 }, from[FMTCONV_MAX_RANK];
  for (unsigned i = 0; i < of->rank; i++)
    {
      unsigned k = (unsigned) rnd (&w->seed, i + 1);
      axes[i] = axes[k];
      axes[k] = i;
    }
  for (unsigned i = 0; i < of->rank; i++)
    shape[i] = of->shape[axes[i]];
  value v = { .view = fmtconv_view_permute (of->view, axes) };
  set_shape (&v, of->rank, shape);
  for (uint64_t i = 0; i < v.n; i++, step (&v, index))
    {
      for (unsigned k = 0; k < of->rank; k++)
        from[axes[k]] = index[k];
      v.at[i] = *element (of, from);
    }
  return v;
}

/* A value and a slice of it, in either order, along one axis. */
static value
concat (world *w, const value *a, const value *b)
{
  unsigned axis = 0;
  for (unsigned i = 0; i < a->rank; i++)
    if (a->shape[i] != b->shape[i])
      axis = i;
  fmtconv_view *const both[] = { a->view, b->view };
  uint64_t shape[FMTCONV_MAX_RANK], index[FMTCONV_MAX_RANK] = { 0 };
  memcpy (shape, a->shape, sizeof shape);
  shape[axis] += b->shape[axis];
  (void) w;
  value v = { .view = fmtconv_view_concat (axis, 2, both) };
  set_shape (&v, a->rank, shape);
  for (uint64_t i = 0; i < v.n; i++, step (&v, index))
    if (index[axis] < a->shape[axis])
      v.at[i] = *element (a, index);
    else
      {
        index[axis] -= a->shape[axis];
        v.at[i] = *element (b, index);
        index[axis] += a->shape[axis];
      }
  return v;
}

/* Rounds to nearest even with `bits` bits of fraction. */
static double
nearest (double v, int bits, int least, double limit)
{
  if (v == 0 || !isfinite (v))
    return v;
  int e = ilogb (v) < least ? least : ilogb (v);
  double r = ldexp (nearbyint (ldexp (v, bits - e)), e - bits);
  return fabs (r) > limit ? copysign (INFINITY, v) : r;
}

static double
rounded (double v, uint32_t dtype)
{
  switch (dtype)
    {
    case FMTCONV_F16:
      return nearest (v, 10, -14, 65504);
    case FMTCONV_BF16:
      return nearest (v, 7, -126, ldexp (255, 120));
    case FMTCONV_F32:
      return (float) v;
    default:
      return v;
    }
}

static value
arithmetic (world *w, const value *of)
{
  static const double factors[] = { 0.5, 3, 1.0 / 3, -1e-3, 70000 };
  value v = *of;
  bool cast = rnd (&w->seed, 2), adds = rnd (&w->seed, 2);
  uint32_t dtype = types[rnd (&w->seed, N_FLOATS)];
  double factor = factors[rnd (&w->seed, 5)];
  v.view = cast   ? fmtconv_view_cast (of->view, dtype)
           : adds ? fmtconv_view_add_scalar (of->view, factor)
                  : fmtconv_view_scale (of->view, factor);
  set_shape (&v, of->rank, of->shape);
  for (uint64_t i = 0; i < v.n; i++)
    v.at[i] = cast   ? rounded (of->at[i], dtype)
              : adds ? (float) ((float) of->at[i] + (float) factor)
                     : (float) ((float) of->at[i] * (float) factor);
  return v;
}

/* A matrix of any floating type, its elements in any order, maybe scaled. */
static value
factor (world *w, uint64_t rows, uint64_t columns)
{
  unsigned type = (unsigned) rnd (&w->seed, N_FLOATS);
  int64_t item = (int64_t) fmtconv_dtype_get (types[type])->block_bytes;
  const uint64_t shape[] = { rows, columns };
  const bool turned = rnd (&w->seed, 2);
  const int64_t stride[] = { item * (turned ? 1 : (int64_t) columns), item * (turned ? (int64_t) rows : 1) };
  value v = leaf_of (w, type, 2, shape, stride, rnd (&w->seed, 100));
  if (rnd (&w->seed, 4))
    return v;
  v.view = fmtconv_view_scale (v.view, 0.25);
  for (uint64_t i = 0; i < v.n; i++)
    v.at[i] *= 0.25;
  return v;
}

/* A matrix and a product. */
static value
product (world *w, const value *of)
{
  uint64_t most = FILE_ELEMENTS / 2 / (of->shape[0] > of->shape[1] ? of->shape[0] : of->shape[1]);
  uint64_t rank = 1 + rnd (&w->seed, rnd (&w->seed, 3) ? 9 : most < 400 ? most : 400);
  value b = factor (w, of->shape[0], rank), a = factor (w, rank, of->shape[1]), v = *of;
  v.view = fmtconv_view_lowrank (of->view, b.view, a.view, 1.0 / 3);
  cr_assert_not_null (v.view);
  set_shape (&v, of->rank, of->shape);
  for (uint64_t i = 0; i < v.shape[0]; i++)
    for (uint64_t j = 0; j < v.shape[1]; j++)
      {
        volatile float sum = 0;
        for (uint64_t k = 0; k < rank; k++)
          {
            volatile float term = (float) b.at[i * rank + k] * (float) a.at[k * v.shape[1] + j];
            sum = sum + term;
          }
        volatile float more = sum * (float) (1.0 / 3);
        v.at[i * v.shape[1] + j] = (float) of->at[i * v.shape[1] + j] + more;
      }
  return v;
}

/* Factors that fit the shape, one for `block` indices of each axis, or one for all of them; their elements in any order
 * of axes. */
static value
factors_of (world *w, const value *of, uint64_t *block)
{
  uint64_t shape[FMTCONV_MAX_RANK], n = 1;
  int64_t stride[FMTCONV_MAX_RANK], step = 1;
  unsigned type = (unsigned) rnd (&w->seed, N_FLOATS);
  do
    {
      n = 1;
      for (unsigned i = 0; i < of->rank; i++)
        {
          block[i] = 1 + rnd (&w->seed, rnd (&w->seed, 2) ? 3 : 40);
          shape[i] = rnd (&w->seed, 4) ? (of->shape[i] + block[i] - 1) / block[i] : 1;
          n *= shape[i];
        }
    }
  while (n > FILE_ELEMENTS / 2);
  const bool turned = rnd (&w->seed, 2);
  for (unsigned k = 0; k < of->rank; k++)
    {
      const unsigned i = turned ? k : of->rank - 1 - k;
      stride[i] = step * (int64_t) fmtconv_dtype_get (types[type])->block_bytes;
      step *= (int64_t) shape[i];
    }
  value v = leaf_of (w, type, of->rank, shape, stride, rnd (&w->seed, 100));
  if (rnd (&w->seed, 3))
    return v;
  value one = leaf_of (w, 0, 0, NULL, NULL, 1 + rnd (&w->seed, 100));
  v.view = fmtconv_view_multiply (v.view, one.view, NULL);
  for (uint64_t i = 0; i < v.n; i++)
    v.at[i] = (float) v.at[i] * (float) one.at[0];
  return v;
}

/* A view and factors of its blocks. */
static value
multiplied (world *w, const value *of)
{
  uint64_t block[FMTCONV_MAX_RANK];
  const value f = factors_of (w, of, block);
  value v = *of;
  bool divide = rnd (&w->seed, 2);
  for (uint64_t i = 0; i < f.n; i++)
    divide = divide && f.at[i] != 0;
  v.view = (divide ? fmtconv_view_divide : fmtconv_view_multiply) (of->view, f.view, block);
  cr_assert_not_null (v.view);
  set_shape (&v, of->rank, of->shape);
  for (uint64_t i = 0; i < v.n; i++)
    {
      uint64_t rest = i, at = 0, step = 1;
      for (unsigned axis = of->rank; axis-- > 0; rest /= of->shape[axis])
        {
          at += f.shape[axis] > 1 ? rest % of->shape[axis] / block[axis] * step : 0;
          step *= f.shape[axis];
        }
      volatile float a = (float) of->at[i], b = (float) f.at[at];
      v.at[i] = divide ? a / b : a * b;
    }
  return v;
}

/* Returns the elements in another order of axes, or with the order of the last axis' halves exchanged. */
static value
shuffled (world *w, const value *of)
{
  if (of->rank == 0 || rnd (&w->seed, 2))
    return *of;
  const unsigned axis = (unsigned) rnd (&w->seed, of->rank);
  const uint64_t n = of->shape[axis], half = n / 2;
  fmtconv_view *const halves[] = { fmtconv_view_slice (of->view, axis, half, n - half),
                                   fmtconv_view_slice (of->view, axis, 0, half) };
  value v = { .view = fmtconv_view_concat (axis, 2, halves) };
  uint64_t index[FMTCONV_MAX_RANK] = { 0 };
  set_shape (&v, of->rank, of->shape);
  for (uint64_t i = 0; i < v.n; i++, step (&v, index))
    {
      uint64_t from[FMTCONV_MAX_RANK];
      memcpy (from, index, sizeof from);
      from[axis] = (index[axis] + half) % n;
      v.at[i] = *element (of, from);
    }
  return v;
}

/* A view and a multiple of another one, which may be such a sum or a product with factors. */
static value
added (world *w, const value *of, unsigned depth)
{
  unsigned type = (unsigned) rnd (&w->seed, N_FLOATS);
  int64_t stride[FMTCONV_MAX_RANK], step = (int64_t) fmtconv_dtype_get (types[type])->block_bytes;
  const bool turned = rnd (&w->seed, 2);
  for (unsigned k = 0; k < of->rank; k++)
    {
      const unsigned i = turned ? k : of->rank - 1 - k;
      stride[i] = step;
      step *= (int64_t) of->shape[i];
    }
  value other = leaf_of (w, type, of->rank, of->shape, stride, rnd (&w->seed, 10)), v = *of;
  other = shuffled (w, &other);
  if (rnd (&w->seed, 3) == 0)
    other = multiplied (w, &other);
  if (depth > 0 && rnd (&w->seed, 2))
    other = added (w, &other, depth - 1);
  v.view = fmtconv_view_add (of->view, other.view, -1.0 / 3);
  cr_assert_not_null (v.view);
  set_shape (&v, of->rank, of->shape);
  for (uint64_t i = 0; i < v.n; i++)
    {
      volatile float more = (float) other.at[i] * (float) (-1.0 / 3);
      v.at[i] = (float) of->at[i] + more;
    }
  return v;
}

static value
grow (world *w, unsigned type, unsigned depth)
{
  value v = type < N_FLOATS && rnd (&w->seed, 4) == 0 ? decoded (w) : leaf (w, type);
  while (depth-- > 0)
    {
      cr_assert_not_null (v.view);
      uint64_t choice = rnd (&w->seed, type < N_FLOATS ? 5 : 3);
      if (choice < 3 && v.rank == 0)
        continue;
      if (type < N_FLOATS && v.rank == 2 && rnd (&w->seed, 3) == 0)
        {
          v = product (w, &v);
          continue;
        }
      if (type < N_FLOATS && v.n > 0 && rnd (&w->seed, 5) == 0)
        {
          v = multiplied (w, &v);
          continue;
        }
      if (type < N_FLOATS && v.n > 0 && v.n < FILE_ELEMENTS - 100 && rnd (&w->seed, 6) == 0)
        {
          v = added (w, &v, 1);
          continue;
        }
      value part = choice < 2 ? slice (w, &v) : v;
      if (choice == 0)
        v = part;
      else if (choice == 1 && v.n + part.n < MAX_ELEMENTS)
        v = rnd (&w->seed, 2) ? concat (w, &v, &part) : concat (w, &part, &v);
      else if (choice == 2)
        v = permute (w, &v);
      else if (choice > 2)
        v = arithmetic (w, &v);
    }
  return v;
}

static bool
is_floating (uint32_t dtype)
{
  return dtype == FMTCONV_F16 || dtype == FMTCONV_BF16 || dtype == FMTCONV_F32;
}

/* Returns the same elements as rows of full blocks; the remaining elements are cut off. */
static value
in_rows (world *w, const value *of)
{
  const uint64_t blocks = of->n / BLOCK, columns = 1 + rnd (&w->seed, 8), rows = blocks / columns;
  value v = *of;
  fmtconv_view *line = fmtconv_view_reshape (of->view, 1, &of->n);
  line = fmtconv_view_slice (line, 0, 0, rows * columns * BLOCK);
  v.rank = 2;
  v.shape[0] = rows;
  v.shape[1] = columns * BLOCK;
  v.n = v.shape[0] * v.shape[1];
  v.view = fmtconv_view_reshape (line, 2, v.shape);
  return v;
}

/* Returns the view quantized, if it has enough elements, sometimes concatenated with a part of it. */
static value
encoded (world *w, const value *of)
{
  value v = in_rows (w, of);
  for (uint64_t i = 0; i < v.n; i++)
    if (!isfinite ((float) v.at[i]))
      return *of;
  if (v.n == 0)
    return *of;
  v.view = fmtconv_view_quantize (v.view, rnd (&w->seed, 2) ? FMTCONV_Q8_0 : FMTCONV_Q4_0, NULL);
  uint64_t start = rnd (&w->seed, v.shape[1] / BLOCK) * BLOCK;
  value part = { .view = fmtconv_view_slice (v.view, 1, start, v.shape[1] - start) };
  set_shape (&part, 2, (const uint64_t[]){ v.shape[0], v.shape[1] - start });
  for (uint64_t i = 0; i < part.n; i++)
    part.at[i] = v.at[i / part.shape[1] * v.shape[1] + start + i % part.shape[1]];
  return rnd (&w->seed, 2) ? v : concat (w, &v, &part);
}

static void
compare_blocks (const value *v, const uint8_t *bytes, size_t tensor)
{
  const fmtconv_dtype_info *info = fmtconv_dtype_get (v->view->dtype);
  for (uint64_t i = 0; i < v->n / BLOCK; i++)
    {
      float values[BLOCK];
      uint8_t wanted[BLOCK_BYTES];
      for (unsigned k = 0; k < BLOCK; k++)
        values[k] = (float) v->at[i * BLOCK + k];
      fci_quant_encode (info->dtype, values, BLOCK, NULL, wanted);
      if (memcmp (wanted, bytes + i * info->block_bytes, info->block_bytes) != 0)
        cr_assert_fail ("tensor %zu, block %llu of %s", tensor, (unsigned long long) i,
                        fci_view_text (v->view));
    }
}

static void
compare (const value *v, const uint8_t *bytes, size_t tensor)
{
  size_t item = fmtconv_dtype_get (v->view->dtype)->block_bytes;
  for (uint64_t i = 0; i < v->n; i++)
    {
      double want = rounded (v->at[i], v->view->dtype), got = fci_element (v->view->dtype, bytes + i * item);
      if (want != got && !(isnan (want) && isnan (got)))
        cr_assert_fail ("tensor %zu element %llu: %a instead of %a in %s", tensor, (unsigned long long) i,
                        got, want, fci_view_text (v->view));
    }
}

/* Checks the tensor's checksum, which follows it. */
static void
check_digest (const value *v, const uint8_t *bytes)
{
  size_t n = fci_view_bytes (v->view);
  uint32_t crc = (uint32_t) crc32_z (0, bytes, n), found;
  memcpy (&found, bytes + n, sizeof found);
  cr_assert_eq (found, crc, "%08x instead of %08x", found, crc);
}

/* Threads and memory limits; the smallest limit is what three threads need for factors and products. */
static const struct
{
  unsigned threads;
  uint64_t memory;
} way[] = { { 1, 1 << 30 }, { 2, 16 << 20 }, { 8, 2500000 }, { 3, 600000 } };

/* Some of the tensors in another order. */
typedef struct other
{
  fmtconv_layout *layout;
  const char *path;
  uint64_t place_of[TENSORS]; /* UINT64_MAX: absent */
} other;

static void
make_other (world *w, const value *v, const place *at, const char *name, other *o)
{
  o->layout = fci_layout_new (w->ctx, name);
  o->path = fmtconv_ctx_printf (w->ctx, "%s/%s", at->path, name);
  fmtconv_file *file = fmtconv_layout_create (o->layout, NULL);
  for (unsigned i = 0; i < TENSORS; i++)
    o->place_of[i] = UINT64_MAX;
  for (unsigned i = TENSORS; i-- > 0;)
    if (rnd (&w->seed, 4))
      {
        fmtconv_file_emit (file, "junk", rnd (&w->seed, 4));
        o->place_of[i] = fmtconv_file_size (file);
        size_t region = fmtconv_file_emit_view (file, fmtconv_ctx_printf (w->ctx, "t%u", i), v[i].view);
        fmtconv_file_emit_digest (file, FMTCONV_DIGEST_CRC32, region, 1);
      }
  cr_assert_eq (fci_layout_freeze (o->layout), 0);
}

/* An output that is written together with others has the bytes that it has alone, in `first`. */
static void
check_together (world *w, const captured *h, const place *at, const value *v, const fmtconv_layout *layout,
                const uint64_t *place_of, const uint8_t *first, size_t n_first)
{
  other others[2];
  size_t n;
  make_other (w, v, at, "b", &others[0]);
  make_other (w, v, at, "c", &others[1]);
  const fci_output outputs[] = { { .layout = others[0].layout, .path = others[0].path },
                                 { .layout = layout,
                                   .path = fmtconv_ctx_printf (w->ctx, "%s/out", at->path) },
                                 { .layout = others[1].layout, .path = others[1].path } };
  for (unsigned i = 0; i < 4; i++)
    {
      w->ctx->options.threads = way[i].threads;
      w->ctx->options.memory = way[i].memory + way[i].memory / 3;
      cr_assert_eq (run_all (w->ctx, 3, outputs, NULL, NULL), 0, "%s", h->text);
      uint8_t *bytes = get_file (outputs[1].path, &n);
      cr_assert (n == n_first && memcmp (first, bytes, n) == 0, "way %u", i);
      free (bytes);
      unlink (outputs[1].path);
      for (unsigned o = 0; o < 2; o++)
        {
          bytes = get_file (others[o].path, &n);
          for (unsigned k = 0; k < TENSORS; k++)
            if (others[o].place_of[k] != UINT64_MAX)
              cr_assert_eq (
                  memcmp (bytes + others[o].place_of[k], first + place_of[k], fci_view_bytes (v[k].view) + 4),
                  0, "way %u, output %u, tensor %u: %s", i, o, k, fci_view_text (v[k].view));
          free (bytes);
          unlink (others[o].path);
        }
    }
}

/* Opens a file without a name: one that loses its name later counts as changed. */
static fmtconv_source *
open_nameless (fmtconv_ctx *ctx, const char *path)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  unlink (path);
  return fci_source_fd (ctx, fd, path);
}

static void
check_world (uint64_t seed)
{
  captured h;
  place at = enter ();
  world w = { .seed = seed * 0x9e3779b97f4a7c15u + 1, .ctx = new_ctx (&h, 0, 1, 0) };
  for (unsigned i = 0; i < N_TYPES; i++)
    {
      w.bytes[i] = make_elements (seed, i);
      put_file (in (&at, "in"), w.bytes[i], SKEW + FILE_ELEMENTS * fmtconv_dtype_get (types[i])->block_bytes);
      w.file[i] = open_nameless (w.ctx, in (&at, "in"));
    }
  w.blocks = make_blocks (seed);
  put_file (in (&at, "in"), w.blocks, SKEW + FILE_BLOCKS * BLOCK_BYTES);
  w.block_file = open_nameless (w.ctx, in (&at, "in"));
  fmtconv_layout *layout = fci_layout_new (w.ctx, "out");
  fmtconv_file *file = fmtconv_layout_create (layout, NULL);
  value v[TENSORS];
  uint64_t place_of[TENSORS];
  for (unsigned i = 0; i < TENSORS; i++)
    {
      v[i] = i == 0   ? wide (&w)
             : i == 1 ? large (&w)
                      : grow (&w, (unsigned) rnd (&w.seed, N_TYPES), (unsigned) rnd (&w.seed, 7));
      if (v[i].rank && is_floating (v[i].view->dtype) && rnd (&w.seed, 4) == 0)
        v[i] = encoded (&w, &v[i]);
      fmtconv_file_emit (file, "junk", rnd (&w.seed, 4));
      fmtconv_file_align (file, 1u << rnd (&w.seed, 6), 0x55);
      place_of[i] = fmtconv_file_size (file);
      size_t region = fmtconv_file_emit_view (file, fmtconv_ctx_printf (w.ctx, "t%u", i), v[i].view);
      fmtconv_file_emit_digest (file, FMTCONV_DIGEST_CRC32, region, 1);
    }
  cr_assert_eq (fci_layout_freeze (layout), 0, "%s", h.text);
  uint8_t *first = NULL;
  size_t n_first = 0;
  for (unsigned i = 0; i < 4; i++)
    {
      size_t n;
      w.ctx->options.threads = way[i].threads;
      w.ctx->options.memory = way[i].memory;
      cr_assert_eq (run (w.ctx, layout, in (&at, "out"), NULL, NULL), 0, "seed %llu: %s",
                    (unsigned long long) seed, h.text);
      uint8_t *bytes = get_file (in (&at, "out"), &n);
      cr_assert_eq (n, fmtconv_file_size (file));
      unlink (in (&at, "out"));
      if (first)
        cr_assert (n == n_first && memcmp (first, bytes, n) == 0, "seed %llu, way %u",
                   (unsigned long long) seed, i);
      else
        for (unsigned k = 0; k < TENSORS; k++)
          {
            (fci_is_blocks (v[k].view->dtype) ? compare_blocks : compare) (&v[k], bytes + place_of[k], k);
            check_digest (&v[k], bytes + place_of[k]);
          }
      free (first);
      first = bytes;
      n_first = n;
    }
  check_together (&w, &h, &at, v, layout, place_of, first, n_first);
  free (first);
  free (w.blocks);
  for (unsigned i = 0; i < N_TYPES; i++)
    free (w.bytes[i]);
  fmtconv_ctx_free (w.ctx);
  leave (&at);
}

Test (plan, random_views_in_every_way)
{
  for (uint64_t seed = 1; seed <= 25; seed++)
    check_world (seed);
}
