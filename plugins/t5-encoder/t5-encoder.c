/* plugins/t5-encoder/t5-encoder.c: the transform of the T5 text encoder in a fine-tuned checkpoint to transformers.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Training saves the encoder with the model, by transformers' own names (CogVideo: sat/sgm/modules/encoders;
 * transformers: models/t5/modeling_t5.py). */
#include "config.h"

#include <fmtconv/formats.h>
#include <fmtconv/plugin.h>
#include <string.h>

struct params
{
  fmtconv_pairs config;
};

static const fmtconv_param params[] = {
  { "config.*", FMTCONV_PARAM_PAIRS, offsetof (struct params, config), NULL,
    "sets a value in config.json: config.dropout_rate=0.0" },
  { 0 },
};

#define BLOCK "encoder.block.{i}."
#define ATTENTION BLOCK "layer.0.SelfAttention."
#define FEED BLOCK "layer.1.DenseReluDense."
/* T5 has position biases in the first block alone, UMT5 in each. */
#define UMT5 "encoder.block.1.layer.0.SelfAttention.relative_attention_bias.weight"
static const fmtconv_rules rules = {
  .sides = "sat|transformers",
  .prefix = "conditioner.embedders.0.transformer.|",
  .complete = "i",
  .dense = 1,
  .when = "!has(" UMT5 ")",
  .rules =
      (const fmtconv_rule[]){
          { .from = "shared.weight", .to = "=", .shape = "v,h" },
          { .from = "encoder.embed_tokens.weight", .why = "tied: the same as shared.weight" },
          { .from = ATTENTION "{p:q,k,v}.weight", .to = "=", .shape = "a,h" },
          { .from = ATTENTION "o.weight", .to = "=", .shape = "h,a" },
          /* Only the first block has one; an index here keeps the table's order. */
          { .from = ATTENTION "relative_attention_bias.weight",
            .to = "=",
            .shape = "b,n",
            .flags = FMTCONV_RULE_OPTIONAL },
          { .from = BLOCK "layer.0.layer_norm.weight", .to = "=", .shape = "h" },
          { .from = FEED "wi_{g:0,1}.weight", .to = "=", .shape = "f,h" },
          { .from = FEED "wo.weight", .to = "=", .shape = "h,f" },
          { .from = BLOCK "layer.1.layer_norm.weight", .to = "=", .shape = "h" },
          { .from = "encoder.final_layer_norm.weight", .to = "=", .shape = "h" },
          { .from = "/model.diffusion_model.{x*}",
            .why = "transformer or LoRA: -t cogvideox-transformer, -t cogvideox-lora" },
          { .from = "/first_stage_model.{x*}", .why = "VAE, a 16-bit copy of 3d-vae.pt: -t cogvideox-vae" },
          { 0 },
      },
};

static fmtconv_attr *
common (fmtconv_ctx *ctx)
{
  return fmtconv_attr_literal (ctx, FMTCONV_JSON ({
                                 "architectures" : ["T5EncoderModel"],
                                 "classifier_dropout" : 0.0,
                                 "decoder_start_token_id" : 0,
                                 "dense_act_fn" : "gelu_new",
                                 "dropout_rate" : 0.1,
                                 "eos_token_id" : 1,
                                 "feed_forward_proj" : "gated-gelu",
                                 "initializer_factor" : 1.0,
                                 "is_encoder_decoder" : true,
                                 "is_gated_act" : true,
                                 "layer_norm_epsilon" : 1e-06,
                                 "model_type" : "t5",
                                 "output_past" : true,
                                 "pad_token_id" : 0,
                                 "relative_attention_max_distance" : 128,
                                 "tie_word_embeddings" : false,
                                 "use_cache" : true
                               }));
}

/* Returns a copy of the configuration that came with the weights, or NULL if there is none or it is not that of a
 * T5. */
static fmtconv_attr *
kept (fmtconv_ctx *ctx, const fmtconv_model *in)
{
  fmtconv_attr *config = fmtconv_attr_object (ctx),
               *reference = fmtconv_attr_get (fmtconv_model_attrs (in), "config");
  if (strcmp (fmtconv_attr_get_string (reference, "model_type", ""), "t5"))
    return NULL;
  fmtconv_attr_overlay (config, reference);
  return config;
}

/* Sets a size that was derived from the tensors.  Fails if the configuration has another value. */
static void
set_size (fmtconv_ctx *ctx, fmtconv_attr *config, const char *key, uint64_t size)
{
  int64_t given = fmtconv_attr_get_int (config, key, (int64_t) size);
  if (given < 0 || (uint64_t) given != size)
    fmtconv_fail (ctx, FMTCONV_E_FORMAT, "config.json says %s is %lld, but the tensors say %llu", key,
                  (long long) given, (unsigned long long) size);
  else if (!fmtconv_attr_get (config, key))
    fmtconv_attr_set_uint (config, key, size);
}

