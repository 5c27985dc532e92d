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
#include <stdlib.h>
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

static bool
is_values (const char *name)
{
  return strstr (name, "attn_qkv.weight") || strstr (name, "attn_kv_b.weight")
         || strstr (name, "attn_v.weight");
}

static bool
is_down (const char *name)
{
  return strstr (name, "ffn_down") && text_ends_with (name, "weight");
}

/* Returns 1 + the number after "blk." at the beginning of a name; 0: there is none. */
static uint64_t
block_of (const char *name)
{
  return strncmp (name, "blk.", 4) ? 0 : quantize_layer (name) + 1;
}

/* The order in which llama-quantize counts tensors (src/llama-model-loader.h): by block, then by name. */
static int
in_order (const void *a_, const void *b_)
{
  const char *a = *(const char *const *) a_, *b = *(const char *const *) b_;
  const uint64_t left = block_of (a), right = block_of (b);
  return left != right ? (left < right ? -1 : 1) : strcmp (a, b);
}

/* Collects the names of the tensors that llama-quantize counts together. */
static struct quantize_counted
counted (const fmtconv_model *in, fmtconv_ctx *ctx, bool (*counts) (const char *name))
{
  struct quantize_counted c = { .name = fmtconv_ctx_alloc (ctx, fmtconv_model_count (in), sizeof *c.name) };
  FMTCONV_FOREACH (t, in)
    {
      if (c.name && t->rank > 1 && counts (t->name))
        c.name[c.n++] = t->name;
    }
  if (c.n)
    qsort (c.name, c.n, sizeof *c.name, in_order);
  return c;
}

/* Returns how many tensors were counted before this one. */
static uint64_t
number_of (const struct quantize_counted *c, const fmtconv_tensor *t)
{
  const char *const *found = c->n ? bsearch (&t->name, c->name, c->n, sizeof *c->name, in_order) : NULL;
  return found ? (uint64_t) (found - c->name) : 0;
}

void
quantize_llama_start (fmtconv_ctx *ctx, struct quantize_llama *l, const struct quantize_params *p,
                      const fmtconv_model *in, uint64_t layers)
{
  fmtconv_attr *attrs = fmtconv_model_attrs (in), *config = fmtconv_attr_get (attrs, "config");
  const int64_t heads = fmtconv_attr_get_int (config, "attention.head_count", 1),
                kv = fmtconv_attr_get_int (config, "attention.head_count_kv", heads);
  *l = (struct quantize_llama){ .file = file_of (p->to),
                                .layers =
                                    (uint64_t) fmtconv_attr_get_int (config, "block_count", (int64_t) layers),
                                .values = counted (in, ctx, is_values),
                                .down = counted (in, ctx, is_down),
                                .shares_values = kv > 0 && heads / kv >= 4,
                                .is_70b = is_70b (attrs, layers, heads, kv),
                                .is_falcon =
                                    !strcmp (fmtconv_attr_get_string (attrs, "architecture", ""), "falcon"),
                                .is_tied = !fmtconv_model_find (in, "output.weight"),
                                .has_matrix = p->imatrix != NULL };
  FMTCONV_FOREACH (t, in)
    {
      if (t->rank == 3 && text_ends_with (t->name, "ffn_down_exps.weight"))
        l->experts = t->shape[0];
    }
}

static bool
needs_more (uint64_t i, uint64_t n)
{
  return i < n / 8 || i >= 7 * n / 8 || (i - n / 8) % 3 == 2;
}

/* Returns the type of values, or of queries, keys and values in one matrix.  i: how many of these come before. */
static uint32_t
of_values (const struct quantize_llama *l, uint32_t base, uint64_t i)
{
  uint32_t type = base;
  if (l->file == Q2_K)
    type = l->shares_values ? FMTCONV_Q4_K : FMTCONV_Q3_K;
  else if (l->file == Q3_K_M)
    type = i < 2 ? FMTCONV_Q5_K : FMTCONV_Q4_K;
  else if (l->file == Q3_K_L || (l->file == IQ4 && l->shares_values))
    type = FMTCONV_Q5_K;
  else if ((l->file == Q4_K_M || l->file == Q5_K_M) && needs_more (i, l->values.n))
    type = FMTCONV_Q6_K;
  else if (l->file == Q4_K_S && i < 4)
    type = FMTCONV_Q5_K;
  if (l->is_70b && (type == FMTCONV_Q3_K || type == FMTCONV_Q4_K))
    type = FMTCONV_Q5_K;
  return l->experts == 8 ? FMTCONV_Q8_0 : type;
}

