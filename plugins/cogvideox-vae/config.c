/* plugins/cogvideox-vae/config.c: makes diffusers' config.json of CogVideoX's VAE.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "vae.h"
#include <fmtconv/formats.h>
#include <math.h>
#include <string.h>

#define FACTOR_2B 1.15258426 /* of CogVideoX-2B, and the default of diffusers' class */
#define FACTOR_5B 0.7

/* Returns the values that tensors do not show. */
static fmtconv_attr *
common (fmtconv_ctx *ctx)
{
  return fmtconv_attr_literal (ctx, FMTCONV_JSON ({
                                 "_class_name" : "AutoencoderKLCogVideoX",
                                 "act_fn" : "silu",
                                 "block_out_channels" : [],
                                 "down_block_types" : [],
                                 "force_upcast" : true,
                                 "latents_mean" : null,
                                 "latents_std" : null,
                                 "norm_eps" : 1e-06,
                                 "norm_num_groups" : 32,
                                 "sample_height" : 480,
                                 "sample_width" : 720,
                                 "shift_factor" : null,
                                 "temporal_compression_ratio" : 4,
                                 "up_block_types" : [],
                                 "use_post_quant_conv" : false,
                                 "use_quant_conv" : false
                               }));
}

static void
set_sizes (fmtconv_attr *config, const struct vae_facts *f)
{
  for (uint64_t i = 0; i < f->levels; i++)
    {
      fmtconv_attr_set_int (fmtconv_attr_get (config, "block_out_channels"), NULL, (int64_t) f->channels[i]);
      fmtconv_attr_set_string (fmtconv_attr_get (config, "down_block_types"), NULL, "CogVideoXDownBlock3D");
      fmtconv_attr_set_string (fmtconv_attr_get (config, "up_block_types"), NULL, "CogVideoXUpBlock3D");
    }
  fmtconv_attr_set_int (config, "in_channels", (int64_t) f->inputs);
  fmtconv_attr_set_int (config, "out_channels", (int64_t) f->outputs);
  fmtconv_attr_set_int (config, "latent_channels", (int64_t) f->latents);
  fmtconv_attr_set_int (config, "layers_per_block", (int64_t) f->blocks);
}

/* Sets how latents are scaled, which depends on the transformer: from the parameter, the training configuration,
 * or the transformer in the same checkpoint.  Values that none of them gives go into `unknown` too. */
static void
set_scaling (const struct vae_params *p, const fmtconv_model *in, fmtconv_attr *config, fmtconv_attr *unknown)
{
  const fmtconv_tensor *patch = fmtconv_model_find_pattern (in, "{x*}mixins.patch_embed.proj.weight");
  double factor = p->scaling_factor;
  if (isnan (factor))
    factor = fmtconv_attr_get_float (
        fmtconv_attr_at (fmtconv_model_attrs (in), "source/training_config/model"), "scale_factor", NAN);
  if (isnan (factor) && patch && patch->rank > 0 && (patch->shape[0] == 1920 || patch->shape[0] == 3072))
    factor = patch->shape[0] == 1920 ? FACTOR_2B : FACTOR_5B;
  fmtconv_attr_set_float (config, "scaling_factor", isnan (factor) ? FACTOR_2B : factor);
  if (isnan (factor))
    fmtconv_attr_set_float (unknown, "scaling_factor", FACTOR_2B);
  int invert = p->invert_scale_latents;
  if (invert < 0)
    invert = patch ? patch->rank == 2 : -1;
  fmtconv_attr_set_bool (config, "invert_scale_latents", invert > 0);
  if (invert < 0)
    fmtconv_attr_set_bool (unknown, "invert_scale_latents", 0);
}

static int
was_given (const struct vae_params *p, const char *key)
{
  for (size_t i = 0; i < p->config.n; i++)
    if (!strcmp (p->config.key[i], key))
      return 1;
  return 0;
}

static int
check_groups (fmtconv_ctx *ctx, const struct vae_facts *f, fmtconv_attr *config)
{
  int64_t groups = fmtconv_attr_get_int (config, "norm_num_groups", 0);
  for (uint64_t i = 0; i < f->levels; i++)
    if (groups <= 0 || f->channels[i] % (uint64_t) groups)
      return fmtconv_fail_at (
          ctx, FMTCONV_E_FORMAT,
          &(fmtconv_where){ .hint = "give the number of groups of the training: config.norm_num_groups=N" },
          "%llu channels cannot be normalized in %lld groups of equal size",
          (unsigned long long) f->channels[i], (long long) groups);
  return 0;
}

fmtconv_attr *
vae_config (fmtconv_ctx *ctx, const struct vae_params *p, const fmtconv_model *in, const struct vae_facts *f,
            fmtconv_model *out)
{
  fmtconv_attr *config = common (ctx), *unknown = fmtconv_attr_object (ctx);
  set_sizes (config, f);
  set_scaling (p, in, config, unknown);
  fmtconv_attr_override (config, &p->config);
  if (check_groups (ctx, f, config))
    return NULL;
  for (fmtconv_attr *a = unknown ? unknown->first : NULL, *next; a; a = next)
    {
      next = a->next;
      fmtconv_attr_unset (was_given (p, a->key) ? unknown : config, a->key);
    }
  if (fmtconv_attr_get (unknown, "scaling_factor"))
    fmtconv_attr_set_string (
        fmtconv_model_attrs (out), "config-doubt",
        fmtconv_ctx_printf (
            ctx,
            "the input does not state which model this VAE is for: scaling_factor %.9g is right for "
            "CogVideoX-2B; for all others give scaling-factor=0.7, and for 1.5 also invert-scale-latents=yes",
            FACTOR_2B));
  if (unknown && unknown->first)
    fmtconv_attr_set (fmtconv_model_attrs (out), "config-default", unknown);
  return config;
}
