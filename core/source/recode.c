/* core/source/recode.c: sources whose bytes are those of another source, in another order.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Such an order needs more steps per axis than a view's strides can express without cutting the view into very many
 * boxes, so the bytes are put in order when they are read. */
#include "config.h"

#include "core/base/ctx.h"
#include "core/source/disk.h"
#include "core/source/recode.h"
#include "core/source/source.h"
#include <assert.h>

enum
{
  TILE = FCI_TILE_ROWS * FCI_TILE_COLUMNS, /* bytes */
  TILES = 8                                /* tiles read at once */
};

/* Returns a source of `size` bytes, with `columns` in a row of tiles, that `read` makes from those of `of`.  NULL: an error. */
static fmtconv_source *
recoded (fmtconv_source *of, uint64_t size, uint64_t columns, const char *what, fci_source_reader *read)
{
  fmtconv_source *source = fci_source_new (of->ctx, of, what);
  fci_computed *computed = source ? fci_new (of->ctx, fci_computed) : NULL;
  if (!computed)
    return NULL;
  *computed = (fci_computed){ .of = of, .read = read, .columns = columns };
  source->computed = computed;
  source->size = size;
  return source;
}

static int
read_swapped (const fmtconv_source *source, uint64_t offset, void *to, size_t n)
{
  uint8_t *bytes = to;
  int error = fci_source_read (source->computed->of, offset, to, n);
  for (size_t i = 0; i < n && error == 0; i++)
    bytes[i] = (uint8_t) (bytes[i] << 4 | bytes[i] >> 4);
  return error;
}

fmtconv_source *
fci_source_swap_nibbles (fmtconv_source *source)
{
  return source ? recoded (source, source->size, 0, "4-bit codes", read_swapped) : NULL;
}

/* Bytes offset … offset+n-1 of a row-major matrix. */
typedef struct wanted
{
  uint64_t columns;
  uint64_t offset;
  size_t n;
  uint8_t *to;
} wanted;

/* Copies the wanted bytes of `tiles` adjacent tiles, whose first element is (row, column). */
static void
copy_wanted (const wanted *w, const uint8_t *bytes, uint64_t row, uint64_t column, size_t tiles)
{
  for (uint64_t r = 0; r < FCI_TILE_ROWS; r++)
    {
      const uint64_t at = (row + r) * w->columns + column;
      if (at >= w->offset + w->n || at + tiles * FCI_TILE_COLUMNS <= w->offset)
        continue;
      for (size_t c = 0; c < tiles * FCI_TILE_COLUMNS; c++)
        if (at + c >= w->offset && at + c - w->offset < w->n)
          w->to[at + c - w->offset] =
              bytes[c / FCI_TILE_COLUMNS * TILE + r % 32 * 16 + r / 32 * 4 + c % FCI_TILE_COLUMNS];
    }
}

static int
read_untiled (const fmtconv_source *source, uint64_t offset, void *to, size_t n)
{
  const wanted w = { .columns = source->computed->columns, .offset = offset, .n = n, .to = to };
  const uint64_t tiles_in_row = w.columns / FCI_TILE_COLUMNS; /* tiles */
  const uint64_t end = offset + n - 1;                        /* the last byte */
  const uint64_t first = offset / w.columns / FCI_TILE_ROWS, last = end / w.columns / FCI_TILE_ROWS;
  const bool is_in_one_row = offset / w.columns == end / w.columns;
  const uint64_t first_tile = is_in_one_row ? offset % w.columns / FCI_TILE_COLUMNS : 0;
  const uint64_t end_tile = is_in_one_row ? end % w.columns / FCI_TILE_COLUMNS + 1 : tiles_in_row;
  uint8_t bytes[TILES * TILE];
  for (uint64_t row = first; row <= last; row++)
    for (uint64_t tile = first_tile; tile < end_tile; tile += TILES)
      {
        const size_t tiles = end_tile - tile < TILES ? (size_t) (end_tile - tile) : TILES;
        int error = fci_source_read (source->computed->of, source->start + (row * tiles_in_row + tile) * TILE,
                                     bytes, tiles * TILE);
        if (error != 0)
          return error;
        copy_wanted (&w, bytes, row * FCI_TILE_ROWS, tile * FCI_TILE_COLUMNS, tiles);
      }
  return 0;
}

fmtconv_source *
fci_source_untile (fmtconv_source *source, uint64_t start, uint64_t rows, uint64_t columns)
{
  assert (rows % FCI_TILE_ROWS == 0 && columns % FCI_TILE_COLUMNS == 0);
  fmtconv_source *matrix =
      source ? recoded (source, rows * columns, columns, "tiles of scales", read_untiled) : NULL;
  if (!matrix)
    return NULL;
  matrix->start = start;
  return matrix;
}
