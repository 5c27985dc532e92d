/* plugins/common/lora-name.c: the table of names of LoRA tensors, and the parser that it drives.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Sources: peft, src/peft/tuners/{lora,loha,lokr}/layer.py and src/peft/utils/save_and_load.py; diffusers,
 * src/diffusers/utils/state_dict_utils.py; kohya's sd-scripts, networks/lora.py; LyCORIS, lycoris/modules; ComfyUI,
 * comfy/lora.py and comfy/weight_adapter; VideoX-Fun, videox_fun/utils/lora_utils.py; DiffSynth-Studio; ai-toolkit. */
#include "config.h"

#include "plugins/common/lora-name.h"
#include "plugins/common/text.h"
#include <fmtconv/formats.h>
#include <stdlib.h>

enum
{
  ADAPTER = 1,   /* ".NAME" may stand between head and tail */
  EMBEDDING = 2, /* of an embedding, whose weight is [in, out] */
  GENERIC = 4    /* models that are not adapters have such names, too */
};

/* A name ends with head, perhaps an adapter's name, and tail. */
static const struct
{
  const char *head;
  const char *tail;
  int part;
  unsigned flags;
} suffixes[] = {
  /* The first of a part is the one that is written. */
  { ".lora_A", ".weight", LORA_DOWN, ADAPTER },
  { ".lora_B", ".weight", LORA_UP, ADAPTER },
  { ".lora_B", ".bias", LORA_UP_BIAS, ADAPTER },
  { ".lora_embedding_A", "", LORA_DOWN, ADAPTER | EMBEDDING },
  { ".lora_embedding_B", "", LORA_UP, ADAPTER | EMBEDDING },
  { ".lora_A", "", LORA_DOWN, 0 },
  { ".lora_B", "", LORA_UP, 0 },
  { ".lora_down", ".weight", LORA_DOWN, ADAPTER },
  { ".lora_up", ".weight", LORA_UP, ADAPTER },
  { ".lora_mid", ".weight", LORA_MID, ADAPTER },
  { ".lora.down", ".weight", LORA_DOWN, ADAPTER },
  { ".lora.up", ".weight", LORA_UP, ADAPTER },
  { "_lora.down", ".weight", LORA_DOWN, 0 },
  { "_lora.up", ".weight", LORA_UP, 0 },
  { ".lora_linear_layer.down", ".weight", LORA_DOWN, 0 },
  { ".lora_linear_layer.up", ".weight", LORA_UP, 0 },
  { "_lora", ".alpha", LORA_ALPHA, 0 },
  { ".lora", ".alpha", LORA_ALPHA, 0 },
  { ".lora_linear_layer", ".alpha", LORA_ALPHA, 0 },
  { "", ".alpha", LORA_ALPHA, GENERIC },
  { ".lora_magnitude_vector", ".weight", LORA_MAGNITUDE, ADAPTER },
  { ".lora_magnitude_vector", "", LORA_MAGNITUDE, 0 },
  { ".dora_scale", "", LORA_MAGNITUDE, 0 },
  { ".magnitude", "", LORA_MAGNITUDE, GENERIC },
  { ".diff", "", LORA_DIFF, GENERIC },
  { ".w_norm", "", LORA_DIFF, GENERIC },
  { ".diff_b", "", LORA_DIFF_BIAS, GENERIC },
  { ".b_norm", "", LORA_DIFF_BIAS, GENERIC },
  { ".set_weight", "", LORA_SET, GENERIC },
  { ".modules_to_save", ".weight", LORA_SET, ADAPTER },
  { ".modules_to_save", ".bias", LORA_SET_BIAS, ADAPTER },
  { ".hada_w1_a", "", LORA_HADA_W1_A, ADAPTER },
  { ".hada_w1_b", "", LORA_HADA_W1_B, ADAPTER },
  { ".hada_w2_a", "", LORA_HADA_W2_A, ADAPTER },
  { ".hada_w2_b", "", LORA_HADA_W2_B, ADAPTER },
  { ".hada_t1", "", LORA_HADA_T1, ADAPTER },
  { ".hada_t2", "", LORA_HADA_T2, ADAPTER },
  { ".lokr_w1", "", LORA_KRON_W1, ADAPTER },
  { ".lokr_w1_a", "", LORA_KRON_W1_A, ADAPTER },
  { ".lokr_w1_b", "", LORA_KRON_W1_B, ADAPTER },
  { ".lokr_w2", "", LORA_KRON_W2, ADAPTER },
  { ".lokr_w2_a", "", LORA_KRON_W2_A, ADAPTER },
  { ".lokr_w2_b", "", LORA_KRON_W2_B, ADAPTER },
  { ".lokr_t2", "", LORA_KRON_T2, ADAPTER },
};

