/* plugins/torch/write.h: the parts of the writer: storages, the pickle, and the archive of both.
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

/* ---- The archive: members are stored uncompressed, with aligned data */
struct torch_member
{
  const char *name;
  uint64_t at; /* offset of its local header */
  uint64_t size;
  size_t region; /* number of the region with its bytes */
};

struct torch_zip
{
  fmtconv_ctx *ctx;
  fmtconv_file *file;
  const char *root; /* folder of all members */
  struct torch_member *member;
  size_t n;
  uint64_t names; /* hash of all names */
};

/* Starts an archive of at most `most` members.  Returns 0 or an error code. */
int torch_zip_begin (struct torch_zip *zip, fmtconv_ctx *ctx, fmtconv_file *file, const char *root,
                     size_t most);

/* Adds a member with these bytes. */
void torch_zip_bytes (struct torch_zip *zip, const char *name, const void *bytes, size_t n);

/* Adds a member with the bytes of a tensor.  Returns the number of its region. */
size_t torch_zip_tensor (struct torch_zip *zip, const char *name, const fmtconv_tensor *tensor);

/* Writes the directory and the end records. */
void torch_zip_end (struct torch_zip *zip);

/* Returns the 64-bit hash of n bytes, continued from `seed`. */
uint64_t torch_hash_mix (uint64_t seed, const void *bytes, size_t n);

int torch_write (fmtconv_ctx *ctx, const void *params, const fmtconv_model *model, fmtconv_layout *out);

#endif
