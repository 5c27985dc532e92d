/* plugins/quantize/mix.c: presets that give more bits to the tensors that need them.
 * SPDX-License-Identifier: Apache-2.0 AND MIT
 * SPDX-FileCopyrightText: 2026 The fmtconv authors
 * SPDX-FileCopyrightText: 2023-2024 The ggml authors
 *
 * As in llama.cpp (src/llama-quant.cpp), the role of a tensor decides.  More bits go to the values of attention
 * and the second matrix of the feed-forward, whose errors are added directly to the residual stream, mainly in the
 * first and last layers; and to the last projection, after which nothing corrects errors. */
#include "config.h"

#include "quantize.h"
#include <string.h>
#include <strings.h>

/* The layers in which a rule applies. */
enum when
{
  ALWAYS,
  FIRST, /* the first eighth */
  MORE   /* the first and last eighth, and every third between */
};

struct mixed
{
  const char *glob;
  uint32_t dtype;
  enum when when;
};

enum
{
  MAX_RULES = 20
};

struct quantize_mix
{
  const char *name;
  uint32_t base;
  struct mixed rules[MAX_RULES];
};

/* Names of diffusers, T5 and SAT, then those of transformers' language models and of llama.cpp. */
#define VALUES(type, layers)                                                       \
  { "*.to_v.weight", type, layers }, { "*.SelfAttention.v.weight", type, layers }, \
      { "*.v_proj.weight", type, layers },                                         \
  {                                                                                \
    "*.attn_v.weight", type, layers                                                \
  }
#define DOWN(type, layers)                                                                \
  { "*.ff.net.2.weight", type, layers }, { "*.DenseReluDense.wo.weight", type, layers },  \
      { "*.dense_4h_to_h.weight", type, layers }, { "*.down_proj.weight", type, layers }, \
      { "*.ffn_down.weight", type, layers },                                              \
  {                                                                                       \
    "*.ffn_down_exps.weight", type, layers                                                \
  }
#define FUSED(type)                             \
  { "*.query_key_value.weight", type, ALWAYS }, \
  {                                             \
    "*.attn_qkv.weight", type, ALWAYS           \
  }
#define OUT(type)                                                                      \
  { "*.to_out.0.weight", type, ALWAYS }, { "*.SelfAttention.o.weight", type, ALWAYS }, \
      { "*.o_proj.weight", type, ALWAYS },                                             \
  {                                                                                    \
    "*.attn_output.weight", type, ALWAYS                                               \
  }
#define LAST                                                                                           \
  { "proj_out.weight", FMTCONV_Q6_K, ALWAYS }, { "*final_layer.linear.weight", FMTCONV_Q6_K, ALWAYS }, \
      { "lm_head.weight", FMTCONV_Q6_K, ALWAYS },                                                      \
  {                                                                                                    \
    "output.weight", FMTCONV_Q6_K, ALWAYS                                                              \
  }

static const struct quantize_mix mixes[] = {
  { "Q3_K_S", FMTCONV_Q3_K, { LAST } },
  { "Q3_K_M",
    FMTCONV_Q3_K,
    { VALUES (FMTCONV_Q4_K, ALWAYS), DOWN (FMTCONV_Q4_K, MORE), OUT (FMTCONV_Q4_K), FUSED (FMTCONV_Q4_K),
      LAST } },
  { "Q3_K_L",
    FMTCONV_Q3_K,
    { VALUES (FMTCONV_Q5_K, ALWAYS), DOWN (FMTCONV_Q5_K, ALWAYS), OUT (FMTCONV_Q5_K), FUSED (FMTCONV_Q5_K),
      LAST } },
  { "Q4_K_S", FMTCONV_Q4_K, { VALUES (FMTCONV_Q5_K, FIRST), DOWN (FMTCONV_Q5_K, FIRST), LAST } },
  { "Q4_K_M",
    FMTCONV_Q4_K,
    { VALUES (FMTCONV_Q6_K, MORE), DOWN (FMTCONV_Q6_K, MORE), FUSED (FMTCONV_Q5_K), LAST } },
  { "Q5_K_S", FMTCONV_Q5_K, { LAST } },
  { "Q5_K_M",
    FMTCONV_Q5_K,
    { VALUES (FMTCONV_Q6_K, MORE), DOWN (FMTCONV_Q6_K, MORE), FUSED (FMTCONV_Q6_K), LAST } },
};

const struct quantize_mix *
quantize_mix_of (const char *name)
{
  for (size_t i = 0; i < sizeof mixes / sizeof *mixes; i++)
    if (strcasecmp (mixes[i].name, name) == 0)
      return &mixes[i];
  return NULL;
}

const char *
quantize_mix_names (void)
{
  return "Q3_K_S, Q3_K_M, Q3_K_L, Q4_K_S, Q4_K_M, Q5_K_S, Q5_K_M";
}

uint32_t
quantize_mix_base (const struct quantize_mix *mix)
{
  return mix->base;
}

uint64_t
quantize_layer (const char *name)
{
  for (const char *s = name; s; s = strchr (s, '.'))
    {
      uint64_t number = 0;
      s += *s == '.';
      const char *digit = s;
      for (; *digit >= '0' && *digit <= '9' && number < UINT32_MAX; digit++)
        number = 10 * number + (uint64_t) (*digit - '0');
      if (digit > s && *digit == '.')
        return number;
    }
  return UINT64_MAX;
}

static bool
applies (enum when when, uint64_t layer, uint64_t layers)
{
  const uint64_t eighth = layers / 8;
  if (when == ALWAYS)
    return true;
  if (layer >= layers)
    return false;
  return layer < eighth || (when == MORE && (layer >= 7 * layers / 8 || (layer - eighth) % 3 == 2));
}

uint32_t
quantize_mix_type (const struct quantize_mix *mix, const char *name, uint64_t layers)
{
  for (const struct mixed *rule = mix->rules; rule < mix->rules + MAX_RULES && rule->glob; rule++)
    if (fmtconv_glob_match (rule->glob, name) && applies (rule->when, quantize_layer (name), layers))
      return rule->dtype;
  return 0;
}