/* Sets the sizes of transformers' T5Config. */
static int
set_sizes (fmtconv_ctx *ctx, const fmtconv_model *out, fmtconv_attr *config)
{
  static const struct
  {
    const char *key;
    const char *var;
  } sizes[] = {
    { "d_ff", "f" },        { "d_model", "h" },    { "num_heads", "n" },
    { "num_layers", "#i" }, { "vocab_size", "v" }, { "relative_attention_num_buckets", "b" },
  };
  uint64_t heads = fmtconv_rules_variable (out, "n"), inner = fmtconv_rules_variable (out, "a");
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    set_size (ctx, config, sizes[i].key, fmtconv_rules_variable (out, sizes[i].var));
  if (!heads || inner % heads)
    return fmtconv_fail (ctx, FMTCONV_E_FORMAT,
                         "%llu rows of q, k and v cannot be divided among %llu attention heads",
                         (unsigned long long) inner, (unsigned long long) heads);
  set_size (ctx, config, "d_kv", inner / heads);
  return fmtconv_ctx_failed (ctx);
}

/* Fails unless exactly the first block has position biases, as in T5. */
static int
check_bias (fmtconv_ctx *ctx, const fmtconv_model *out)
{
  static const char first[] = "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight";
  if (!fmtconv_model_find (out, first))
    return fmtconv_fail (ctx, FMTCONV_E_MISSING, "missing: '%s'", first);
  FMTCONV_FOREACH (t, out)
    if (fmtconv_pattern_match (ATTENTION "relative_attention_bias.weight", t->name)
        && strcmp (t->name, first))
      return fmtconv_fail (ctx, FMTCONV_E_UNSUPPORTED,
                           "not a T5: '%s': a block after the first has position biases, as in UMT5",
                           t->name);
  return 0;
}

/* Warns if a file has two tensors for the embedding, of which T5EncoderModel uses one. */
static int
check_tie (fmtconv_ctx *ctx, const fmtconv_model *in)
{
  const fmtconv_tensor *embed = fmtconv_model_find_pattern (in, "{x*}encoder.embed_tokens.weight");
  const fmtconv_tensor *shared = fmtconv_model_find_pattern (in, "{x*}shared.weight");
  if (!embed || !shared || fmtconv_model_tied (in, embed) == shared
      || fmtconv_model_tied (in, shared) == embed)
    return 0;
  return fmtconv_warn (
      ctx, "'%s' is dropped, although it may differ from '%s': T5EncoderModel has one tensor for both",
      embed->name, shared->name);
}

static int
apply (fmtconv_ctx *ctx, const void *params_, const fmtconv_model *in, fmtconv_model *out)
{
  const struct params *p = params_;
  fmtconv_attr *attrs = fmtconv_model_attrs (out), *config = kept (ctx, in);
  if (!fmtconv_model_find_pattern (in, "{x*}encoder.block.{i}.layer.0.SelfAttention.{y}.weight"))
    return fmtconv_model_fail_absent (in, "text encoder (T5)");
  fmtconv_rules_apply (&rules, in, out);
  if (!config)
    {
      config = common (ctx);
      fmtconv_attr_set_uint (config, "num_decoder_layers", fmtconv_rules_variable (out, "#i"));
    }
  if (fmtconv_ctx_failed (ctx) || check_bias (ctx, out) || set_sizes (ctx, out, config)
      || check_tie (ctx, in))
    return fmtconv_ctx_failed (ctx);
  fmtconv_attr_override (config, &p->config);
  fmtconv_attr_set (attrs, "config", config);
  fmtconv_attr_set_string (attrs, "library", "transformers");
  fmtconv_attr_set_string (attrs, "class", "T5EncoderModel");
  fmtconv_attr_set_string (attrs, "title",
                           fmtconv_ctx_printf (ctx, "T5 encoder of width %llu with %llu layers",
                                               (unsigned long long) fmtconv_rules_variable (out, "h"),
                                               (unsigned long long) fmtconv_rules_variable (out, "#i")));
  return fmtconv_ctx_failed (ctx);
}

FMTCONV_PLUGIN (t5_encoder, .name = "t5-encoder", .summary = "T5 text encoder from SAT to transformers",
                .transform = FMTCONV_TRANSFORM (.params = params, .understands = FMTCONV_FEATURE_TIED,
                                                .kind = "text_encoder", .rules = &rules, .apply = apply));
