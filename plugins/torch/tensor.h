/* plugins/torch/tensor.h: what a pickled tensor says of itself, and the view it becomes.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TORCH_TENSOR_H
#define TORCH_TENSOR_H

#include "plugins/torch/value.h"

typedef struct torch_archive torch_archive;

/* The bytes of storage `key`; NULL: there are none (no error), or an error. */
fmtconv_source *torch_record (const torch_archive *archive, const char *key);

/* A dense tensor, checked against itself; numbers are in elements. */
typedef struct torch_tensor
{
  uint32_t dtype;
  uint32_t item;          /* bytes of an element */
  const char *key;        /* of its storage */
  uint64_t storage_bytes; /* of its storage, as the pickle has it */
  uint64_t first;         /* first element that the tensor's part of the storage has */
  uint64_t held;          /* elements of that part */
  bool untyped;           /* the storage is one of bytes */
  const uint8_t *inside;  /* the storage's elements where they lie in the pickle; NULL: they do not */
  uint64_t offset;        /* from the start of that part */
  unsigned rank;
  uint64_t shape[FMTCONV_MAX_RANK];
  uint64_t stride[FMTCONV_MAX_RANK];
  uint64_t elements;
  uint64_t bytes;    /* of all elements */
  uint64_t repeated; /* of these, bytes that exist only because elements overlap in the storage */
  int code;          /* what is wrong, if it cannot be read */
  const char *why;   /* in words */
} torch_tensor;

/* Read what an object that pk_is_tensor says.  0, or t->code with t->why; nothing is recorded, because a
 * tensor that nobody wants may be as strange as it likes. */
int torch_tensor_read (fmtconv_ctx *ctx, const pk_object *object, torch_tensor *t);

/* Bytes of its elements; 0 where it cannot be read. */
uint64_t torch_tensor_bytes (fmtconv_ctx *ctx, const pk_object *object);

#endif
