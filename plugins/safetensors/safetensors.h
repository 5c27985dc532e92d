/* plugins/safetensors/safetensors.h: declarations of the safetensors reader and writer.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The format: u64 little-endian length of the header, the header (JSON), the tensors' bytes without gaps.
 * Source: safetensors, README.md ("Format") and safetensors/src/tensor.rs. */
#ifndef SAFETENSORS_H
#define SAFETENSORS_H

#include "plugins/common/safetensors-types.h"

enum
{
  SAFETENSORS_MAX_HEADER = 100000000, /* bytes; the official reader's limit */
  SAFETENSORS_MAX_NAME = 4096,
  SAFETENSORS_MAX_TENSORS = 1 << 20 /* of a model */
};

#define SAFETENSORS_METADATA "__metadata__" /* the header's only member that is not a tensor */

int safetensors_probe (const fmtconv_peek *peek);
/* Parameters of the reader. */
struct safetensors_read_params
{
  int aliases; /* INDEX_ALIASES_… */
};
int safetensors_read (fmtconv_ctx *ctx, const void *params, fmtconv_input *in, fmtconv_model *out);

/* The choices of tied=. */
enum
{
  SAFETENSORS_TIED_ONCE,
  SAFETENSORS_TIED_COPY
};

/* Parameters of the writer. */
struct safetensors_write_params
{
  fmtconv_pairs metadata;
  fmtconv_pairs keep;      /* globs of names */
  uint64_t max_shard_size; /* bytes */
  const char *index;       /* NULL: derived from the output's name */
  int tied;                /* SAFETENSORS_TIED_… */
};
int safetensors_write (fmtconv_ctx *ctx, const void *params, const fmtconv_model *model, fmtconv_layout *out);

/* Another name of a written tensor. */
struct safetensors_alias
{
  const char *name;
  const fmtconv_tensor *kept;
};

/* A model with every tensor once. */
struct safetensors_content
{
  const fmtconv_tensor **tensors; /* n_tensors to write, in the model's order */
  size_t n_tensors;
  struct safetensors_alias *alias; /* n_aliases, grouped by the address of `kept` */
  size_t n_aliases;
};

/* Decides which tensors are written and which names only the metadata records.  metadata: the other entries.
 * Returns 0 or an error code. */
int safetensors_resolve_ties (fmtconv_ctx *ctx, const struct safetensors_write_params *p,
                              const fmtconv_model *model, fmtconv_attr *metadata,
                              struct safetensors_content *out);

/* A model split into n files (0: an empty model): file s has the tensors start[s] … start[s + 1] - 1. */
struct safetensors_shards
{
  size_t n;
  size_t *start;
  const fmtconv_tensor **tensors;
  const struct safetensors_content *content;
};

/* Splits a model into files of at most `most` bytes of tensors, and of headers that the format allows; a larger tensor gets a
 * separate file.  UINT64_MAX: one file.  metadata: for each file.  Returns 0 or an error code. */
int safetensors_split (fmtconv_ctx *ctx, const struct safetensors_content *content, fmtconv_attr *metadata,
                       uint64_t most, struct safetensors_shards *out);

/* Returns the most bytes that a tensor and its other names take in a header. */
uint64_t safetensors_header_bytes (const struct safetensors_content *content, const fmtconv_tensor *t);

/* Writes one file, or several files and their index.  metadata: for each file.  Returns 0 or an error code. */
int safetensors_put_shards (fmtconv_ctx *ctx, const char *index, fmtconv_attr *metadata,
                            const struct safetensors_shards *shards, fmtconv_layout *out);

/* Writes file s.  Sorts its tensors like the official writer and adds their other names to its
 * metadata.  Returns 0 or an error code. */
int safetensors_put_file (fmtconv_ctx *ctx, fmtconv_file *file, fmtconv_attr *metadata,
                          const struct safetensors_shards *shards, size_t s);

#endif
