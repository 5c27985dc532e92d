/* plugins/cogvideox-lora/lora.h: the parts of the cogvideox-lora transform.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef LORA_H
#define LORA_H

#include <fmtconv/plugin.h>

enum
{
  LORA_BAKE,
  LORA_METADATA,
  LORA_NONE
};

struct lora_params
{
  double alpha;
  int64_t rank;
  int scale; /* LORA_… */
};

/* Multiply `factor` (alpha / rank) into the matrices of `out`. */
void lora_bake (fmtconv_ctx *ctx, fmtconv_model *out, double factor);

/* Write alpha and rank into the metadata that peft reads instead. */
void lora_describe (fmtconv_ctx *ctx, fmtconv_model *out, double alpha, int64_t rank);

/* What was trained: "CogVideoX-5B-I2V" by the base's patch embedding, else by the LoRA's width. */
const char *lora_base_name (const fmtconv_model *in, const fmtconv_model *out);

#endif
