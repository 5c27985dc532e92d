/* plugins/cogvideox-pipeline/pipeline.h: the internal interfaces of the cogvideox-pipeline transform.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PIPELINE_H
#define PIPELINE_H

#include <fmtconv/plugin.h>

struct pipeline_params
{
  fmtconv_pairs scheduler;
  fmtconv_pairs vae;
};

/* The facts about the pipeline in the transformer's configuration. */
struct pipeline_facts
{
  int is_rotary;   /* all but CogVideoX-2B */
  int is_1_5;      /* of CogVideoX1.5 */
  int is_image;    /* image to video */
  int64_t latents; /* channels of a latent */
  int64_t text;    /* width of the text encoder; 0: not given */
};

/* Returns the component of that name in a bundle, or NULL. */
const fmtconv_model *pipeline_find (const fmtconv_model *bundle, const char *name);

/* Returns whether a component has no tensors, no files and no configuration. */
int pipeline_is_empty (const fmtconv_model *component);

/* Returns the configuration of a component, created if missing.  NULL if `component` is NULL. */
fmtconv_attr *pipeline_config (fmtconv_model *component);

/* The following functions return 0 or the code of an error. */

/* Reads the facts from the transformer's configuration.  Fails if the transformer is not that of a CogVideoX. */
int pipeline_inspect (fmtconv_ctx *ctx, const fmtconv_model *bundle, struct pipeline_facts *facts);

/* Sets the VAE's scale of latents to that of the transformer's training. */
int pipeline_vae (fmtconv_ctx *ctx, const struct pipeline_params *p, const struct pipeline_facts *facts,
                  fmtconv_model *out);

/* Adds the scheduler of the training if the bundle has none, and applies the user's values. */
int pipeline_scheduler (fmtconv_ctx *ctx, const struct pipeline_params *p, const struct pipeline_facts *facts,
                        fmtconv_model *out);

/* Checks the text encoder and completes it and its tokenizer; notes which of them is missing. */
int pipeline_text (fmtconv_ctx *ctx, const struct pipeline_facts *facts, fmtconv_model *out);

#endif
