/* plugins/diffusers/diffusers.h: what the reader and the writer of component folders share.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A component is a folder with config.json and its weights: STEM.safetensors, or STEM-00001-of-00003.safetensors
 * … and STEM.safetensors.index.json; of a variant V STEM.V.safetensors, STEM.V-00001-of-00003.safetensors … and
 * STEM.safetensors.index.V.json.  Source: diffusers, src/diffusers/models/modeling_utils.py. */
#ifndef DIFFUSERS_H
#define DIFFUSERS_H

#include <fmtconv/plugin.h>

#define DIFFUSERS_STEM "diffusion_pytorch_model" /* of diffusers' own classes */
#define TRANSFORMERS_STEM "model"                /* of those of transformers */

struct diffusers_read_params
{
  const char *variant; /* NULL: none, or the only one there is */
};
int diffusers_probe (const fmtconv_peek *peek);
int diffusers_read (fmtconv_ctx *ctx, const void *params, fmtconv_input *in, fmtconv_model *out);

struct diffusers_write_params
{
  uint64_t max_shard_size; /* bytes */
  const char *variant;     /* NULL: none */
  const char *version;     /* NULL: the configuration's own */
};
int diffusers_write (fmtconv_ctx *ctx, const void *params, const fmtconv_model *model, fmtconv_layout *out);

/* Can it be a variant's name?  Letters, digits, '-' and '_'. */
int diffusers_is_variant (const char *variant, size_t n);

#endif
