/* core/exec/eval/part.h: evaluates part of a box.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_EVAL_PART_H
#define FCI_EXEC_EVAL_PART_H

#include "core/exec/worker/worker.h"
#include <stddef.h>
#include <string.h>

/* State of a fetch. */
typedef struct fci_fetching
{
  fci_worker *worker;
  const fci_rows *rows;
  fci_tally *tallies;
  bool unchecked; /* checksums of reads are not recorded */
  size_t factors; /* floats in use by factors: see fci_factors_fetch */
  unsigned rank;
  uint64_t start[FMTCONV_MAX_RANK]; /* rectangle that is stored dense at `out` */
  uint64_t extent[FMTCONV_MAX_RANK];
} fci_fetching;

/* Position of a factor for the elements of a part: see fci_track. */
typedef struct fci_part_track
{
  uint64_t at;
  fci_block_stride block_stride[FMTCONV_MAX_RANK];
} fci_part_track;

/* Part of one box: elements with strides in the source and in the output.  Only the first n_tracks tracks are
 * valid and copied. */
typedef struct fci_part_box
{
  const fci_program *program;
  const fmtconv_source *source;
  uint64_t offset;
  uint32_t
      phase; /* block types: number of the first element in the block at `offset`; strides are those of f32 */
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

/* Evaluates a part to `out`.  first_tally: number of its program's first point in f->tallies.  Returns 0, or
 * -1 with the fault set. */
int fci_fetch_part (fci_fetching *f, const fci_part_box *whole, size_t first_tally, uint8_t *out);

/* Narrows a part to `count` indices of `axis` from `start`. */
void fci_part_narrow (fci_part_box *p, unsigned axis, uint64_t start, uint64_t count);

#endif
