/* plugins/lora-names/words.c: splits names with underscores into the words that modules are named by.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Words of models whose names a split decides: diffusers' U-Nets and transformers, transformers' text encoders.  Of other
 * models the same letters may be split in two ways (img_attn_qkv); these need base=. */
#include "config.h"

#include "names.h"
#include <string.h>

static const char *const words[] = {
  /* Blocks of U-Nets. */
  "down_blocks",
  "mid_block",
  "up_blocks",
  "attentions",
  "resnets",
  "downsamplers",
  "upsamplers",
  "conv",
  "conv1",
  "conv2",
  "conv_in",
  "conv_out",
  "conv_shortcut",
  "conv_norm_out",
  "time_emb_proj",
  "time_embedding",
  "add_embedding",
  "linear_1",
  "linear_2",
  "proj_in",
  "proj_out",
  /* Blocks of transformers. */
  "transformer_blocks",
  "single_transformer_blocks",
  "blocks",
  "attn",
  "attn1",
  "attn2",
  "ff",
  "ff_context",
  "ffn",
  "net",
  "proj",
  "proj_mlp",
  "norm",
  "norm1",
  "norm2",
  "norm3",
  "norm1_context",
  "norm_out",
  "linear",
  "to_q",
  "to_k",
  "to_v",
  "to_out",
  "to_add_out",
  "add_q_proj",
  "add_k_proj",
  "add_v_proj",
  "norm_q",
  "norm_k",
  "patch_embed",
  "text_proj",
  "context_embedder",
  "x_embedder",
  "time_text_embed",
  "timestep_embedder",
  "text_embedder",
  "guidance_embedder",
  "condition_embedder",
  "time_proj",
  /* Text encoders. */
  "text_model",
  "encoder",
  "layers",
  "self_attn",
  "q_proj",
  "k_proj",
  "v_proj",
  "out_proj",
  "mlp",
  "fc1",
  "fc2",
  "text_projection",
  "final_layer_norm",
  "layer_norm1",
  "layer_norm2",
};

static int
is_number (const char *s, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (s[i] < '0' || s[i] > '9')
      return 0;
  return n > 0;
}

static int
is_word (const char *s, size_t n)
{
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strlen (words[i]) == n && memcmp (words[i], s, n) == 0)
      return 1;
  return is_number (s, n);
}

/* Ways to split the end of a name. */
struct way
{
  size_t word; /* length of the first word of a way */
  int count;   /* of ways; 2: two or more */
};

/* Fills ways[i] for the end of the name that begins at i. */
static void
count_ways (const char *name, size_t n, struct way *ways)
{
  ways[n + 1].count = 1; /* after the last word and the separator that is not there */
  for (size_t i = n; i-- > 0;)
    for (size_t k = 1; i + k <= n; k++)
      if ((name[i + k] == '_' || i + k == n) && ways[i + k + 1].count && is_word (name + i, k))
        {
          ways[i].word = k;
          ways[i].count = ways[i].count + ways[i + k + 1].count > 1 ? 2 : 1;
        }
}

const char *
names_split (fmtconv_ctx *ctx, const char *name)
{
  const size_t n = strlen (name);
  struct way *ways = fmtconv_ctx_alloc (ctx, n + 2, sizeof *ways);
  char *out = fmtconv_ctx_alloc (ctx, n + 1, 1);
  if (!ways || !out)
    return NULL;
  count_ways (name, n, ways);
  if (ways[0].count != 1)
    return NULL;
  memcpy (out, name, n);
  for (size_t i = ways[0].word; i < n; i += 1 + ways[i + 1].word)
    out[i] = '.';
  return out;
}
