/* tests/thirdparty/nanogpt.c: a plugin of others: a model with a configuration, from nanoGPT's training checkpoints to the
 * folder of GPT-2 that transformers loads.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Both name the tensors alike.  transformers keeps the weights of linear layers transposed (its Conv1D), and does not save
 * the output layer, which is the embedding. */
#include <fmtconv/plugin.h>
#include <fmtconv/rules.h>

struct params
{
  int64_t heads;
  fmtconv_pairs config;
};

static const fmtconv_param table[] = {
  { "heads", FMTCONV_PARAM_INT, offsetof (struct params, heads), NULL,
    "attention heads, which the tensors do not tell; default: one for 64 columns" },
  { "config.*", FMTCONV_PARAM_PAIRS, offsetof (struct params, config), NULL,
    "sets a value in config.json: config.attn_pdrop=0.0" },
  { 0 },
};

#define BLOCK "transformer.h.{i}."
#define NORM(name)                              \
  {                                             \
    .from = name "{w}", .to = "=", .shape = "h" \
  }
#define LINEAR(name, rows, columns)                                                      \
  { .from = name "weight", .to = "=", .shape = rows "," columns, .ops = "permute 1,0" }, \
  {                                                                                      \
    .from = name "bias", .to = "=", .shape = rows                                        \
  }
static const fmtconv_rules rules = {
  .prefix = "_orig_mod.|",
  .lists = "w=weight,bias",
  .complete = "i",
  .dense = 1,
  .reverse_prefix = "",
  .rules =
      (const fmtconv_rule[]){
          { .from = "transformer.wte.weight", .to = "=", .shape = "v,h" },
          { .from = "transformer.wpe.weight", .to = "=", .shape = "p,h" },
          NORM (BLOCK "ln_1."),
          LINEAR (BLOCK "attn.c_attn.", "3h", "h"),
          LINEAR (BLOCK "attn.c_proj.", "h", "h"),
          NORM (BLOCK "ln_2."),
          LINEAR (BLOCK "mlp.c_fc.", "4h", "h"),
          LINEAR (BLOCK "mlp.c_proj.", "h", "4h"),
          NORM ("transformer.ln_f."),
          { .from = "lm_head.weight", .why = "tied: the same as transformer.wte.weight" },
          { .from = BLOCK "attn.bias", .why = "the causal mask, which follows from the length" },
          { 0 },
      },
};

/* Returns the configuration of GPT-2 with the sizes that the tensors have. */
static fmtconv_attr *
make_config (fmtconv_ctx *ctx, const struct params *p, const fmtconv_model *out)
{
  const int64_t width = (int64_t) fmtconv_rules_variable (out, "h"),
                heads = p->heads == INT64_MIN ? width / 64 : p->heads;
  fmtconv_attr *config = fmtconv_attr_literal (ctx, FMTCONV_JSON ({
                                                 "architectures" : ["GPT2LMHeadModel"],
                                                 "model_type" : "gpt2",
                                                 "activation_function" : "gelu",
                                                 "layer_norm_epsilon" : 1e-05,
                                                 "tie_word_embeddings" : true
                                               }));
  if (heads < 1 || width % heads)
    fmtconv_fail_at (ctx, FMTCONV_E_USAGE, &(fmtconv_where){ .hint = "heads=NUMBER" },
                     "%lld columns cannot be divided among %lld attention heads", (long long) width,
                     (long long) heads);
  fmtconv_attr_set_uint (config, "vocab_size", fmtconv_rules_variable (out, "v"));
  fmtconv_attr_set_uint (config, "n_positions", fmtconv_rules_variable (out, "p"));
  fmtconv_attr_set_uint (config, "n_layer", fmtconv_rules_variable (out, "#i"));
  fmtconv_attr_set_int (config, "n_embd", width);
  fmtconv_attr_set_int (config, "n_head", heads);
  return config;
}

static int
apply_nanogpt (fmtconv_ctx *ctx, const void *params, const fmtconv_model *in, fmtconv_model *out)
{
  const struct params *p = params;
  fmtconv_attr *attrs = fmtconv_model_attrs (out);
  if (!fmtconv_model_find (in, "transformer.wte.weight")
      && !fmtconv_model_find (in, "_orig_mod.transformer.wte.weight"))
    return fmtconv_model_fail_absent (in, "model of nanoGPT");
  fmtconv_rules_apply (&rules, in, out);
  if (fmtconv_ctx_failed (ctx))
    return fmtconv_ctx_failed (ctx);
  fmtconv_attr *config = make_config (ctx, p, out);
  fmtconv_attr_override (config, &p->config);
  fmtconv_attr_set (attrs, "config", config);
  fmtconv_attr_set_string (attrs, "library", "transformers");
  fmtconv_attr_set_string (attrs, "class", "GPT2LMHeadModel");
  fmtconv_attr_set_string (attrs, "title",
                           fmtconv_ctx_printf (ctx, "GPT-2 with %llu layers",
                                               (unsigned long long) fmtconv_rules_variable (out, "#i")));
  return fmtconv_ctx_failed (ctx);
}

FMTCONV_PLUGIN (nanogpt, .name = "nanogpt", .summary = "nanoGPT to transformers",
                .transform = FMTCONV_TRANSFORM (.params = table, .understands = FMTCONV_FEATURE_TIED,
                                                .kind = "language-model", .rules = &rules,
                                                .apply = apply_nanogpt));
