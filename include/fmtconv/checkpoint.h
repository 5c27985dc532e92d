/* fmtconv/checkpoint.h: reading tensors into memory: for programs and bindings of other languages.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A checkpoint is a file or folder after its reader and any transforms: names, shapes and data types are known, the
 * elements are read or computed when they are asked for, as a conversion would write them.
 *
 * LIFETIME  A checkpoint belongs to its context, as do the strings and shapes that these calls return; fmtconv_ctx_free
 *           closes the files.  Memory for elements is the caller's.  A context keeps a few KiB for each tensor and data
 *           type that was read, never elements.
 * ERRORS    A failed read fails its context, as every error does: open the path in a new context to go on.
 */
#ifndef FMTCONV_CHECKPOINT_H
#define FMTCONV_CHECKPOINT_H

#include <fmtconv/fmtconv.h>

FMTCONV_BEGIN_DECLS

typedef struct fmtconv_checkpoint fmtconv_checkpoint;

typedef struct fmtconv_open_options
{
  size_t struct_size;            /* sizeof (fmtconv_open_options) */
  const char *path;              /* a file or folder, or a spec: fmtconv-spec(5) */
  const char *reader;            /* "NAME" or "NAME:key=value,…"; NULL: the best bid */
  const char *const *transforms; /* in order, as in fmtconv_job; nothing is recognized */
  size_t n_transforms;           /* 0: the tensors as they are in the file */
} fmtconv_open_options;

/* Opens a file or folder and runs the transforms.  Headers are read, elements are not.  NULL: it failed.
 * Errors: any of the reader's and the transforms'.  Thread: context.  Since: 0.1. */
fmtconv_checkpoint *fmtconv_checkpoint_open (fmtconv_ctx *ctx, const fmtconv_open_options *options);

/* Returns a description; NULL after an error.
 * Errors: none.  Thread: context.  Since: 0.1.
 *
 *   path, reader  strings
 *   attributes    object    the model's attributes, as fmtconv_inspect shows them
 *   components    array     {name, attributes, tensors}; empty unless the checkpoint is a pipeline
 *   skipped       array     {what, bytes, why}: items of the file that are not tensors */
fmtconv_attr *fmtconv_checkpoint_describe (const fmtconv_checkpoint *checkpoint);

/* Returns the number of tensors, of all components together.
 * Errors: none.  Thread: context.  Since: 0.1. */
size_t fmtconv_checkpoint_count (const fmtconv_checkpoint *checkpoint);

typedef struct fmtconv_tensor_info
{
  size_t struct_size;    /* sizeof (fmtconv_tensor_info), set by the caller */
  const char *component; /* name of the component; "" if there are none */
  const char *name;      /* unique in its component */
  const char *dtype;     /* "bf16"; blocks as ggml spells them: "q4_K" */
  uint32_t block;        /* elements in a block along the last axis; 1 for plain types */
  uint32_t block_bytes;  /* bytes of a block; for plain types, bytes of an element */
  unsigned rank;
  const uint64_t *shape; /* rank numbers */
  uint64_t bytes;        /* of all elements, in that data type */
} fmtconv_tensor_info;

/* Fills in the description of tensor `i`, in the order of the file or of the last transform.  Returns 0 or a code.
 * Errors: E_USAGE (there is no tensor `i`, struct_size).  Thread: context.  Since: 0.1. */
int fmtconv_checkpoint_tensor (const fmtconv_checkpoint *checkpoint, size_t i, fmtconv_tensor_info *info);

/* What to read: a tensor, or consecutive indices of its first axis. */
typedef struct fmtconv_read_request
{
  size_t struct_size; /* sizeof (fmtconv_read_request) */
  size_t tensor;      /* number of the tensor */
  const char *
      dtype; /* data type to convert to, rounded as torch's Tensor.to rounds; NULL: that of the tensor.  Blocks
                         of ggml's types can be converted to plain types */
  uint64_t first; /* first index of axis 0 */
  uint64_t rows;  /* how many; 0: all from `first` on */
} fmtconv_read_request;

/* Returns the number of bytes that a read gives: dense, row-major elements, little-endian; blocks as ggml stores them.  0: an error, or there are no elements.
 * Errors: E_USAGE (no such tensor, rows or data type; blocks that do not fit rows, or a range within a block),
 * E_UNSUPPORTED (the data type cannot be converted).  Thread: context.  Since: 0.1. */
uint64_t fmtconv_checkpoint_size (fmtconv_checkpoint *checkpoint, const fmtconv_read_request *request);

/* Reads elements into a buffer of `size` bytes, which fmtconv_checkpoint_size returned.  Runs on the threads and within
 * the memory of the context's options; progress is reported, and fmtconv_ctx_cancel stops it.  Values that a
 * conversion does not store are warnings, as in fmtconv_convert.  After an error the content of the buffer is not
 * defined.  Returns 0 or a code.
 * Errors: those of fmtconv_checkpoint_size; E_USAGE (size); E_IO; E_FORMAT (a checksum, values that must be equal or
 * cannot be stored); E_LIMIT (memory); E_LOSSY, E_STRICT; E_CANCELLED.  Thread: context.  Since: 0.1. */
int fmtconv_checkpoint_read (fmtconv_checkpoint *checkpoint, const fmtconv_read_request *request,
                             void *buffer, uint64_t size);

FMTCONV_END_DECLS

#endif
