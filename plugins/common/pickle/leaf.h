/* plugins/common/pickle/leaf.h: finds the bytes of a pickled tensor and makes a view of them.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PICKLE_LEAF_H
#define PICKLE_LEAF_H

#include "plugins/common/pickle/tensor.h"

/* Where a tensor comes from. */
typedef struct torch_from
{
  fmtconv_ctx *ctx;
  fmtconv_source *pickle;
  const uint8_t *pickled;       /* the bytes of `pickle` */
  const torch_archive *archive; /* holds the storages outside the pickle */
  bool big_endian;              /* byte order of these storages */
  const char *name;             /* of the tensor, for messages */
} torch_from;

/* Reports an error of a tensor.  object: tells the offset; may be NULL.  Returns the code. */
int torch_from_fail (const torch_from *from, int code, const pk_object *object, const char *why);

enum
{
  TORCH_MAX_REPEATED = 1 << 30 /* bytes that overlapping elements (stride 0) may add, besides the file's */
};

/* Adds the bytes that exist only because elements overlap to *sum, which may become `most`.  Returns 0 or the code of an
 * error. */
int torch_repeat (const torch_from *from, const pk_object *object, const torch_tensor *t, uint64_t most,
                  uint64_t *sum);

/* Returns a view of a tensor that torch_tensor_read has read from `object`; NULL: an error. */
fmtconv_view *torch_leaf (const torch_from *from, const pk_object *object, const torch_tensor *t);

#endif
