/* core/api/side.h: opens a path as typed: its reader, then transforms, without recognition and without a writer.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_API_SIDE_H
#define FCI_API_SIDE_H

#include "core/convert/link.h"
#include "core/model/model.h"

typedef struct fci_side
{
  const char *path;
  const char *reader; /* NULL: the best bid */
  const char *const *transforms;
  size_t n_transforms;
  fci_link link;              /* result: the reader */
  const fmtconv_model *model; /* result of the last transform */
} fci_side;

/* Reads headers and runs the transforms.  Returns 0 or a code. */
int fci_side_read (fmtconv_ctx *ctx, fci_side *side);

#endif
