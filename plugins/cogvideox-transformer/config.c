/* plugins/cogvideox-transformer/config.c: makes diffusers' config.json of a CogVideoX transformer.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "transformer.h"

/* Returns the values that all published models share and tensors do not show, with the sample sizes of 1.0. */
static fmtconv_attr *
common (fmtconv_ctx *ctx)
{
  return fmtconv_attr_literal (ctx, FMTCONV_JSON ({
                                 "_class_name" : "CogVideoXTransformer3DModel",
                                 "activation_fn" : "gelu-approximate",
                                 "attention_bias" : true,
                                 "dropout" : 0.0,
                                 "flip_sin_to_cos" : true,
                                 "freq_shift" : 0,
                                 "max_text_seq_length" : 226,
                                 "norm_elementwise_affine" : true,
                                 "norm_eps" : 1e-05,
                                 "ofs_embed_dim" : null,
                                 "patch_size_t" : null,
                                 "sample_frames" : 49,
                                 "sample_height" : 60,
                                 "sample_width" : 90,
                                 "spatial_interpolation_scale" : 1.875,
                                 "temporal_compression_ratio" : 4,
                                 "temporal_interpolation_scale" : 1.0,
                                 "timestep_activation_fn" : "silu"
                               }));
}

static void
set_sizes (fmtconv_attr *config, const struct cogvideox_facts *f)
{
  fmtconv_attr_set_int (config, "attention_head_dim", f->head);
  fmtconv_attr_set_int (config, "num_attention_heads", f->width / f->head);
  fmtconv_attr_set_int (config, "num_layers", f->layers);
  fmtconv_attr_set_int (config, "in_channels", f->inputs);
  fmtconv_attr_set_int (config, "out_channels", f->outputs);
  fmtconv_attr_set_int (config, "patch_size", f->patch);
  fmtconv_attr_set_int (config, "text_embed_dim", f->text);
  fmtconv_attr_set_int (config, "time_embed_dim", f->time);
  if (f->ofs)
    fmtconv_attr_set_int (config, "ofs_embed_dim", f->ofs);
}

static void
set_version (fmtconv_attr *config, const struct cogvideox_facts *f)
{
  fmtconv_attr_set_bool (config, "patch_bias", !f->is_1_5);
  fmtconv_attr_set_bool (config, "use_rotary_positional_embeddings", f->is_rotary);
  fmtconv_attr_set_bool (config, "use_learned_positional_embeddings", f->is_learned);
  if (!f->is_1_5)
    return;
  fmtconv_attr_set_int (config, "patch_size_t", 2);
  fmtconv_attr_set_int (config, "sample_frames", 81);
  fmtconv_attr_set_int (config, "sample_height", 300);
  fmtconv_attr_set_int (config, "sample_width", 300);
}

fmtconv_attr *
cogvideox_config (fmtconv_ctx *ctx, const struct cogvideox_params *p, const struct cogvideox_facts *f)
{
  fmtconv_attr *config = common (ctx);
  set_sizes (config, f);
  set_version (config, f);
  fmtconv_attr_override (config, &p->config);
  return fmtconv_ctx_failed (ctx) ? NULL : config;
}
