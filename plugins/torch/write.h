/* plugins/torch/write.h: the parts of the writer: storages, and the pickle.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TORCH_WRITE_H
#define TORCH_WRITE_H

#include <fmtconv/plugin.h>
#include <stdbool.h>

enum
{
  TORCH_ALIGNMENT = 64 /* of member data in the file, bytes */
};

struct torch_write_params
{
  const char *root;
};

extern const fmtconv_param torch_write_params_table[];

/* The data types of torch.  name: the storage class in `torch` or, if id is TORCH_UNTYPED, the data type,
 * whose storages are untyped. */
enum
{
  TORCH_TYPED,
  TORCH_UNTYPED
};
extern const fmtconv_dtype_name torch_dtypes[];

/* A tensor and the number of its storage.  The first tensor of a storage provides the bytes; others are tied
 * to it. */
struct torch_entry
{
  const fmtconv_tensor *tensor;
  size_t storage;
  bool is_first;
};

struct torch_state
{
  struct torch_entry *entry; /* in the model's order */
  size_t n;
};

/* ---- The pickle */

/* Writes the pickle of the state dictionary under `root` (dotted keys; NULL or ".": at the top) to `to`,
 * unless that is NULL.  Returns its size in bytes. */
size_t torch_put_pickle (const struct torch_state *state, const char *root, uint8_t *to);

int torch_write (fmtconv_ctx *ctx, const void *params, const fmtconv_model *model, fmtconv_layout *out);

#endif
