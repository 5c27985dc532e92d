/* core/exec/eval/image.h: reads the stretches of a part.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_EVAL_IMAGE_H
#define FCI_EXEC_EVAL_IMAGE_H

#include "core/exec/eval/part.h"

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

#endif
