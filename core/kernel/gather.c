/* core/kernel/gather.c: gathers strided elements to dense rows.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/kernel/gather.h"
#include "core/kernel/transpose.h"
#include <fmtconv/types.h>
#include <string.h>

/* Axes of a gather, outermost first; out_stride: bytes in the dense output. */
typedef struct axis
{
  uint64_t extent;
  int64_t stride;
  int64_t out_stride;
} axis;

/* Drops axes of extent 1 and joins contiguous axes.  Returns the number of remaining axes (at least 1); 0: no
 * elements. */
static unsigned
coalesce (unsigned rank, const uint64_t *extent, const int64_t *stride, size_t item, axis *axes)
{
  unsigned n = 0;
  int64_t bytes = (int64_t) item;
  for (unsigned i = 0; i < rank; i++)
    {
      if (extent[i] == 0)
        return 0;
      if (extent[i] == 1)
        continue;
      if (n && axes[n - 1].stride == stride[i] * (int64_t) extent[i])
        axes[n - 1] = (axis){ .extent = axes[n - 1].extent * extent[i], .stride = stride[i] };
      else
        axes[n++] = (axis){ .extent = extent[i], .stride = stride[i] };
    }
  if (!n)
    axes[n++] = (axis){ .extent = 1, .stride = (int64_t) item };
  for (unsigned i = n; i-- > 0; bytes *= (int64_t) axes[i].extent)
    axes[i].out_stride = bytes;
  return n;
}

/* Moves a tile of two axes: `across` has the shortest stride in the input, `along` is the innermost of the
 * output. */
static inline void
tile (unsigned char *out, const unsigned char *in, const axis *across, const axis *along, uint64_t n_across,
      uint64_t n_along, size_t item)
{
  for (uint64_t j = 0; j < n_across; j++)
    {
      unsigned char *to = out + (int64_t) j * across->out_stride;
      const unsigned char *from = in + (int64_t) j * across->stride;
      for (uint64_t i = 0; i < n_along; i++, to += item, from += along->stride)
        memcpy (to, from, item);
    }
}

/* Moves a tile with the element size known to the compiler. */
static void
tile_of (unsigned char *out, const unsigned char *in, const axis *across, const axis *along,
         uint64_t n_across, uint64_t n_along, size_t item)
{
  switch (item)
    {
    case 1:
      tile (out, in, across, along, n_across, n_along, 1);
      break;
    case 2:
      tile (out, in, across, along, n_across, n_along, 2);
      break;
    case 4:
      tile (out, in, across, along, n_across, n_along, 4);
      break;
    case 8:
      tile (out, in, across, along, n_across, n_along, 8);
      break;
    default:
      tile (out, in, across, along, n_across, n_along, 16);
      break;
    }
}

/* Moves a tile, as far as possible in squares. */
static void
tile_in_squares (unsigned char *out, const unsigned char *in, const axis *across, const axis *along,
                 uint64_t n_across, uint64_t n_along, size_t item)
{
  const size_t side = across->stride == (int64_t) item ? fci_square_side (item) : 0;
  const uint64_t columns = side ? n_across - n_across % side : 0;
  const uint64_t rows = columns ? n_along - n_along % side : 0;
  if (rows)
    fci_squares (out, across->out_stride, in, along->stride, columns, rows, item);
  if (rows && rows < n_along)
    tile_of (out + rows * item, in + (int64_t) rows * along->stride, across, along, columns, n_along - rows,
             item);
  if (rows && columns < n_across)
    tile_of (out + (int64_t) columns * across->out_stride, in + (int64_t) columns * across->stride, across,
             along, n_across - columns, n_along, item);
  if (!rows)
    tile_of (out, in, across, along, n_across, n_along, item);
}

/* Moves two axes in tiles a few cache lines wide on both sides, so that each line is fetched once. */
static void
plane (unsigned char *out, const unsigned char *in, const axis *across, const axis *along, size_t item)
{
  const uint64_t side = item < 8 ? 64 : 256 / item;
  for (uint64_t j = 0; j < across->extent; j += side)
    {
      const uint64_t n_across = across->extent - j < side ? across->extent - j : side;
      for (uint64_t i = 0; i < along->extent; i += side)
        {
          const uint64_t n_along = along->extent - i < side ? along->extent - i : side;
          tile_in_squares (out + (int64_t) j * across->out_stride + (int64_t) (i * item),
                           in + (int64_t) j * across->stride + (int64_t) i * along->stride, across, along,
                           n_across, n_along, item);
        }
    }
}

static uint64_t
distance (int64_t stride)
{
  return stride < 0 ? -(uint64_t) stride : (uint64_t) stride;
}

/* Moves the axis with the shortest stride in the input before the last axis. */
static void
choose_across (axis *axes, unsigned n)
{
  unsigned best = n - 2;
  for (unsigned i = 0; i + 1 < n; i++)
    if (distance (axes[i].stride) < distance (axes[best].stride))
      best = i;
  const axis across = axes[best];
  for (unsigned i = best; i + 2 < n; i++)
    axes[i] = axes[i + 1];
  axes[n - 2] = across;
}

/* Moves the last two axes, as rows if the input is dense along them. */
static void
inner (unsigned char *out, const unsigned char *in, const axis *across, const axis *along, size_t item)
{
  if (along->stride != (int64_t) item)
    {
      plane (out, in, across, along, item);
      return;
    }
  for (uint64_t j = 0; j < across->extent; j++)
    memcpy (out + (int64_t) j * across->out_stride, in + (int64_t) j * across->stride, along->extent * item);
}

void
fci_gather (void *out, const void *in, unsigned rank, const uint64_t *extent, const int64_t *stride,
            size_t item)
{
  axis axes[FMTCONV_MAX_RANK + 1];
  uint64_t at[FMTCONV_MAX_RANK] = { 0 };
  unsigned char *to = out;
  const unsigned char *from = in;
  unsigned n = coalesce (rank, extent, stride, item, axes);
  if (n == 0)
    return;
  if (n == 1)
    {
      axes[1] = axes[0];
      axes[0] = (axis){ .extent = 1 };
      n = 2;
    }
  else
    choose_across (axes, n);
  for (;;)
    {
      unsigned k = n - 2;
      inner (to, from, &axes[n - 2], &axes[n - 1], item);
      while (k-- > 0)
        {
          to += axes[k].out_stride;
          from += axes[k].stride;
          if (++at[k] < axes[k].extent)
            break;
          to -= (int64_t) at[k] * axes[k].out_stride;
          from -= (int64_t) at[k] * axes[k].stride;
          at[k] = 0;
        }
      if (k == (unsigned) -1)
        return;
    }
}
