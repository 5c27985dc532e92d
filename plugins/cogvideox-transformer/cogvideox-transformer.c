/* plugins/cogvideox-transformer/cogvideox-transformer.c: the CogVideoX transformer from SAT to diffusers.
 * SPDX-License-Identifier: Apache-2.0
 *
 * SAT keeps q, k and v in one matrix, and the twelve modulations of both norms of a block in another; diffusers
 * splits them (CogVideo: sat/dit_video_concat.py; diffusers: models/transformers/cogvideox_transformer_3d.py). */
#include "config.h"

#include "transformer.h"
#include <fmtconv/formats.h>

static const fmtconv_param params[] = {
  { "version", FMTCONV_PARAM_CHOICE, offsetof (struct cogvideox_params, version),
    "auto|2b|5b|5b-i2v|1.5-5b|1.5-5b-i2v",
    "the model's version, if tensors and training configuration do not show it" },
  { "rotary", FMTCONV_PARAM_BOOL, offsetof (struct cogvideox_params, rotary), NULL,
    "the model has rotary positions; default: as its version" },
  { "config.*", FMTCONV_PARAM_PAIRS, offsetof (struct cogvideox_params, config), NULL,
    "sets a value in config.json: config.sample_height=96" },
  { 0 },
};

#define LAYER "transformer.layers.{i}."
#define ADALN "mixins.adaln_layer."
#define FINAL "mixins.final_layer."
#define BLOCK "transformer_blocks.{i}."
/* In the order of the state_dict of diffusers' class. */
static const fmtconv_rules rules = {
  .sides = "sat|diffusers",
  .prefix = "model.diffusion_model.[_orig_mod.]|",
  .lists = "w=weight,bias",
  .complete = "i",
  .dense = 1,
  .rules =
      (const fmtconv_rule[]){
          { .from = "mixins.pos_embed.pos_embedding",
            .to = "patch_embed.pos_embedding",
            .shape = "1,s,h",
            .flags = FMTCONV_RULE_OPTIONAL },
          { .from = "mixins.patch_embed.proj.{w}", .to = "patch_embed.proj.{w}", .shape = "h,c,p,p|h,q|h" },
          { .from = "mixins.patch_embed.text_proj.{w}", .to = "patch_embed.text_proj.{w}", .shape = "h,e|h" },
          { .from = "time_embed.0.{w}", .to = "time_embedding.linear_1.{w}", .shape = "t,h|t" },
          { .from = "time_embed.2.{w}", .to = "time_embedding.linear_2.{w}", .shape = "t,t|t" },
          { .from = "ofs_embed.{n:0,2}.{w}",
            .to = "ofs_embedding.linear_{n:1,2}.{w}",
            .shape = "o,o|o",
            .flags = FMTCONV_RULE_OPTIONAL },
          { .from = ADALN "adaLN_modulations.{i}.1.{w}",
            .to = BLOCK "norm1.linear.{w}",
            .shape = "12h,t|12h",
            .pick = "0,1,2,6,7,8/12" },
          { .from = LAYER "input_layernorm.{w}", .to = BLOCK "norm1.norm.{w}", .shape = "h" },
          { .from = ADALN "query_layernorm_list.{i}.{w}", .to = BLOCK "attn1.norm_q.{w}", .shape = "d" },
          { .from = ADALN "key_layernorm_list.{i}.{w}", .to = BLOCK "attn1.norm_k.{w}", .shape = "d" },
          { .from = LAYER "attention.query_key_value[.original].{w}",
            .to = BLOCK "attn1.to_{p:q,k,v}.{w}",
            .shape = "3h,h|3h" },
          { .from = LAYER "attention.dense[.original].{w}",
            .to = BLOCK "attn1.to_out.0.{w}",
            .shape = "h,h|h" },
          { .from = ADALN "adaLN_modulations.{i}.1.{w}",
            .to = BLOCK "norm2.linear.{w}",
            .shape = "12h,t|12h",
            .pick = "3,4,5,9,10,11/12" },
          { .from = LAYER "post_attention_layernorm.{w}", .to = BLOCK "norm2.norm.{w}", .shape = "h" },
          { .from = LAYER "mlp.dense_h_to_4h.{w}", .to = BLOCK "ff.net.0.proj.{w}", .shape = "4h,h|4h" },
          { .from = LAYER "mlp.dense_4h_to_h.{w}", .to = BLOCK "ff.net.2.{w}", .shape = "h,4h|h" },
          { .from = "transformer.final_layernorm.{w}", .to = "norm_final.{w}", .shape = "h" },
          { .from = FINAL "adaLN_modulation.1.{w}", .to = "norm_out.linear.{w}", .shape = "2h,t|2h" },
          { .from = FINAL "norm_final.{w}", .to = "norm_out.norm.{w}", .shape = "h" },
          { .from = FINAL "linear.{w}", .to = "proj_out.{w}", .shape = "u,h|u" },
          { .from = "mixins.pos_embed.freqs_{x:sin,cos}",
            .why = "table of angles, which diffusers computes" },
          { .from = "transformer.position_embeddings.weight", .why = "SAT's own positions, never used" },
          { .from = LAYER "attention.{x}.matrix_{m:A,B}.{p}",
            .why = "LoRA: -t cogvideox-lora, or -t lora-merge before this" },
          { .from = "/conditioner.{x*}", .why = "text encoder: -t t5-encoder" },
          { .from = "/first_stage_model.{x*}", .why = "VAE, a 16-bit copy of 3d-vae.pt: -t cogvideox-vae" },
          { 0 },
      },
};

/* Compares the number of layers with the training configuration: tensors do not show that the last layers are
 * missing. */
