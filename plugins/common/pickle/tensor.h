/* plugins/common/pickle/tensor.h: reads the description of a pickled tensor.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TORCH_TENSOR_H
#define TORCH_TENSOR_H

#include "plugins/common/pickle/value.h"

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
  pk_object *text;        /* the text that stands for these elements; NULL: they are bytes */
  uint64_t at;            /* first byte of the storage in the decoded text */
  bool is_array;          /* a numpy array: all is inside the pickle */
  bool swap;              /* the elements of an array are big-endian */
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

/* Reads a tuple of non-negative integers, or a torch.Size of one.  Returns 0 or t->code. */
int torch_read_numbers (fmtconv_ctx *ctx, torch_tensor *t, const char *what, const pk_value *value,
                        uint64_t *to, unsigned *rank);

/* Checks that all elements are within the storage and that their bytes fit 64 bits.  Returns 0 or t->code. */
int torch_check_geometry (fmtconv_ctx *ctx, torch_tensor *t);

/* Decodes a text that stands for bytes, once.  Returns NULL if it is not such a text, without an error. */
fmtconv_source *torch_text_decode (fmtconv_ctx *ctx, pk_object *text);

#endif
