/* plugins/torch/tensor.h: reads the description of a pickled tensor.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TORCH_TENSOR_H
#define TORCH_TENSOR_H

#include "plugins/torch/value.h"

typedef struct torch_archive torch_archive;

/* Returns the bytes of storage `key`; NULL: the file has no such storage (not reported), or an error. */
fmtconv_source *torch_record (const torch_archive *archive, const char *key);

/* The checked description of a dense tensor; counts are in elements unless noted. */
typedef struct torch_tensor
{
  uint32_t dtype;
  uint32_t item;          /* bytes per element */
  const char *key;        /* of the storage */
  uint64_t storage_bytes; /* of the storage, according to the pickle */
  uint64_t first;         /* first element of the tensor's part of the storage */
  uint64_t held;          /* elements in that part */
  bool untyped;           /* the storage counts bytes and has no element type */
  const uint8_t *inside;  /* elements of a storage inside the pickle; NULL: the storage is outside */
  uint64_t offset;        /* from the start of that part */
  unsigned rank;
  uint64_t shape[FMTCONV_MAX_RANK];
  uint64_t stride[FMTCONV_MAX_RANK];
  uint64_t elements;
  uint64_t bytes;    /* of all elements */
  uint64_t repeated; /* part of `bytes` that exists only because elements overlap in the storage */
  int code;          /* error code, if the tensor cannot be read */
  const char *why;   /* the message for `code` */
} torch_tensor;

/* Reads an object for which pk_is_tensor is true.  Returns 0, or t->code with t->why: the error is not
 * reported yet, because tensors outside the model need not be readable. */
int torch_tensor_read (fmtconv_ctx *ctx, const pk_object *object, torch_tensor *t);

/* Returns the bytes of the elements; 0 if the tensor cannot be read. */
uint64_t torch_tensor_bytes (fmtconv_ctx *ctx, const pk_object *object);

#endif