static int
check_layers (fmtconv_ctx *ctx, const fmtconv_model *in, const struct cogvideox_facts *facts)
{
  fmtconv_attr *given =
      fmtconv_attr_at (fmtconv_model_attrs (in), "source/training_config/model/network_config/params");
  int64_t layers = fmtconv_attr_get_int (given, "num_layers", facts->layers);
  if (layers == facts->layers)
    return 0;
  return fmtconv_fail_at (
      ctx, FMTCONV_E_MISSING,
      &(fmtconv_where){ .hint = "check that the checkpoint is complete and of this training" },
      "training_config.yaml says %lld layers, but the model has %lld", (long long) layers,
      (long long) facts->layers);
}

static void
drop_table (fmtconv_model *out, const struct cogvideox_facts *facts)
{
  const fmtconv_tensor *table = fmtconv_model_find (out, "patch_embed.pos_embedding");
  if (table && !facts->is_learned)
    fmtconv_model_drop (out, table, "table of sines, which diffusers computes");
}

/* Compares the size of the position table with the size that diffusers derives from the configuration: an error for a
 * trained table, a warning for a table of sines, which diffusers computes itself. */
static int
check_table (fmtconv_ctx *ctx, const struct cogvideox_facts *facts, fmtconv_attr *config)
{
  int64_t size = fmtconv_attr_get_int (config, "patch_size", 1), rows;
  int64_t height = fmtconv_attr_get_int (config, "sample_height", 0) / (size > 0 ? size : 1);
  int64_t width = fmtconv_attr_get_int (config, "sample_width", 0) / (size > 0 ? size : 1);
  int64_t ratio = fmtconv_attr_get_int (config, "temporal_compression_ratio", 1);
  int64_t frames = (fmtconv_attr_get_int (config, "sample_frames", 1) - 1) / (ratio > 0 ? ratio : 1) + 1;
  if (!facts->positions || __builtin_mul_overflow (height, width, &rows)
      || __builtin_mul_overflow (rows, frames, &rows)
      || __builtin_add_overflow (rows, fmtconv_attr_get_int (config, "max_text_seq_length", 0), &rows)
      || rows == facts->positions)
    return 0;
  const char *problem = fmtconv_ctx_printf (
      ctx,
      "the position table has %lld rows, but text and patches at the sample size of config.json need %lld",
      (long long) facts->positions, (long long) rows);
  const char *hint = "give the sizes of the training: config.sample_height=, config.sample_width= (in "
                     "latents), config.sample_frames=, config.max_text_seq_length=";
  if (!problem || !facts->is_learned)
    return problem ? fmtconv_warn (ctx, "%s: diffusers will compute a different table; %s", problem, hint)
                   : 0;
  return fmtconv_fail_at (ctx, FMTCONV_E_FORMAT, &(fmtconv_where){ .hint = hint }, "%s", problem);
}

static void
set_title (fmtconv_ctx *ctx, fmtconv_model *out, const struct cogvideox_facts *f)
{
  fmtconv_attr *attrs = fmtconv_model_attrs (out);
  const char *name = f->name;
  if (!name)
    name = fmtconv_ctx_printf (ctx, "CogVideoX%s%s of width %lld with %lld layers", f->is_1_5 ? "1.5" : "",
                               f->inputs != f->outputs ? " image-to-video" : "", (long long) f->width,
                               (long long) f->layers);
  fmtconv_attr_set_string (attrs, "title", fmtconv_ctx_printf (ctx, "%s, transformer", name));
  fmtconv_attr_set_string (attrs, "library", "diffusers");
  fmtconv_attr_set_string (attrs, "class", "CogVideoXTransformer3DModel");
  fmtconv_attr_set_string (attrs, "architecture", "cogvideox");
}

static int
apply (fmtconv_ctx *ctx, const void *params_, const fmtconv_model *in, fmtconv_model *out)
{
  const struct cogvideox_params *p = params_;
  struct cogvideox_facts facts;
  if (!fmtconv_model_find_pattern (in, "{x*}mixins.patch_embed.proj.{w:weight,bias}")
      && !fmtconv_model_find_pattern (in, "{x*}mixins.adaln_layer.adaLN_modulations.{i}.1.{w:weight,bias}"))
    return fmtconv_model_fail_absent (in, "transformer of CogVideoX");
  fmtconv_rules_apply (&rules, in, out);
  if (fmtconv_ctx_failed (ctx) || cogvideox_resolve (ctx, p, in, out, &facts)
      || check_layers (ctx, in, &facts))
    return fmtconv_ctx_failed (ctx);
  drop_table (out, &facts);
  fmtconv_attr *config = cogvideox_config (ctx, p, &facts);
  if (!config || check_table (ctx, &facts, config))
    return fmtconv_ctx_failed (ctx);
  fmtconv_attr_set (fmtconv_model_attrs (out), "config", config);
  set_title (ctx, out, &facts);
  if (fmtconv_model_find_pattern (in, "{x*}.attention.{y}.matrix_{m:A,B}.{i}"))
    fmtconv_note (ctx, "the checkpoint has a LoRA, which is left out: these are the base weights (to add it: "
                       "-t lora-merge before -t cogvideox-transformer)");
  return fmtconv_ctx_failed (ctx);
}

FMTCONV_PLUGIN (cogvideox_transformer, .name = "cogvideox-transformer",
                .summary = "CogVideoX transformer from SAT to diffusers",
                .transform = FMTCONV_TRANSFORM (.params = params, .main = "version=VERSION",
                                                .understands = FMTCONV_FEATURE_TIED, .kind = "transformer",
                                                .rules = &rules, .apply = apply));
