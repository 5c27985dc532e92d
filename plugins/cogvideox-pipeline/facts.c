/* plugins/cogvideox-pipeline/facts.c: checks VAE and scheduler against the transformer.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "pipeline.h"
#include <math.h>
#include <string.h>

#define TRANSFORMER "CogVideoXTransformer3DModel"
#define VAE "AutoencoderKLCogVideoX"

static const char *
class_of (const fmtconv_model *component)
{
  fmtconv_attr *attrs = fmtconv_model_attrs (component);
  const char *class = fmtconv_attr_get_string (attrs, "class", NULL);
  return class ? class
               : fmtconv_attr_get_string (fmtconv_attr_get (attrs, "config"), "_class_name", "(unknown)");
}

/* Fails unless the component `name` is there, has the class `class` and has tensors. */
static int
expect (fmtconv_ctx *ctx, const fmtconv_model *bundle, const char *name, const char *class, const char *hint)
{
  const fmtconv_model *c = pipeline_find (bundle, name);
  if (!c || pipeline_is_empty (c))
    {
      for (c = NULL; (c = fmtconv_model_next_component (bundle, c));)
        fmtconv_detail (ctx, "%s: %s", fmtconv_model_name (c), class_of (c));
      return fmtconv_fail_at (ctx, FMTCONV_E_MISSING, &(fmtconv_where){ .hint = hint },
                              "the pipeline has no component '%s', only:", name);
    }
  if (strcmp (class_of (c), class))
    return fmtconv_fail_at (ctx, FMTCONV_E_FORMAT, &(fmtconv_where){ .hint = hint },
                            "the component '%s' has the class %s instead of %s", name, class_of (c), class);
  if (!fmtconv_model_count (c))
    return fmtconv_fail (ctx, FMTCONV_E_MISSING, "the component '%s' has no weights", name);
  return fmtconv_ctx_failed (ctx);
}

int
pipeline_inspect (fmtconv_ctx *ctx, const fmtconv_model *bundle, struct pipeline_facts *facts)
{
  if (expect (ctx, bundle, "transformer", TRANSFORMER,
              "-t transformer/cogvideox-transformer converts it from a SAT checkpoint"))
    return fmtconv_ctx_failed (ctx);
  fmtconv_attr *config =
      fmtconv_attr_get (fmtconv_model_attrs (pipeline_find (bundle, "transformer")), "config");
  int64_t inputs = fmtconv_attr_get_int (config, "in_channels", 16);
  *facts = (struct pipeline_facts){
    .is_rotary = fmtconv_attr_get_int (config, "use_rotary_positional_embeddings", 0) > 0,
    .is_1_5 = fmtconv_attr_get_int (config, "patch_size_t", 0) > 0,
    .latents = fmtconv_attr_get_int (config, "out_channels", 16),
    .text = fmtconv_attr_get_int (config, "text_embed_dim", 0),
  };
  facts->is_image = inputs != facts->latents;
  if (facts->is_image && (inputs % 2 || inputs / 2 != facts->latents))
    return fmtconv_fail (ctx, FMTCONV_E_UNSUPPORTED,
                         "the transformer has %lld input and %lld output channels; a text-to-video model has "
                         "as many inputs as outputs, an image-to-video model twice as many",
                         (long long) inputs, (long long) facts->latents);
  return fmtconv_ctx_failed (ctx);
}

static int
was_given (const fmtconv_pairs *pairs, const char *key)
{
  for (size_t i = 0; i < pairs->n; i++)
    if (!strcmp (pairs->key[i], key))
      return 1;
  return 0;
}

/* Sets the VAE's scaling_factor if its configuration has none; a given value is kept, with a warning if it is
 * unusual. */
static void
resolve_factor (fmtconv_ctx *ctx, const struct pipeline_params *p, const struct pipeline_facts *facts,
                fmtconv_attr *config)
{
  double right = facts->is_rotary ? 0.7 : 1.15258426;
  double factor = fmtconv_attr_get_float (config, "scaling_factor", NAN);
  if (isnan (factor))
    fmtconv_attr_set_float (config, "scaling_factor", right);
  else if (factor != right && !was_given (&p->vae, "scaling_factor"))
    fmtconv_warn (ctx,
                  "the VAE's scaling_factor is %.9g; the published model with this transformer has %.9g (to "
                  "use that: vae.scaling_factor=%.9g)",
                  factor, right, right);
}

