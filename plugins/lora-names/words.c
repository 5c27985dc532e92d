/* plugins/lora-names/words.c: splits names with underscores into the words that modules are named by.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A word that is two others, such as linear_1, is never split.
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

enum
{
  MAX_PARTS = 3 /* of a word, joined by underscores */
};

/* The end of a name from one of its parts on. */
struct rest
{
  size_t start;         /* of its first part */
  int count[MAX_PARTS]; /* ways to split it whose first word has 1 + i parts; 2: two or more */
};

static int
is_number (const char *s, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (s[i] < '0' || s[i] > '9')
      return 0;
  return n > 0;
}

/* Returns whether k parts from part i on are a word of the list, or a number. */
static int
is_word (const char *name, const struct rest *rests, size_t i, size_t k)
{
  const char *s = name + rests[i].start;
  const size_t n = rests[i + k].start - rests[i].start - 1;
  for (size_t j = 0; j < sizeof words / sizeof *words; j++)
    if (strlen (words[j]) == n && memcmp (words[j], s, n) == 0)
      return 1;
  return is_number (s, n);
}

/* Fills rests with the parts of a name, and the end of the last one; returns their number. */
static size_t
find_parts (const char *name, struct rest *rests)
{
  size_t n = 1;
  for (const char *s = name; (s = strchr (s, '_')); n++)
    rests[n].start = (size_t) (++s - name);
  rests[n].start = strlen (name) + 1;
  return n;
}

/* Returns whether a word of m parts may follow one of k parts at part i: two words that make a word of the list are
 * that word. */
static int
may_follow (const char *name, const struct rest *rests, size_t i, size_t k, size_t m)
{
  return rests[i + k].count[m - 1] && (k + m > MAX_PARTS || !is_word (name, rests, i, k + m));
}

/* Counts the ways to split the end from part i on, of n parts, by their first word. */
static void
count_ways (const char *name, struct rest *rests, size_t n, size_t i)
{
  for (size_t k = 1; k <= MAX_PARTS && i + k <= n; k++)
    {
      int count = i + k == n;
      if (!is_word (name, rests, i, k))
        continue;
      for (size_t m = 1; m <= MAX_PARTS && i + k < n; m++)
        if (may_follow (name, rests, i, k, m))
          count += rests[i + k].count[m - 1];
      rests[i].count[k - 1] = count > 2 ? 2 : count;
    }
}

/* Writes dots between the words of the only way. */
static void
put_dots (const char *name, const struct rest *rests, size_t n, char *out)
{
  size_t i = 0, k = 1;
  while (!rests[0].count[k - 1])
    k++;
  while (i + k < n)
    {
      size_t m = 1;
      while (!may_follow (name, rests, i, k, m))
        m++;
      i += k;
      k = m;
      out[rests[i].start - 1] = '.';
    }
}

const char *
names_split (fmtconv_ctx *ctx, const char *name)
{
  const size_t length = strlen (name);
  struct rest *rests = fmtconv_ctx_alloc (ctx, length + 2, sizeof *rests);
  char *out = fmtconv_ctx_alloc (ctx, length + 1, 1);
  int count = 0;
  if (!rests || !out)
    return NULL;
  const size_t n = find_parts (name, rests);
  for (size_t i = n; i-- > 0;)
    count_ways (name, rests, n, i);
  for (size_t k = 0; k < MAX_PARTS; k++)
    count += rests[0].count[k];
  if (count != 1)
    return NULL;
  memcpy (out, name, length);
  put_dots (name, rests, n, out);
  return out;
}
