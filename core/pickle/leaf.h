/* core/pickle/leaf.h: finds the bytes of a pickled tensor and makes a view of them.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PICKLE_LEAF_H
#define FCI_PICKLE_LEAF_H

#include "core/pickle/archive.h"

/* Where a tensor comes from. */
typedef struct fci_torch_from
{
  fmtconv_ctx *ctx;
  fmtconv_source *pickle;
  const uint8_t *pickled;           /* the bytes of `pickle` */
  const fci_torch_archive *archive; /* holds the storages outside the pickle */
  const char *name;                 /* of the tensor, for messages */
} fci_torch_from;

/* Reports an error of a tensor.  object: tells the offset; may be NULL.  Returns the code. */
int fci_torch_from_fail (const fci_torch_from *from, int code, const fci_pickle_object *object,
                         const char *why);

/* Returns a view of a tensor that fci_torch_tensor_read has read from `object`; NULL: an error. */
fmtconv_view *fci_torch_leaf (const fci_torch_from *from, const fci_pickle_object *object,
                              const fci_torch_tensor *t);

#endif