/* Returns the type of the feed-forward's second matrix in files where Falcon differs from other models. */
static uint32_t
of_down_mixed (const struct quantize_llama *l, uint32_t base, uint64_t i)
{
  const bool is_first = i < l->layers / 16, more = needs_more (i, l->layers);
  if (l->file == Q3_K_M)
    return is_first ? FMTCONV_Q5_K : !l->is_falcon || more ? FMTCONV_Q4_K : base;
  if (l->file == Q3_K_L)
    return l->is_falcon ? FMTCONV_Q4_K : FMTCONV_Q5_K;
  if (l->is_falcon)
    return is_first ? FMTCONV_Q6_K : more ? FMTCONV_Q5_K : base;
  return more ? FMTCONV_Q6_K : base;
}

/* Returns the type of the feed-forward's second matrix.  i: its layer, as llama-quantize counts it. */
static uint32_t
of_down (const struct quantize_llama *l, uint32_t base, uint64_t i)
{
  const bool is_first = i < l->layers / 8;
  if (l->file == Q2_K)
    return FMTCONV_Q3_K;
  if (l->file == Q3_K_M || l->file == Q3_K_L || l->file == Q4_K_M)
    return of_down_mixed (l, base, i);
  if (l->file == Q5_K_M)
    return needs_more (i, l->layers) ? FMTCONV_Q6_K : base;
  if (is_first && ((l->file == Q4_K_S && !l->is_falcon) || (l->file == IQ4 && !l->has_matrix)))
    return FMTCONV_Q5_K;
  if (is_first && l->has_matrix && (l->file == Q4_0 || l->file == Q5_0))
    return l->file == Q4_0 ? FMTCONV_Q4_1 : FMTCONV_Q5_1;
  return base;
}

/* Returns the type of the output of attention. */
static uint32_t
of_output (const struct quantize_llama *l, uint32_t base)
{
  if (l->is_falcon)
    return l->file == Q3_K_L ? FMTCONV_Q4_K : base;
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

/* Returns the type of the head, or of an embedding that is the head, too. */
static uint32_t
of_head (const struct quantize_llama *l, uint32_t base, const fmtconv_tensor *t)
{
  const bool is_plain = base == FMTCONV_Q8_0 || quantize_row (t) % fmtconv_dtype_get (base)->block;
  return l->is_falcon || is_plain ? FMTCONV_Q8_0 : FMTCONV_Q6_K;
}

uint32_t
quantize_llama_type (const struct quantize_llama *l, uint32_t base, const fmtconv_tensor *t)
{
  const bool is_embedding = !strcmp (t->name, "token_embd.weight");
  if (!fmtconv_dtype_is_blocks (base) || !text_ends_with (t->name, ".weight"))
    return base; /* the matrices of an adapter are of equal weight */
  if (text_ends_with (t->name, "attn_rel_b.weight"))
    return FMTCONV_F32; /* the table of T5's positions */
  if (!strcmp (t->name, "output.weight") || (is_embedding && l->is_tied))
    return of_head (l, base, t);
  if (is_embedding)
    return l->file == TERNARY ? FMTCONV_Q4_K : base;
  if (is_values (t->name))
    return of_values (l, base, number_of (&l->values, t));
  if (strstr (t->name, "attn_k.weight"))
    return l->experts == 8 ? FMTCONV_Q8_0 : base;
  if (is_down (t->name))
    return of_down (l, base, l->experts > 1 ? quantize_layer (t->name) : number_of (&l->down, t));
  return strstr (t->name, "attn_output.weight") ? of_output (l, base) : base;
}
