/* plugins/cogvideox-vae/cogvideox-vae.c: the transform of CogVideoX's VAE from SAT to diffusers, always in 32 bits.
 * SPDX-License-Identifier: Apache-2.0
 *
 * SAT numbers the levels of the decoder from the inside, diffusers from the outside (CogVideo:
 * sat/vae_modules/cp_enc_dec.py; diffusers: models/autoencoders/autoencoder_kl_cogvideox.py). */
#include "config.h"

#include "vae.h"
#include <fmtconv/formats.h>

static const fmtconv_param params[] = {
  { "scaling-factor", FMTCONV_PARAM_FLOAT, offsetof (struct vae_params, scaling_factor), NULL,
    "1.15258426 for CogVideoX-2B, 0.7 for all others; default: from the training configuration or the "
    "transformer" },
  { "invert-scale-latents", FMTCONV_PARAM_BOOL, offsetof (struct vae_params, invert_scale_latents), NULL,
    "yes for CogVideoX1.5; default: from the transformer" },
  { "config.*", FMTCONV_PARAM_PAIRS, offsetof (struct vae_params, config), NULL,
    "sets a value in config.json: config.norm_num_groups=8" },
  { 0 },
};

#define DOWN "encoder.down.{i}."
#define HF_DOWN "encoder.down_blocks.{i}."
#define UP "decoder.up.{k}."
#define HF_UP "decoder.up_blocks.{#k-1-k}."
#define MID "decoder.mid.block_{m}."
#define HF_MID "decoder.mid_block.resnets.{m-1}."
/* A norm of the decoder is shifted and scaled by the latent: conv_y and conv_b. */
#define SPATIAL(from_, to_, c)                                                                   \
  { .from = from_ "norm" c ".norm_layer.{w}", .to = to_ "norm" c ".norm_layer.{w}" },            \
  {                                                                                              \
    .from = from_ "norm" c ".conv_{v:y,b}.conv.{w}", .to = to_ "norm" c ".conv_{v:y,b}.conv.{w}" \
  }
static const fmtconv_rules rules = {
  .sides = "sat|diffusers",
  .prefix = "|first_stage_model.",
  .lists = "w=weight,bias c=1,2",
  .complete = "i k",
  .dense = 1,
  .rules =
      (const fmtconv_rule[]){
          { .from = "encoder.conv_in.conv.{w}", .to = "=" },
          { .from = DOWN "block.{j}.norm{c}.{w}", .to = HF_DOWN "resnets.{j}.norm{c}.{w}" },
          { .from = DOWN "block.{j}.conv{c}.conv.{w}", .to = HF_DOWN "resnets.{j}.conv{c}.conv.{w}" },
          { .from = DOWN "block.{j}.nin_shortcut.{w}",
            .to = HF_DOWN "resnets.{j}.conv_shortcut.{w}",
            .flags = FMTCONV_RULE_OPTIONAL },
          { .from = DOWN "downsample.conv.{w}",
            .to = HF_DOWN "downsamplers.0.conv.{w}",
            .flags = FMTCONV_RULE_OPTIONAL },
          { .from = "encoder.mid.block_{m}.norm{c}.{w}",
            .to = "encoder.mid_block.resnets.{m-1}.norm{c}.{w}" },
          { .from = "encoder.mid.block_{m}.conv{c}.conv.{w}",
            .to = "encoder.mid_block.resnets.{m-1}.conv{c}.conv.{w}" },
          { .from = "encoder.norm_out.{w}", .to = "=" },
          { .from = "encoder.conv_out.conv.{w}", .to = "=" },
          { .from = "decoder.conv_in.conv.{w}", .to = "=" },
          SPATIAL (MID, HF_MID, "1"),
          SPATIAL (MID, HF_MID, "2"),
          { .from = MID "conv{c}.conv.{w}", .to = HF_MID "conv{c}.conv.{w}" },
          SPATIAL (UP "block.{l}.", HF_UP "resnets.{l}.", "1"),
          SPATIAL (UP "block.{l}.", HF_UP "resnets.{l}.", "2"),
          { .from = UP "block.{l}.conv{c}.conv.{w}", .to = HF_UP "resnets.{l}.conv{c}.conv.{w}" },
          { .from = UP "block.{l}.nin_shortcut.{w}",
            .to = HF_UP "resnets.{l}.conv_shortcut.{w}",
            .flags = FMTCONV_RULE_OPTIONAL },
          { .from = UP "upsample.conv.{w}",
            .to = HF_UP "upsamplers.0.conv.{w}",
            .flags = FMTCONV_RULE_OPTIONAL },
          { .from = "decoder.norm_out.norm_layer.{w}", .to = "=" },
          { .from = "decoder.norm_out.conv_{v:y,b}.conv.{w}", .to = "=" },
          { .from = "decoder.conv_out.conv.{w}", .to = "=" },
          { .from = "loss.{x*}", .why = "loss of the VAE's training" },
          { .from = "/model.diffusion_model.{x*}",
            .why = "transformer or LoRA: -t cogvideox-transformer, -t cogvideox-lora" },
          { .from = "/conditioner.{x*}", .why = "text encoder: -t t5-encoder" },
          { 0 },
      },
};

/* Casts all tensors to 32 bits, with a warning if they are not: training casts its copy of the VAE to 16 bits. */
static int
keep_32_bits (fmtconv_ctx *ctx, fmtconv_model *out)
{
  const fmtconv_dtype_info *other = NULL;
  FMTCONV_FOREACH (t, out)
    {
      if (t->dtype == FMTCONV_F32)
        continue;
      other = fmtconv_dtype_get (t->dtype);
      fmtconv_model_replace (out, t, fmtconv_view_cast (t->view, FMTCONV_F32));
    }
  if (!other)
    return 0;
  return fmtconv_warn (ctx,
                       "this VAE is a copy in %s made by training, and its lost precision shows as blur; "
                       "convert 3d-vae.pt instead, which all models share",
                       other->name);
}

static int
apply (fmtconv_ctx *ctx, const void *params_, const fmtconv_model *in, fmtconv_model *out)
{
  struct vae_facts facts;
  if (!fmtconv_model_find_pattern (in, "{x*}decoder.up.{k}.block.{l}.norm{c:1,2}.norm_layer.{w:weight,bias}"))
    return fmtconv_model_fail_absent (in, "VAE of CogVideoX");
  fmtconv_rules_apply (&rules, in, out);
  if (fmtconv_ctx_failed (ctx) || vae_check (ctx, out, &facts))
    return fmtconv_ctx_failed (ctx);
  fmtconv_attr *attrs = fmtconv_model_attrs (out);
  fmtconv_attr_set (attrs, "config", vae_config (ctx, params_, in, &facts, out));
  fmtconv_attr_set_string (attrs, "library", "diffusers");
  fmtconv_attr_set_bool (attrs, "keep-dtype", 1);
  fmtconv_attr_set_string (attrs, "class", "AutoencoderKLCogVideoX");
  fmtconv_attr_set_string (attrs, "architecture", "cogvideox");
  fmtconv_attr_set_string (attrs, "title", "CogVideoX, VAE");
  return keep_32_bits (ctx, out);
}

FMTCONV_PLUGIN (cogvideox_vae, .name = "cogvideox-vae", .summary = "CogVideoX VAE from SAT to diffusers",
                .transform = FMTCONV_TRANSFORM (.params = params, .understands = FMTCONV_FEATURE_TIED,
                                                .kind = "vae", .rules = &rules, .apply = apply));