static const struct lora_prefix prefixes[] = {
  { "lora_unet__", "_", LORA_MODEL },
  { "lora_unet_", "_", LORA_MODEL },
  { "lora_transformer_", "_", LORA_MODEL },
  { "lora_prior_unet_", "_", LORA_MODEL },
  { "lycoris_", "_", LORA_MODEL },
  { "lora_te_", "_", LORA_TEXT },
  { "lora_te1_", "_", LORA_TEXT },
  { "lora_te2_", "_", LORA_TEXT_2 },
  { "lora_te3_", "_", LORA_TEXT_3 },
  { "lora_prior_te_", "_", LORA_TEXT },
  { "transformer$$", "$$", LORA_MODEL },
  { "unet$$", "$$", LORA_MODEL },
  { "text_encoder$$", "$$", LORA_TEXT },
  { "text_encoder_2$$", "$$", LORA_TEXT_2 },
  { LORA_PEFT_PREFIX, ".", LORA_ANY },
  { "model.diffusion_model.", ".", LORA_MODEL },
  { "diffusion_model.", ".", LORA_MODEL },
  { "transformer.", ".", LORA_MODEL },
  { "unet.", ".", LORA_MODEL },
  { "pipe.dit.", ".", LORA_MODEL },
  { "dit.", ".", LORA_MODEL },
  { "text_encoder.", ".", LORA_TEXT },
  { "text_encoder_2.", ".", LORA_TEXT_2 },
  { "text_encoder_3.", ".", LORA_TEXT_3 },
  { "_orig_mod.", ".", LORA_ANY },
  { "module.", ".", LORA_ANY },
  { "model.", ".", LORA_ANY },
};

enum
{
  N_SUFFIXES = sizeof suffixes / sizeof *suffixes,
  N_PREFIXES = sizeof prefixes / sizeof *prefixes
};

static bool
ends_with (const char *s, size_t n, const char *end)
{
  size_t k = strlen (end);
  return n > k && memcmp (s + n - k, end, k) == 0;
}

/* Returns the length of `name` before head, adapter and tail of a row, or 0. */
static size_t
parse_suffix (const char *name, size_t n, size_t row, struct lora_name *parsed)
{
  const char *head = suffixes[row].head;
  const size_t head_len = strlen (head);
  if (*suffixes[row].tail && !ends_with (name, n, suffixes[row].tail))
    return 0;
  const size_t end = n - strlen (suffixes[row].tail);
  *parsed = (struct lora_name){ .part = suffixes[row].part,
                                .is_embedding = (suffixes[row].flags & EMBEDDING) != 0,
                                .is_generic = (suffixes[row].flags & GENERIC) != 0,
                                .adapter = name + end,
                                .index = -1 };
  if (!*head || ends_with (name, end, head))
    return parsed->module = end - head_len;
  size_t dot = end;
  while (dot > 0 && name[dot - 1] != '.')
    dot--;
  if (!(suffixes[row].flags & ADAPTER) || dot < 2 || dot == end || !ends_with (name, dot - 1, head))
    return 0;
  parsed->adapter = name + dot;
  parsed->adapter_len = end - dot;
  return parsed->module = dot - 1 - head_len;
}

/* SAT has matrix_A.0 and matrix_B.0, one pair for each of the equal parts of a weight. */
static bool
parse_sat (const char *name, struct lora_name *parsed)
{
  if (!fmtconv_pattern_match ("{x*}.matrix_{m:A,B}.{i}", name))
    return false;
  const char *number = strrchr (name, '.') + 1, *at = number - strlen (".matrix_A.");
  *parsed = (struct lora_name){ .module = (size_t) (at - name),
                                .part = number[-2] == 'A' ? LORA_DOWN : LORA_UP,
                                .adapter = name,
                                .index = strtoll (number, NULL, 10) };
  return true;
}

