/* plugins/quantize/llama.c: the types that llama.cpp chooses for the tensors of a language model.
 * SPDX-License-Identifier: Apache-2.0 AND MIT
 * SPDX-FileCopyrightText: 2026 The fmtconv authors
 * SPDX-FileCopyrightText: 2023-2024 The ggml authors
 *
 * The choices of llama-quantize (src/llama-quant.cpp), for the types that fmtconv writes: the head and a tied embedding, the
 * values, keys and output of attention, and the feed-forward's second matrix differ from the rest. */
#include "config.h"

#include "plugins/common/text.h"
#include "quantize.h"
#include <fmtconv/formats.h>
#include <strings.h>

/* Types of a whole file. */
enum file
{
  OTHER,
  Q2_K,
  Q3_K_S,
  Q3_K_M,
  Q3_K_L,
  Q4_K_S,
  Q4_K_M,
  Q5_K_M,
  Q4_0,
  Q5_0,
  IQ4, /* IQ4_NL, IQ4_XS */
  TERNARY
};

/* Returns the type of the file by the name that the user gave.  Names without a size are those of the middle one. */
static int
file_of (const char *name)
{
  static const struct
  {
    const char *name;
    enum file file;
  } files[] = {
    { "Q2_K", Q2_K },     { "Q3_K_S", Q3_K_S }, { "Q3_K", Q3_K_M },   { "Q3_K_M", Q3_K_M },
    { "Q3_K_L", Q3_K_L }, { "Q4_K_S", Q4_K_S }, { "Q4_K", Q4_K_M },   { "Q4_K_M", Q4_K_M },
    { "Q5_K", Q5_K_M },   { "Q5_K_M", Q5_K_M }, { "Q4_0", Q4_0 },     { "Q5_0", Q5_0 },
    { "IQ4_NL", IQ4 },    { "IQ4_XS", IQ4 },    { "TQ1_0", TERNARY }, { "TQ2_0", TERNARY },
  };
  for (size_t i = 0; i < sizeof files / sizeof *files; i++)
    if (!strcasecmp (files[i].name, name))
      return files[i].file;
  return OTHER;
}

/* Returns whether llama.cpp counts the model among those of 70B, in which 8 heads share values. */
static bool
is_70b (fmtconv_attr *attrs, uint64_t layers, int64_t heads, int64_t kv)
{
  const char *architecture = fmtconv_attr_get_string (attrs, "architecture", "");
  return layers == 80
         && (!strcmp (architecture, "qwen2") || (!strcmp (architecture, "llama") && heads != kv));
}

void
quantize_llama_start (struct quantize_llama *l, const struct quantize_params *p, const fmtconv_model *in,
                      uint64_t layers)
{
  fmtconv_attr *attrs = fmtconv_model_attrs (in), *config = fmtconv_attr_get (attrs, "config");
  const int64_t heads = fmtconv_attr_get_int (config, "attention.head_count", 1),
                kv = fmtconv_attr_get_int (config, "attention.head_count_kv", heads);
  *l = (struct quantize_llama){ .file = file_of (p->to),
                                .layers = layers,
                                .shares_values = kv > 0 && heads / kv >= 4,
                                .is_70b = is_70b (attrs, layers, heads, kv),
                                .is_tied = !fmtconv_model_find (in, "output.weight"),
                                .has_matrix = p->imatrix != NULL };
  FMTCONV_FOREACH (t, in)
    {
      if (t->rank == 3 && text_ends_with (t->name, "ffn_down_exps.weight"))
        l->experts = t->shape[0];
    }
}

static bool
needs_more (const struct quantize_llama *l, uint64_t layer)
{
  const uint64_t eighth = l->layers / 8;
  return layer < eighth || layer >= 7 * l->layers / 8 || (layer - eighth) % 3 == 2;
}

/* Returns the type of values, or of queries, keys and values in one matrix. */
static uint32_t
of_values (const struct quantize_llama *l, uint32_t base, uint64_t layer)
{
  uint32_t type = base;
  if (l->file == Q2_K)
    type = l->shares_values ? FMTCONV_Q4_K : FMTCONV_Q3_K;
  else if (l->file == Q3_K_M)
    type = layer < 2 ? FMTCONV_Q5_K : FMTCONV_Q4_K;
  else if (l->file == Q3_K_L || (l->file == IQ4 && l->shares_values))
    type = FMTCONV_Q5_K;
  else if ((l->file == Q4_K_M || l->file == Q5_K_M) && needs_more (l, layer))
    type = FMTCONV_Q6_K;
  else if (l->file == Q4_K_S && layer < 4)
    type = FMTCONV_Q5_K;
  if (l->is_70b && (type == FMTCONV_Q3_K || type == FMTCONV_Q4_K))
    type = FMTCONV_Q5_K;
  return l->experts == 8 ? FMTCONV_Q8_0 : type;
}

/* Returns the type of the feed-forward's second matrix. */
static uint32_t
of_down (const struct quantize_llama *l, uint32_t base, uint64_t layer)
{
  const bool is_first = layer < l->layers / 8;
  if (l->file == Q2_K)
    return FMTCONV_Q3_K;
  if (l->file == Q3_K_M)
    return layer < l->layers / 16 ? FMTCONV_Q5_K : FMTCONV_Q4_K;
  if (l->file == Q3_K_L)
    return FMTCONV_Q5_K;
  if (l->file == Q4_K_M || l->file == Q5_K_M)
    return needs_more (l, layer) ? FMTCONV_Q6_K : base;
  if (is_first && (l->file == Q4_K_S || (l->file == IQ4 && !l->has_matrix)))
    return FMTCONV_Q5_K;
  if (is_first && l->has_matrix && (l->file == Q4_0 || l->file == Q5_0))
    return l->file == Q4_0 ? FMTCONV_Q4_1 : FMTCONV_Q5_1;
  return base;
}

/* Returns the type of the output of attention. */
static uint32_t
of_output (const struct quantize_llama *l, uint32_t base)
{
  if (l->experts == 8)
    return l->file == Q2_K || l->file == Q3_K_S || l->file == Q3_K_M || l->file == Q4_K_S || l->file == Q4_K_M
                   || l->file == IQ4
               ? FMTCONV_Q5_K
               : base;
  return l->file == Q2_K     ? FMTCONV_Q3_K
         : l->file == Q3_K_M ? FMTCONV_Q4_K
         : l->file == Q3_K_L ? FMTCONV_Q5_K
                             : base;
}

uint32_t
quantize_llama_type (const struct quantize_llama *l, uint32_t base, const fmtconv_tensor *t)
{
  const bool is_embedding = !strcmp (t->name, "token_embd.weight");
  const uint64_t layer = quantize_layer (t->name);
  if (!fmtconv_dtype_is_blocks (base))
    return base;
  if (!strcmp (t->name, "output.weight") || (is_embedding && l->is_tied))
    return base == FMTCONV_Q8_0 || quantize_row (t) % fmtconv_dtype_get (base)->block ? FMTCONV_Q8_0
                                                                                      : FMTCONV_Q6_K;
  if (is_embedding)
    return l->file == TERNARY ? FMTCONV_Q4_K : base;
  if (strstr (t->name, "attn_qkv.weight") || strstr (t->name, "attn_v.weight"))
    return of_values (l, base, layer);
  if (strstr (t->name, "attn_k.weight"))
    return l->experts == 8 ? FMTCONV_Q8_0 : base;
  if (strstr (t->name, "ffn_down"))
    return of_down (l, base, layer);
  return strstr (t->name, "attn_output.weight") ? of_output (l, base) : base;
}
