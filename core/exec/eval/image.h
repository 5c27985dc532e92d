/* core/exec/eval/image.h: reads the source ranges of a part.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_EVAL_IMAGE_H
#define FCI_EXEC_EVAL_IMAGE_H

#include "core/exec/eval/part.h"

/* Source ranges of a part: one range of `len` bytes for every index of the first n_outer axes of `order`. */
typedef struct fci_image
{
  unsigned order[FMTCONV_MAX_RANK]; /* axes, largest stride first */
  unsigned n_outer;
  uint64_t len;
  uint64_t size;                    /* bytes of all ranges; UINT64_MAX: too large */
  int64_t stride[FMTCONV_MAX_RANK]; /* of each axis in scratch */
  const uint8_t *from;              /* set by fci_image_read: the scratch or the worker's window */
} fci_image;

/* Chooses the ranges of a part. */
void fci_image_plan (const fci_part_box *p, fci_image *im);

/* Reads the ranges to the input scratch, or refers to the window, which is read-only.  Returns 0, or -1 with
 * the fault set. */
int fci_image_read (fci_fetching *f, const fci_part_box *p, fci_image *im);

#endif
