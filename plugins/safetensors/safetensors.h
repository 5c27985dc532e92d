/* plugins/safetensors/safetensors.h: what the reader and the writer of safetensors share.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The format: u64 little-endian length of the header, the header (JSON), the tensors' bytes without gaps.
 * Source: safetensors, README.md ("Format") and safetensors/src/tensor.rs. */
#ifndef SAFETENSORS_H
#define SAFETENSORS_H

#include <fmtconv/plugin.h>

enum
{
  SAFETENSORS_MAX_HEADER = 100000000, /* bytes; the official reader's limit */
  SAFETENSORS_MAX_NAME = 4096,
  SAFETENSORS_MAX_TENSORS = 262144
};

/* The format's data types.  id: rank in the official writer's order of tensors, highest first. */
extern const fmtconv_dtype_name safetensors_dtypes[];

int safetensors_probe (const fmtconv_peek *peek);
int safetensors_read (fmtconv_ctx *ctx, const void *params, fmtconv_input *in, fmtconv_model *out);

/* Parameters of the writer. */
struct safetensors_write_params
{
  fmtconv_pairs metadata;
  uint64_t max_shard_size; /* bytes */
  const char *index;       /* NULL: by the output's name */
};
int safetensors_write (fmtconv_ctx *ctx, const void *params, const fmtconv_model *model, fmtconv_layout *out);

/* A model cut into n files (0: it is empty): tensors start[s] … start[s + 1] - 1 are those of file s. */
struct safetensors_shards
{
  size_t n;
  size_t n_tensors;
  size_t *start;
  const fmtconv_tensor **tensors;
};

/* Files of at most `most` bytes of tensors, but that a larger tensor has one of its own. */
int safetensors_split (fmtconv_ctx *ctx, const fmtconv_model *model, uint64_t most,
                       struct safetensors_shards *out);

/* The target, or several files and their index.  metadata: JSON text; NULL: none. */
int safetensors_put_shards (fmtconv_ctx *ctx, const char *index, const char *metadata,
                            const struct safetensors_shards *shards, fmtconv_layout *out);

/* One file; the tensors are sorted as the format's own writer does. */
int safetensors_put_file (fmtconv_ctx *ctx, fmtconv_file *file, const char *metadata,
                          const fmtconv_tensor **tensors, size_t n);

#endif
