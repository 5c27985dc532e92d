/* plugins/cogvideox-vae/vae.h: the internal interfaces of the cogvideox-vae transform.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VAE_H
#define VAE_H

#include <fmtconv/plugin.h>

struct vae_params
{
  double scaling_factor;    /* NaN: not given */
  int invert_scale_latents; /* -1: not given */
  fmtconv_pairs config;
};

enum
{
  VAE_LEVELS = 16 /* limit; the published VAE has 4 */
};

/* Facts from the tensors' shapes. */
struct vae_facts
{
  uint64_t channels[VAE_LEVELS]; /* of each level of the encoder, from the input on */
  uint64_t levels;
  uint64_t blocks; /* in a level of the encoder; a level of the decoder has one more */
  uint64_t inputs; /* channels of a picture */
  uint64_t outputs;
  uint64_t latents; /* channels of a latent */
};

/* Reads the facts from the model that the rules made, and checks that every tensor of such a VAE is there and has the
 * right shape.  Returns 0, or the code of an error that lists the wrong tensors. */
int vae_check (fmtconv_ctx *ctx, const fmtconv_model *out, struct vae_facts *facts);

/* Returns diffusers' config.json with the user's values, or NULL after an error.  Notes in the attributes of `out`
 * which values are guesses. */
fmtconv_attr *vae_config (fmtconv_ctx *ctx, const struct vae_params *p, const fmtconv_model *in,
                          const struct vae_facts *facts, fmtconv_model *out);

#endif
