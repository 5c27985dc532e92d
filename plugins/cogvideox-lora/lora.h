/* plugins/cogvideox-lora/lora.h: the internal interfaces of the cogvideox-lora transform.
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

/* Multiplies the products B A of `out` by `factor` (alpha / rank). */
void lora_bake (fmtconv_ctx *ctx, fmtconv_model *out, double factor);

/* Writes alpha and rank into the metadata lora_adapter_metadata, which diffusers passes to peft. */
void lora_describe_output (fmtconv_ctx *ctx, fmtconv_model *out, double alpha, int64_t rank);

/* Returns the name of the model that the LoRA was trained on, such as "CogVideoX-5B-I2V": by the shape of the patch
 * embedding in `in`, else by the LoRA's width in `out`. */
const char *lora_base_name (const fmtconv_model *in, const fmtconv_model *out);

#endif
