/* core/exec/eval/part.h: evaluates part of a box.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_EVAL_PART_H
#define FCI_EXEC_EVAL_PART_H

#include "core/exec/worker/worker.h"
#include <stddef.h>
#include <string.h>

/* Where the fetch is. */
typedef struct fci_fetching
{
  fci_worker *worker;
  const fci_rows *rows;
  fci_tally *tallies;
  bool unchecked; /* no checksums are kept of what is read */
  size_t factors; /* floats of factors that are in use: see fci_factors_fetch */
  unsigned rank;
  uint64_t start[FMTCONV_MAX_RANK]; /* the rectangle that lies dense at `out` */
  uint64_t extent[FMTCONV_MAX_RANK];
} fci_fetching;

/* Where a factor is for the elements of a part: fci_track. */
typedef struct fci_part_track
{
  uint64_t at;
  fci_block_stride block_stride[FMTCONV_MAX_RANK];
} fci_part_track;

/* Part of one box: elements by strides in the source, and by strides in the output.  Only n_tracks of its tracks
 * mean anything, and are copied. */
typedef struct fci_part_box
{
  const fci_program *program;
  const fmtconv_source *source;
  uint64_t offset;
  uint32_t phase; /* of a block type: element of the block at `offset`; strides are those of f32 then */
  unsigned rank;
  unsigned n_tracks;
  size_t in_item;
  size_t out_item;
  uint64_t extent[FMTCONV_MAX_RANK];
  uint64_t in[FMTCONV_MAX_RANK];  /* strides, bytes */
  uint64_t out[FMTCONV_MAX_RANK]; /* strides, bytes */
  fci_part_track track[FCI_MAX_TRACKS];
} fci_part_box;

static inline void
fci_part_copy (fci_part_box *to, const fci_part_box *from)
{
  memcpy (to, from, offsetof (fci_part_box, track) + from->n_tracks * sizeof *from->track);
}

/* Evaluate a part into `out`.  first_tally: of its program's points in f->tallies. */
int fci_fetch_part (fci_fetching *f, const fci_part_box *whole, size_t first_tally, uint8_t *out);

/* The part from index `start` of `axis` on, of `count` indices. */
void fci_part_narrow (fci_part_box *p, unsigned axis, uint64_t start, uint64_t count);

#endif
