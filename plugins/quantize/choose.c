/* plugins/quantize/choose.c: chooses the data type of a tensor: by rules, name and shape.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/common/linear.h"
#include "quantize.h"
#include <fmtconv/formats.h>
#include <string.h>

/* Weights of layers that are not quantized: few bytes, and the quality depends on them. */
static const struct kept
{
  const char *glob;
  const char *what;
} kept[] = {
  { "*bias*", "biases" },
  { "*norm*", "norms" },
  { "*adaln*", "norms" }, /* SAT's names of their modulation */
  { "*adaLN*", "norms" },
  { "*embed*", "embeddings, and projections of patches, time and position" },
  { "*patch*", "embeddings, and projections of patches, time and position" },
  { "*time_*", "embeddings, and projections of patches, time and position" },
  { "*pos_*", "embeddings, and projections of patches, time and position" },
  { "shared.weight", "embeddings, and projections of patches, time and position" },
};

/* Returns the type that llama.cpp uses instead if a row is not a multiple of the block (src/llama-quant.cpp). */
static uint32_t
narrower (uint32_t dtype)
{
  switch (dtype)
    {
    case FMTCONV_IQ4_XS:
      return FMTCONV_IQ4_NL;
    case FMTCONV_Q4_K:
      return FMTCONV_Q5_0;
    case FMTCONV_Q5_K:
      return FMTCONV_Q5_1;
    case FMTCONV_Q6_K:
      return FMTCONV_Q8_0;
    case FMTCONV_Q2_K:
    case FMTCONV_Q3_K:
    case FMTCONV_TQ1_0:
    case FMTCONV_TQ2_0:
      return FMTCONV_Q4_0;
    default:
      return FMTCONV_F16;
    }
}

bool
quantize_makes (uint32_t dtype)
{
  static const uint32_t made[] = { FMTCONV_Q4_0,  FMTCONV_Q4_1,  FMTCONV_Q5_0,    FMTCONV_Q5_1,
                                   FMTCONV_Q8_0,  FMTCONV_Q2_K,  FMTCONV_Q3_K,    FMTCONV_Q4_K,
                                   FMTCONV_Q5_K,  FMTCONV_Q6_K,  FMTCONV_IQ4_NL,  FMTCONV_IQ4_XS,
                                   FMTCONV_TQ1_0, FMTCONV_TQ2_0, FMTCONV_MXFP4,   FMTCONV_F32,
                                   FMTCONV_F16,   FMTCONV_BF16,  FMTCONV_F8_E4M3, FMTCONV_F8_E5M2 };
  for (size_t i = 0; i < sizeof made / sizeof *made; i++)
    if (made[i] == dtype)
      return true;
  const fmtconv_block_type *foreign = fmtconv_block_type_get (dtype);
  return foreign && foreign->encode;
}

static uint32_t
allowed_by_row (uint32_t dtype, const fmtconv_tensor *t)
{
  const uint64_t row = quantize_row (t);
  for (unsigned tries = 0; tries < 3 && row % fmtconv_dtype_get (dtype)->block != 0; tries++)
    dtype = narrower (dtype);
  return dtype;
}

static const char *
kept_reason (const fmtconv_tensor *t)
{
  const char *why = linear_refusal (t);
  if (why)
    return why;
  for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
    if (fmtconv_glob_match (kept[i].glob, t->name))
      return kept[i].what;
  return NULL;
}

static struct quantize_choice
keep (const struct quantize_plan *plan, const fmtconv_tensor *t, const char *why)
{
  const uint32_t rest = plan->rest ? plan->rest : t->dtype;
  const bool is_line = t->rank < 2 && !quantize_is_scaled (plan->to);
  const uint32_t dtype = fmtconv_dtype_is_blocks (t->dtype) ? t->dtype : is_line ? FMTCONV_F32 : rest;
  return (struct quantize_choice){ .wanted = dtype, .dtype = dtype, .why = why };
}

struct quantize_choice
quantize_choose (const struct quantize_plan *plan, const fmtconv_tensor *t)
{
  uint32_t wanted = 0;
  if (t->bytes == 0)
    return keep (plan, t, "no elements");
  for (size_t i = 0; i < plan->n_rules && !wanted; i++)
    if (fmtconv_glob_match (plan->rules[i].glob, t->name))
      {
        wanted = plan->rules[i].dtype;
        if (!wanted)
          return keep (plan, t, "by a rule");
      }
  if (!wanted && plan->comfy)
    return quantize_comfy_choose (plan, t);
  const char *why = wanted ? NULL : kept_reason (t);
  if (why)
    return keep (plan, t, why);
  uint32_t mixed = 0;
  if (!wanted && plan->is_llama)
    {
      const uint32_t type = quantize_llama_type (&plan->llama, plan->to, t);
      mixed = type == plan->to ? 0 : type;
    }
  else if (!wanted && plan->mix)
    mixed = quantize_mix_type (plan->mix, t->name, plan->layers);
  wanted = wanted ? wanted : mixed ? mixed : plan->to;
  return (
      struct quantize_choice){ .wanted = wanted, .dtype = allowed_by_row (wanted, t), .mixed = mixed != 0 };
}
