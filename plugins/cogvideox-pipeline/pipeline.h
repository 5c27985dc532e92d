/* plugins/cogvideox-pipeline/pipeline.h: the parts of the cogvideox-pipeline transform.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PIPELINE_H
#define PIPELINE_H

#include <fmtconv/plugin.h>

struct pipeline_params
{
  fmtconv_pairs scheduler;
  fmtconv_pairs vae;
};

/* What the transformer's configuration says of the pipeline. */
struct pipeline_facts
{
  int is_rotary;   /* all but CogVideoX-2B */
  int is_1_5;      /* of CogVideoX1.5 */
  int is_image;    /* image to video */
  int64_t latents; /* channels of a latent */
  int64_t text;    /* width of the text encoder; 0: not said */
};

/* The component of that name in a bundle, only to be looked at; NULL: there is none. */
const fmtconv_model *pipeline_find (const fmtconv_model *bundle, const char *name);

/* Has it neither tensors nor files nor a configuration? */
int pipeline_is_empty (const fmtconv_model *component);

/* Its configuration, made where there is none. */
fmtconv_attr *pipeline_config (fmtconv_model *component);

/* All return 0 or the code of an error. */

/* The transformer's facts, and that it is one of CogVideoX. */
int pipeline_inspect (fmtconv_ctx *ctx, const fmtconv_model *bundle, struct pipeline_facts *facts);

/* The VAE scales latents as the transformer was trained with. */
int pipeline_vae (fmtconv_ctx *ctx, const struct pipeline_params *p, const struct pipeline_facts *facts,
                  fmtconv_model *out);

/* The scheduler of the training, where the bundle has none. */
int pipeline_scheduler (fmtconv_ctx *ctx, const struct pipeline_params *p, const struct pipeline_facts *facts,
                        fmtconv_model *out);

/* The text encoder and its tokenizer, or what they are without. */
int pipeline_text (fmtconv_ctx *ctx, const struct pipeline_facts *facts, fmtconv_model *out);

#endif
