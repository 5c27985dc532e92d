/* plugins/cogvideox-lora/base.c: names the model that a LoRA was trained on, for the report's title.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "lora.h"
#include <fmtconv/formats.h>

/* Shapes of mixins.patch_embed.proj.weight, unique per published model (diffusers' and CogVideo's configs). */
static const struct
{
  const char *name;
  unsigned rank;
  uint64_t width;
  uint64_t columns; /* second dimension */
} published[] = {
  { "CogVideoX-2B", 4, 1920, 16 },         { "CogVideoX-5B", 4, 3072, 16 },
  { "CogVideoX-5B-I2V", 4, 3072, 32 },     { "CogVideoX1.5-5B", 2, 3072, 128 },
  { "CogVideoX1.5-5B-I2V", 2, 3072, 256 },
};

const char *
lora_base_name (const fmtconv_model *in, const fmtconv_model *out)
{
  const fmtconv_tensor *patch = fmtconv_model_find_pattern (in, "{x*}mixins.patch_embed.proj.weight");
  uint64_t width = fmtconv_rules_variable (out, "h");
  for (size_t i = 0; patch && i < sizeof published / sizeof *published; i++)
    if (patch->rank == published[i].rank && patch->shape[0] == published[i].width
        && patch->shape[1] == published[i].columns)
      return published[i].name;
  if (!patch && width == 1920)
    return "CogVideoX-2B";
  return !patch && width == 3072 ? "CogVideoX-5B family" : "CogVideoX";
}
