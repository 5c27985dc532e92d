/* tests/unit/cogvideox-tables.h: the rules of CogVideoX's transformer, VAE and LoRA, SAT to diffusers.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef COGVIDEOX_TABLES_H
#define COGVIDEOX_TABLES_H

#include <fmtconv/rules.h>

#define SAT_LAYER "transformer.layers.{i}."
#define SAT_ADALN "mixins.adaln_layer."
#define SAT_FINAL "mixins.final_layer."
#define HF_BLOCK "transformer_blocks.{i}."

static const fmtconv_rule transformer_rules[] = {
  { "mixins.pos_embed.pos_embedding", "patch_embed.pos_embedding", .shape = "1,s,h",
    .flags = FMTCONV_OPTIONAL },
  { "mixins.patch_embed.proj.{w}", "patch_embed.proj.{w}", .shape = "h,c,p,p|h,q|h" },
  { "mixins.patch_embed.text_proj.{w}", "patch_embed.text_proj.{w}", .shape = "h,e|h" },
  { "time_embed.{n:0,2}.{w}", "time_embedding.linear_{n:1,2}.{w}", .shape = "t,?|t" },
  { "ofs_embed.{n:0,2}.{w}", "ofs_embedding.linear_{n:1,2}.{w}", .shape = "o,o|o",
    .flags = FMTCONV_OPTIONAL },
  { SAT_ADALN "adaLN_modulations.{i}.1.{w}", HF_BLOCK "norm1.linear.{w}", .shape = "12h,t|12h",
    .pick = "0,1,2,6,7,8/12" },
  { SAT_LAYER "input_layernorm.{w}", HF_BLOCK "norm1.norm.{w}", .shape = "h" },
  { SAT_ADALN "query_layernorm_list.{i}.{w}", HF_BLOCK "attn1.norm_q.{w}", .shape = "d" },
  { SAT_ADALN "key_layernorm_list.{i}.{w}", HF_BLOCK "attn1.norm_k.{w}", .shape = "d" },
  { SAT_LAYER "attention.query_key_value[.original].{w}", HF_BLOCK "attn1.to_{p:q,k,v}.{w}",
    .shape = "3h,h|3h" },
  { SAT_LAYER "attention.dense[.original].{w}", HF_BLOCK "attn1.to_out.0.{w}", .shape = "h,h|h" },
  { SAT_ADALN "adaLN_modulations.{i}.1.{w}", HF_BLOCK "norm2.linear.{w}", .shape = "12h,t|12h",
    .pick = "3,4,5,9,10,11/12" },
  { SAT_LAYER "post_attention_layernorm.{w}", HF_BLOCK "norm2.norm.{w}", .shape = "h" },
  { SAT_LAYER "mlp.dense_h_to_4h.{w}", HF_BLOCK "ff.net.0.proj.{w}", .shape = "f,h|f" },
  { SAT_LAYER "mlp.dense_4h_to_h.{w}", HF_BLOCK "ff.net.2.{w}", .shape = "h,f|h" },
  { "transformer.final_layernorm.{w}", "norm_final.{w}", .shape = "h" },
  { SAT_FINAL "adaLN_modulation.1.{w}", "norm_out.linear.{w}", .shape = "2h,t|2h" },
  { SAT_FINAL "norm_final.{w}", "norm_out.norm.{w}", .shape = "h" },
  { SAT_FINAL "linear.{w}", "proj_out.{w}", .shape = "u,h|u" },
  { "mixins.pos_embed.freqs_{x:sin,cos}", .why = "buffer, computed by diffusers" },
  { "transformer.position_embeddings.weight", .why = "unused leftover of SAT" },
  { SAT_LAYER "attention.{x}.matrix_{m:A,B}.{p}", .why = "LoRA left out" },
  { "/conditioner.{x*}", .why = "text encoder" },
  { "/first_stage_model.{x*}", .why = "16-bit copy of the VAE" },
  { 0 },
};

static const fmtconv_rules transformer_table = {
  .prefix = "model.diffusion_model.[_orig_mod.]|",
  .lists = "w=weight,bias",
  .complete = "i",
  .dense = 1,
  .rules = transformer_rules,
};

#define SAT_DOWN "encoder.down.{i}."
#define HF_DOWN "encoder.down_blocks.{i}."
#define SAT_UP "decoder.up.{k}."
#define HF_UP "decoder.up_blocks.{#k-1-k}."

static const fmtconv_rule vae_rules[] = {
  { "encoder.conv_in.conv.{w}", .to = "=" },
  { SAT_DOWN "block.{j}.norm{c}.{w}", .to = HF_DOWN "resnets.{j}.norm{c}.{w}" },
  { SAT_DOWN "block.{j}.conv{c}.conv.{w}", .to = HF_DOWN "resnets.{j}.conv{c}.conv.{w}" },
  { SAT_DOWN "block.{j}.nin_shortcut.{w}", .to = HF_DOWN "resnets.{j}.conv_shortcut.{w}",
    .flags = FMTCONV_OPTIONAL },
  { SAT_DOWN "downsample.conv.{w}", .to = HF_DOWN "downsamplers.0.conv.{w}", .flags = FMTCONV_OPTIONAL },
  { "encoder.mid.block_{m}.norm{c}.{x*}", .to = "encoder.mid_block.resnets.{m-1}.norm{c}.{x*}" },
  { "encoder.mid.block_{m}.conv{c}.conv.{w}", .to = "encoder.mid_block.resnets.{m-1}.conv{c}.conv.{w}" },
  { "encoder.norm_out.{w}", .to = "=" },
  { "encoder.conv_out.conv.{w}", .to = "=" },
  { "decoder.conv_in.conv.{w}", .to = "=", .shape = "?,z,?,?,?|?" },
  { "decoder.mid.block_{m}.norm{c}.{x*}", .to = "decoder.mid_block.resnets.{m-1}.norm{c}.{x*}" },
  { "decoder.mid.block_{m}.conv{c}.conv.{w}", .to = "decoder.mid_block.resnets.{m-1}.conv{c}.conv.{w}" },
  { SAT_UP "block.{l}.norm{c}.{x*}", .to = HF_UP "resnets.{l}.norm{c}.{x*}" },
  { SAT_UP "block.{l}.conv{c}.conv.{w}", .to = HF_UP "resnets.{l}.conv{c}.conv.{w}" },
  { SAT_UP "block.{l}.nin_shortcut.{w}", .to = HF_UP "resnets.{l}.conv_shortcut.{w}",
    .flags = FMTCONV_OPTIONAL },
  { SAT_UP "upsample.conv.{w}", .to = HF_UP "upsamplers.0.conv.{w}", .flags = FMTCONV_OPTIONAL },
  { "decoder.norm_out.{x*}", .to = "=" },
  { "decoder.conv_out.conv.{w}", .to = "=" },
  { "loss.{x*}", .why = "training loss" },
  { "/model.diffusion_model.{x*}", .why = "transformer" },
  { "/conditioner.{x*}", .why = "text encoder" },
  { 0 },
};

static const fmtconv_rules vae_table = {
  .prefix = "|first_stage_model.",
  .lists = "w=weight,bias c=1,2",
  .complete = "i k",
  .dense = 1,
  .rules = vae_rules,
};

#define SAT_ATTENTION "transformer.layers.{i}.attention."
#define PEFT "transformer.transformer_blocks.{i}.attn1."

static const fmtconv_rule lora_rules[] = {
  { SAT_ATTENTION "query_key_value.matrix_A.{p:0,1,2}", PEFT "to_{p:q,k,v}.lora_A.weight", .shape = "r,h" },
  { SAT_ATTENTION "query_key_value.matrix_B.{p:0,1,2}", PEFT "to_{p:q,k,v}.lora_B.weight", .shape = "h,r" },
  { SAT_ATTENTION "dense.matrix_A.0", PEFT "to_out.0.lora_A.weight", .shape = "r,h" },
  { SAT_ATTENTION "dense.matrix_B.0", PEFT "to_out.0.lora_B.weight", .shape = "h,r" },
  { 0 },
};

static const fmtconv_rules lora_table = {
  .prefix = "model.diffusion_model.[_orig_mod.]|",
  .complete = "i",
  .unmatched = "not part of the LoRA",
  .rules = lora_rules,
};

#endif
