/* plugins/cogvideox-pipeline/cogvideox-pipeline.c: the transform that completes a CogVideoX pipeline.
 * SPDX-License-Identifier: Apache-2.0
 *
 * It sets what depends on several components: the scale of latents, the scheduler, the pipeline's class (CogVideo:
 * tools/convert_weight_sat2hf.py; diffusers: src/diffusers/pipelines/cogvideo). */
#include "config.h"

#include "pipeline.h"
#include <string.h>

static const fmtconv_param params[] = {
  { "scheduler.*", FMTCONV_PARAM_PAIRS, offsetof (struct pipeline_params, scheduler), NULL,
    "sets a value in scheduler_config.json: scheduler.steps_offset=1" },
  { "vae.*", FMTCONV_PARAM_PAIRS, offsetof (struct pipeline_params, vae), NULL,
    "sets a value in the VAE's config.json: vae.scaling_factor=0.7" },
  { 0 },
};

/* Fails if a component is not one of the five that the pipeline's classes accept. */
static int
check_names (fmtconv_ctx *ctx, const fmtconv_model *in)
{
  static const char *const names[] = { "scheduler", "text_encoder", "tokenizer", "transformer", "vae" };
  size_t unknown = 0;
  for (const fmtconv_model *c = NULL; (c = fmtconv_model_next_component (in, c));)
    {
      size_t i = 0;
      while (i < 5 && strcmp (fmtconv_model_name (c), names[i]))
        i++;
      if (i == 5 && ++unknown)
        fmtconv_detail (ctx, "%s", fmtconv_model_name (c));
    }
  if (!unknown)
    return 0;
  return fmtconv_fail (ctx, FMTCONV_E_USAGE,
                       "a CogVideoX pipeline has only the components transformer, vae, text_encoder, "
                       "tokenizer and scheduler; not:");
}

static int
apply (fmtconv_ctx *ctx, const void *params_, const fmtconv_model *in, fmtconv_model *out)
{
  const struct pipeline_params *p = params_;
  struct pipeline_facts facts;
  fmtconv_attr *attrs = fmtconv_model_attrs (out);
  if (!fmtconv_model_next_component (in, NULL))
    return fmtconv_fail_at (
        ctx, FMTCONV_E_USAGE,
        &(fmtconv_where){
            .hint = "convert the model to a component first: -t transformer/cogvideox-transformer …" },
        "a pipeline is made of components, and the input is a single model");
  if (check_names (ctx, in) || pipeline_inspect (ctx, in, &facts) || pipeline_vae (ctx, p, &facts, out)
      || pipeline_scheduler (ctx, p, &facts, out) || pipeline_text (ctx, &facts, out))
    return fmtconv_ctx_failed (ctx);
  const char *class = facts.is_image ? "CogVideoXImageToVideoPipeline" : "CogVideoXPipeline";
  fmtconv_attr_set_string (attrs, "library", "diffusers");
  fmtconv_attr_set_string (attrs, "class", class);
  fmtconv_attr_set_string (attrs, "title", class);
  return fmtconv_ctx_failed (ctx);
}

FMTCONV_PLUGIN (cogvideox_pipeline, .name = "cogvideox-pipeline",
                .summary = "completes the components of CogVideoX to a pipeline",
                .transform = FMTCONV_TRANSFORM (.params = params,
                                                .understands = FMTCONV_FEATURE_COMPONENTS
                                                               | FMTCONV_FEATURE_BLOBS | FMTCONV_FEATURE_TIED,
                                                .joins = "cogvideox-transformer", .apply = apply));
