/* plugins/cogvideox-vae/vae.h: the parts of the cogvideox-vae transform.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VAE_H
#define VAE_H

#include <fmtconv/plugin.h>

struct vae_params
{
  double scaling_factor;    /* NaN: not said */
  int invert_scale_latents; /* -1: not said */
  fmtconv_pairs config;
};

enum
{
  VAE_LEVELS = 16 /* most levels of resolution; published: 4 */
};

/* What the tensors' shapes say. */
struct vae_facts
{
  uint64_t channels[VAE_LEVELS]; /* of every level of the encoder, from the outside */
  uint64_t levels;
  uint64_t blocks; /* of a level of the encoder; the decoder has one more */
  uint64_t inputs; /* channels of a picture */
  uint64_t outputs;
  uint64_t latents; /* channels of a latent */
};

/* Read the facts off the model that the rules made, and check that every tensor of such a VAE is there and has the
 * shape it must have.  0, or the code of an error that lists what is wrong. */
int vae_check (fmtconv_ctx *ctx, const fmtconv_model *out, struct vae_facts *facts);

/* diffusers' config.json, with what the user overrides. */
fmtconv_attr *vae_config (fmtconv_ctx *ctx, const struct vae_params *p, const fmtconv_model *in,
                          const struct vae_facts *facts, fmtconv_model *out);

#endif