/* XLabs numbers the processors of one block after the word lora: double_blocks.0.processor.qkv_lora1.down.weight. */
static bool
parse_xlabs (const char *name, size_t n, struct lora_name *parsed)
{
  if (!fmtconv_pattern_match ("{x*}.processor.{m:qkv,proj}_lora{s:1,2}.{d:down,up}.weight", name))
    return false;
  const bool is_up = ends_with (name, n, ".up.weight");
  *parsed = (struct lora_name){ .module = n - strlen (is_up ? ".up.weight" : ".down.weight"),
                                .part = is_up ? LORA_UP : LORA_DOWN,
                                .adapter = name,
                                .index = -1 };
  return true;
}

/* The norms of queries and keys, which the LoRAs for control of Black Forest Labs replace as a whole: by the authors' names,
 * where `scale` is a part of the module, and by those of diffusers. */
static bool
parse_norm (const char *name, size_t n, struct lora_name *parsed)
{
  const bool is_scale = lora_is_scale (name);
  if (!is_scale && !fmtconv_pattern_match ("{x*}.{p:norm_q,norm_k,norm_added_q,norm_added_k}.weight", name))
    return false;
  *parsed = (struct lora_name){ .module = is_scale ? n : n - strlen (".weight"),
                                .part = LORA_SET,
                                .is_generic = true,
                                .adapter = name,
                                .index = -1 };
  return true;
}

bool
lora_is_scale (const char *module)
{
  return fmtconv_pattern_match ("{x*}.{p:query_norm,key_norm}.scale", module);
}

size_t
lora_base_module (const char *name)
{
  static const char end[] = ".base_layer.weight";
  const size_t n = strlen (name);
  return ends_with (name, n, end) ? n - strlen (end) : 0;
}

bool
lora_name_parse (const char *name, struct lora_name *parsed)
{
  const size_t n = strlen (name);
  for (size_t i = 0; i < N_SUFFIXES; i++)
    if (parse_suffix (name, n, i, parsed))
      return true;
  return parse_norm (name, n, parsed) || parse_xlabs (name, n, parsed) || parse_sat (name, parsed);
}

const char *
lora_part_suffix (int part)
{
  static const char *const full[LORA_PARTS] = { [LORA_DOWN] = ".lora_A.weight",
                                                [LORA_UP] = ".lora_B.weight",
                                                [LORA_UP_BIAS] = ".lora_B.bias",
                                                [LORA_MID] = ".lora_mid.weight" };
  for (size_t i = 0; !full[part] && i < N_SUFFIXES; i++)
    if (suffixes[i].part == part && !*suffixes[i].tail)
      return suffixes[i].head;
  return full[part] ? full[part] : ".alpha";
}

const struct lora_prefix *
lora_prefix_of (const char *module)
{
  const struct lora_prefix *found = NULL;
  for (size_t i = 0; i < N_PREFIXES; i++)
    if (text_starts_with (module, prefixes[i].text) && module[strlen (prefixes[i].text)]
        && (!found || strlen (found->text) < strlen (prefixes[i].text)))
      found = &prefixes[i];
  return found;
}

/* Returns whether a prefix is the name of a real module as often as of a wrapper: LlamaForCausalLM has "model.layers". */
static bool
is_common (const struct lora_prefix *p)
{
  return strcmp (p->text, "model.") == 0 || strcmp (p->text, "module.") == 0;
}

const char *
lora_name_in_model (const char *module, bool keeps_component, const char **separator)
{
  const struct lora_prefix *p = lora_prefix_of (module), *next = NULL;
  const char *rest = p ? module + strlen (p->text) : module;
  *separator = p ? p->separator : ".";
  if (!p || p->component != LORA_ANY || (keeps_component && strcmp (p->text, LORA_PEFT_PREFIX) == 0))
    return rest;
  next = lora_prefix_of (rest);
  if (!next || next->component == LORA_ANY)
    return is_common (p) ? module : rest;
  *separator = next->separator;
  return rest + strlen (next->text);
}

int
lora_component_of (const char *module)
{
  int component = LORA_ANY;
  for (const struct lora_prefix *p; component == LORA_ANY && (p = lora_prefix_of (module));)
    {
      component = p->component;
      module += strlen (p->text);
    }
  return component;
}

const char *
lora_component_name (int component)
{
  static const char *const names[LORA_COMPONENTS] = { "the model", "transformer", "text_encoder",
                                                      "text_encoder_2", "text_encoder_3" };
  return names[component];
}
