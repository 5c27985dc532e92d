/* plugins/torch/write.h: the parts of the writer: storages, the pickle, the archive around both.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TORCH_WRITE_H
#define TORCH_WRITE_H

#include <fmtconv/plugin.h>
#include <stdbool.h>

enum
{
  TORCH_ALIGNMENT = 64 /* of members in the file, bytes */
};

struct torch_write_params
{
  const char *root;
};

extern const fmtconv_param torch_write_params_table[];

/* Every data type that torch has.  name: the class of its storage in `torch`, or where id is TORCH_UNTYPED, the
 * data type itself, whose storages are untyped. */
enum
{
  TORCH_TYPED,
  TORCH_UNTYPED
};
extern const fmtconv_dtype_name torch_dtypes[];

/* A tensor, and which storage it is all of.  The first of a storage gives its bytes; others are tied to it. */
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

/* Bytes of the pickle of that state dictionary beneath `root` (dotted keys; NULL or ".": at the top); written to
 * `to`, unless that is NULL. */
size_t torch_put_pickle (const struct torch_state *state, const char *root, uint8_t *to);

/* ---- The archive: members are stored, and their bytes aligned */
struct torch_member
{
  const char *name;
  uint64_t at; /* of its local header */
  uint64_t size;
  size_t region; /* its bytes' */
};

struct torch_zip
{
  fmtconv_ctx *ctx;
  fmtconv_file *file;
  const char *root; /* folder of all members */
  struct torch_member *member;
  size_t n;
  uint64_t names; /* a number made of all names */
};

/* At most `most` members.  0, or the code of an error. */
int torch_zip_begin (struct torch_zip *zip, fmtconv_ctx *ctx, fmtconv_file *file, const char *root,
                     size_t most);

/* A member of those bytes. */
void torch_zip_bytes (struct torch_zip *zip, const char *name, const void *bytes, size_t n);

/* A member that is all of a tensor; the number of its region. */
size_t torch_zip_tensor (struct torch_zip *zip, const char *name, const fmtconv_tensor *tensor);

/* The directory of all members. */
void torch_zip_end (struct torch_zip *zip);

/* 64 bits of n bytes, from `seed` on. */
uint64_t torch_hash_mix (uint64_t seed, const void *bytes, size_t n);

int torch_write (fmtconv_ctx *ctx, const void *params, const fmtconv_model *model, fmtconv_layout *out);

#endif
