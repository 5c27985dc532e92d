/* plugins/cogvideox-transformer/transformer.h: the internal interfaces of the cogvideox-transformer transform.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TRANSFORMER_H
#define TRANSFORMER_H

#include <fmtconv/plugin.h>

enum
{
  COGVIDEOX_ANY, /* not given */
  COGVIDEOX_2B,
  COGVIDEOX_5B,
  COGVIDEOX_5B_I2V,
  COGVIDEOX_1_5_5B,
  COGVIDEOX_1_5_5B_I2V
};

struct cogvideox_params
{
  int version; /* COGVIDEOX_… */
  int rotary;  /* -1: not given */
  fmtconv_pairs config;
};

/* Facts from the tensors' shapes, and the conclusions from them. */
struct cogvideox_facts
{
  int64_t width;
  int64_t head; /* width of an attention head */
  int64_t layers;
  int64_t inputs; /* channels */
  int64_t outputs;
  int64_t patch;
  int64_t text;
  int64_t time;
  int64_t ofs;       /* width of the embedding of offsets; 0: none */
  int64_t positions; /* rows of the position table; 0: no table */
  int is_1_5;        /* patches span time, and a linear layer embeds them */
  int is_rotary;
  int is_learned;   /* the position table was trained */
  int published;    /* COGVIDEOX_…; COGVIDEOX_ANY: not a published size */
  const char *name; /* "CogVideoX-5B-I2V"; NULL: not a published size */
};

/* Reads the facts from the model that the rules made (`out`), and determines the version.  Returns 0 or the code
 * of an error. */
int cogvideox_resolve (fmtconv_ctx *ctx, const struct cogvideox_params *p, const fmtconv_model *in,
                       const fmtconv_model *out, struct cogvideox_facts *facts);

/* Returns diffusers' config.json with the user's values, or NULL after an error. */
fmtconv_attr *cogvideox_config (fmtconv_ctx *ctx, const struct cogvideox_params *p,
                                const struct cogvideox_facts *facts);

#endif
