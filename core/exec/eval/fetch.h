/* core/exec/eval/fetch.h: what the files that evaluate tensors share; private to this folder.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_EVAL_FETCH_H
#define FCI_EXEC_EVAL_FETCH_H

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

/* Part of a tensor: indices of each axis of its view. */
typedef struct fci_rectangle
{
  uint64_t start[FMTCONV_MAX_RANK];
  uint64_t extent[FMTCONV_MAX_RANK];
} fci_rectangle;

/* Where a factor is for the elements of a part: fci_track. */
typedef struct fci_part_track
{
  uint64_t at;
  fci_pace pace[FMTCONV_MAX_RANK];
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

/* How a part is read: one stretch of `len` bytes for every index of the first n_outer axes of `order`. */
typedef struct fci_image
{
  unsigned order[FMTCONV_MAX_RANK]; /* axes, largest stride first */
  unsigned n_outer;
  uint64_t len;
  uint64_t size;                    /* of all stretches; UINT64_MAX: too large */
  int64_t stride[FMTCONV_MAX_RANK]; /* of each axis in scratch */
  const uint8_t *from;              /* once it is read: the scratch, or the worker's window */
} fci_image;

/* Choose the stretches of a part; read them to the input scratch, or find them where they may be changed by nobody. */
void fci_image_plan (const fci_part_box *p, fci_image *im);
int fci_image_read (fci_fetching *f, const fci_part_box *p, fci_image *im);

/* Evaluate a rectangle of a tensor, which no coder makes, dense into `out`. */
int fci_fetch_rectangle (fci_worker *worker, const fci_rows *rows, fci_tally *tallies,
                         const fci_rectangle *place, uint8_t *out);

/* Evaluate a part into `out`.  first_tally: of its program's points in f->tallies. */
int fci_fetch_piece (fci_fetching *f, const fci_part_box *whole, size_t first_tally, uint8_t *out);

/* The part from index `start` of `axis` on, of `count` indices. */
void fci_part_narrow (fci_part_box *p, unsigned axis, uint64_t start, uint64_t count);

/* Has the part, which is simple (no axes of extent 1, none that can be joined), at most two axes, and does each
 * factor of a product move along one of them? */
bool fci_part_is_matrix (const fci_part_box *p);

/* The factors that elements of a part are multiplied or divided by: a dense rectangle of f32 for each such term. */
typedef struct fci_factors
{
  unsigned n;
  struct
  {
    const float *values;
    uint64_t stride[FMTCONV_MAX_RANK]; /* floats from one factor to the next along an axis; 0: there is one */
    const fci_pace *pace;
  } item[FCI_MAX_TRACKS];
} fci_factors;

/* Do the factors of a part fit what room there is? */
bool fci_factors_fit (const fci_fetching *f, const fci_part_box *p);

/* Read them, behind the floats that are in use: f->factors goes up.  The part stays as long as they do. */
int fci_factors_fetch (fci_fetching *f, const fci_part_box *p, fci_factors *factors);

/* What the element at `index`, and those behind it along the last axis, take.  operands: one for each of the program's
 * terms, of which those of products are left alone. */
void fci_factors_at (const fci_factors *factors, const fci_part_box *p, const uint64_t *index,
                     fci_operand *operands);

/* Elements of such a part, dense at `from`, with its products and factors, to their places in the output. */
int fci_store_products (fci_fetching *f, const fci_part_box *p, const fci_factors *factors,
                        const uint8_t *from, fci_tally *tally, uint8_t *out);

#endif
