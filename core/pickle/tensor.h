/* core/pickle/tensor.h: reads the description of a pickled tensor.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PICKLE_TENSOR_H
#define FCI_PICKLE_TENSOR_H

#include "core/pickle/value.h"

typedef struct fci_torch_archive fci_torch_archive;

/* Returns the bytes of storage `key`; NULL: the file has no such storage (not reported), or an error. */
fmtconv_source *fci_torch_record (const fci_torch_archive *archive, const fmtconv_value *key);

/* The checked description of a dense tensor; counts are in elements unless noted. */
typedef struct fci_torch_tensor
{
  uint32_t dtype;
  uint32_t item;            /* bytes per element */
  const fmtconv_value *key; /* of the storage */
  uint64_t storage_bytes;   /* of the storage, according to the pickle */
  uint64_t first;           /* first element of the tensor's part of the storage */
  uint64_t held;            /* elements in that part */
  bool untyped;             /* the storage counts bytes and has no element type */
  const uint8_t *inside;    /* elements of a storage inside the pickle; NULL: the storage is outside */
  fci_pickle_object *text;  /* the text that stands for these elements; NULL: they are bytes */
  uint64_t at;              /* first byte of the storage in the decoded text */
  bool is_array;            /* a numpy array: all is inside the pickle */
  bool swap;                /* the elements of an array are big-endian */
  uint64_t offset;          /* from the start of that part */
  unsigned rank;
  uint64_t shape[FMTCONV_MAX_RANK];
  uint64_t stride[FMTCONV_MAX_RANK];
  uint64_t elements;
  uint64_t bytes;    /* of all elements */
  uint64_t repeated; /* part of `bytes` that exists only because elements overlap in the storage */
  int code;          /* error code, if the tensor cannot be read */
  const char *why;   /* the message for `code` */
} fci_torch_tensor;

/* Reads an object for which fci_pickle_is_tensor is true.  Returns 0, or t->code with t->why: the error is not
 * reported yet, because tensors outside the model need not be readable. */
int fci_torch_tensor_read (fmtconv_ctx *ctx, fci_pickle_object *object, fci_torch_tensor *t);

/* Reads a tuple of non-negative integers, or a torch.Size of one.  Returns 0 or t->code. */
int fci_torch_read_numbers (fmtconv_ctx *ctx, fci_torch_tensor *t, const char *what,
                            const fmtconv_value *value, uint64_t *to, unsigned *rank);

/* Checks that all elements are within the storage and that their bytes fit 64 bits.  Returns 0 or t->code. */
int fci_torch_check_geometry (fmtconv_ctx *ctx, fci_torch_tensor *t);

/* Decodes a text that stands for bytes, once.  Returns NULL if it is not such a text, without an error. */
fmtconv_source *fci_torch_text_decode (fmtconv_ctx *ctx, fci_pickle_object *text);

#endif