static void
resolve_inversion (fmtconv_ctx *ctx, const struct pipeline_params *p, const struct pipeline_facts *facts,
                   fmtconv_attr *config)
{
  static const char key[] = "invert_scale_latents";
  if (!fmtconv_attr_get (config, key))
    fmtconv_attr_set_bool (config, key, facts->is_1_5);
  else if ((fmtconv_attr_get_int (config, key, 0) > 0) != facts->is_1_5 && !was_given (&p->vae, key))
    fmtconv_warn (
        ctx, "the VAE's %s is %s, but a CogVideoX%s transformer needs the opposite (to set it: vae.%s=%s)",
        key, facts->is_1_5 ? "false" : "true", facts->is_1_5 ? "1.5" : "", key,
        facts->is_1_5 ? "true" : "false");
}

int
pipeline_vae (fmtconv_ctx *ctx, const struct pipeline_params *p, const struct pipeline_facts *facts,
              fmtconv_model *out)
{
  if (expect (ctx, out, "vae", VAE, "-t cogvideox-vae converts it from 3d-vae.pt, which all models share"))
    return fmtconv_ctx_failed (ctx);
  fmtconv_model *vae = fmtconv_model_component (out, "vae");
  fmtconv_attr *attrs = fmtconv_model_attrs (vae), *config = pipeline_config (vae);
  int64_t latents = fmtconv_attr_get_int (config, "latent_channels", 16);
  if (latents != facts->latents)
    return fmtconv_fail (
        ctx, FMTCONV_E_FORMAT,
        "the VAE's latents have %lld channels, the transformer's %lld: they belong to different models",
        (long long) latents, (long long) facts->latents);
  resolve_factor (ctx, p, facts, config);
  resolve_inversion (ctx, p, facts, config);
  fmtconv_attr_override (config, &p->vae);
  fmtconv_attr_unset (attrs, "config-default");
  fmtconv_attr_unset (attrs, "config-doubt");
  return fmtconv_ctx_failed (ctx);
}

static fmtconv_attr *
scheduler_config (fmtconv_ctx *ctx, const struct pipeline_facts *facts)
{
  fmtconv_attr *config = fmtconv_attr_literal (ctx, FMTCONV_JSON ({
                                                 "_class_name" : "CogVideoXDDIMScheduler",
                                                 "beta_end" : 0.012,
                                                 "beta_schedule" : "scaled_linear",
                                                 "beta_start" : 0.00085,
                                                 "clip_sample" : false,
                                                 "clip_sample_range" : 1.0,
                                                 "num_train_timesteps" : 1000,
                                                 "prediction_type" : "v_prediction",
                                                 "rescale_betas_zero_snr" : true,
                                                 "sample_max_value" : 1.0,
                                                 "set_alpha_to_one" : true,
                                                 "snr_shift_scale" : 1.0,
                                                 "steps_offset" : 0,
                                                 "timestep_spacing" : "trailing",
                                                 "trained_betas" : null
                                               }));
  if (!facts->is_rotary)
    fmtconv_attr_set_float (config, "snr_shift_scale", 3.0);
  return config;
}

int
pipeline_scheduler (fmtconv_ctx *ctx, const struct pipeline_params *p, const struct pipeline_facts *facts,
                    fmtconv_model *out)
{
  fmtconv_model *scheduler = fmtconv_model_component (out, "scheduler");
  fmtconv_attr *attrs = fmtconv_model_attrs (scheduler);
  if (!scheduler)
    return fmtconv_ctx_failed (ctx);
  if (pipeline_is_empty (scheduler))
    fmtconv_attr_set (attrs, "config", scheduler_config (ctx, facts));
  fmtconv_attr *config = fmtconv_attr_get (attrs, "config");
  if (fmtconv_model_count (scheduler) || !config)
    return fmtconv_fail_at (
        ctx, FMTCONV_E_FORMAT,
        &(fmtconv_where){ .hint =
                              "read the scheduler's folder, with scheduler_config.json, by -r diffusers" },
        "the component 'scheduler' is not a configuration");
  fmtconv_attr_override (config, &p->scheduler);
  fmtconv_attr_set_string (attrs, "library", "diffusers");
  fmtconv_attr_set_string (attrs, "config-name", "scheduler_config.json");
  fmtconv_attr_set_string (attrs, "class",
                           fmtconv_attr_get_string (config, "_class_name", "CogVideoXDDIMScheduler"));
  return fmtconv_ctx_failed (ctx);
}
