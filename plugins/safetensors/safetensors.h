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
};
int safetensors_write (fmtconv_ctx *ctx, const void *params, const fmtconv_model *model, fmtconv_layout *out);

#endif
