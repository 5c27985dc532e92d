/* core/source/recode.h: sources whose bytes are those of another source, in another order.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_SOURCE_RECODE_H
#define FCI_SOURCE_RECODE_H

#include <fmtconv/types.h>

enum
{
  FCI_TILE_ROWS = 128,
  FCI_TILE_COLUMNS = 4
};

/* Returns a source of the same size in which the two halves of every byte are exchanged.  NULL: an error. */
fmtconv_source *fci_source_swap_nibbles (fmtconv_source *source);

/* Returns the matrix of rows × columns bytes that is stored from byte `start` of `source` in tiles, as a source in
 * row-major order.  A tile holds 128 × 4 elements in 512 consecutive bytes; element (r, c) of a tile is byte
 * r % 32 · 16 + r / 32 · 4 + c, and the tiles of a row of tiles follow each other (cuBLAS documentation, "1D block
 * scaling factors layout").  rows is a multiple of 128, columns one of 4, and rows · columns bytes are in `source`.
 * NULL: an error. */
fmtconv_source *fci_source_untile (fmtconv_source *source, uint64_t start, uint64_t rows, uint64_t columns);

#endif
