/* plugins/common/linear.c: which tensors are matrices that a layer multiplies its input by.
 * SPDX-License-Identifier: Apache-2.0
 *
 * torch calls the matrix of a layer `weight` (torch/nn/modules/linear.py), or `in_proj_weight` in an attention
 * (activation.py); a parameter with another name is added, indexed or multiplied by element: pad tokens of Z-Image,
 * registers of AuraFlow, scale_shift_table of LTX and PixArt, position tables, modulation of Wan.  The gates of a mixture
 * of experts are called weight, but choose experts: HiDream's is a bare parameter, and llama.cpp keeps all of them
 * (src/llama-quant.cpp, ffn_gate_inp). */
#include "config.h"

#include "plugins/common/linear.h"
#include <stdbool.h>
#include <string.h>

enum
{
  GATE_RATIO = 8 /* a gate has so many times fewer rows (experts, heads) than columns */
};

/* Names of gates; the gate of a GLU is as large as the matrix that it gates. */
static const char *const gates[] = { "*.gate.weight",          "*.router.weight",     "*gate_inp.weight",
                                     "*gate_inp_shexp.weight", "*expert_gate.weight", "*gate_logits.weight" };

/* llama.cpp's names of tables that are added to the tokens; it reads them as f32 (src/llama-quant.cpp). */
static const char *const tables[] = { "position_embd.weight", "token_types.weight" };

/* The matrices of an adapter of llama.cpp, also those of experts. */
static const char *const adapters[] = { "*.weight.lora_a", "*.weight.lora_b" };

static bool
matches (const char *const *globs, size_t n, const char *name)
{
  for (size_t i = 0; i < n; i++)
    if (fmtconv_glob_match (globs[i], name))
      return true;
  return false;
}

/* Returns whether a tensor is the stacked matrices of a layer's experts, by the names of llama.cpp and
 * transformers, or those of the heads of DeepSeek's latent attention, by the names of llama.cpp. */
static bool
is_stack (const fmtconv_tensor *t)
{
  static const char *const stacks[] = { "*_exps.weight", "*.experts.*", "*.attn_k_b.weight",
                                        "*.attn_v_b.weight" };
  return t->rank == 3 && matches (stacks, sizeof stacks / sizeof *stacks, t->name);
}

static bool
is_gate (const fmtconv_tensor *t)
{
  return t->shape[0] <= t->shape[1] / GATE_RATIO && matches (gates, sizeof gates / sizeof *gates, t->name);
}

const char *
linear_refusal (const fmtconv_tensor *t)
{
  static const char *const weights[] = { "weight", "*.weight", "*_weight" };
  if (t->rank < 2)
    return "1-D";
  if (is_stack (t) || matches (adapters, sizeof adapters / sizeof *adapters, t->name))
    return NULL;
  if (t->rank > 2)
    return "more than 2-D: convolutions and position tables";
  if (!matches (weights, sizeof weights / sizeof *weights, t->name)
      || matches (tables, sizeof tables / sizeof *tables, t->name))
    return "no layer's weight by name: tokens, tables, modulation";
  return is_gate (t) ? "gates, which choose experts or heads" : NULL;
}
