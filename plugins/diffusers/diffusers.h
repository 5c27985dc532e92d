/* plugins/diffusers/diffusers.h: what the reader and the writer of component folders share.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A component is a folder with config.json and its weights: STEM.safetensors, or STEM-00001-of-00003.safetensors
 * … and STEM.safetensors.index.json; of a variant V STEM.V.safetensors, STEM.V-00001-of-00003.safetensors … and
 * STEM.safetensors.index.V.json; the same with .bin for pickles.  Source: diffusers,
 * src/diffusers/models/modeling_utils.py; transformers, src/transformers/utils/__init__.py;
 * peft, src/peft/utils/constants.py. */
#ifndef DIFFUSERS_H
#define DIFFUSERS_H

#include <fmtconv/plugin.h>

#define DIFFUSERS_STEM "diffusion_pytorch_model" /* of diffusers' own classes */
#define TRANSFORMERS_STEM "model"                /* of those of transformers */
#define LORA_STEM "pytorch_lora_weights"         /* of a LoRA, which has no configuration */
#define ADAPTER_STEM "adapter_model"             /* of peft's adapters */

#define DIFFUSERS_CONFIG "config.json"
#define ADAPTER_CONFIG "adapter_config.json" /* beside ADAPTER_STEM */
#define DIFFUSERS_INDEX "model_index.json"   /* of a pipeline */
#define DIFFUSERS_VERSION "_diffusers_version"
#define DIFFUSERS_TOKENIZER "tokenizer_config.json"

/* What the name of weights, or of their index, says. */
struct diffusers_weights
{
  const char *variant; /* n bytes; n == 0: none */
  size_t n;
  const char *reader; /* of such files */
  int rank;           /* the highest is read where a folder has several */
  const char *library;
  const char *stem;
  int is_index;
  int is_part; /* one file of several: its variant is not told */
};

/* Is it such a name? */
int diffusers_inspect (const char *name, struct diffusers_weights *w);

/* Are weights of that stem a LoRA or another adapter, so that the stem is kept when they are written? */
int diffusers_is_adapter (const char *stem);

struct diffusers_read_params
{
  const char *variant; /* NULL: none, or the only one there is */
  int aliases;         /* INDEX_ALIASES_… */
};
int diffusers_probe (const fmtconv_peek *peek);
int diffusers_read (fmtconv_ctx *ctx, const void *params, fmtconv_input *in, fmtconv_model *out);

/* The tensors of a component's folder. */
int diffusers_read_weights (fmtconv_ctx *ctx, const struct diffusers_read_params *p, fmtconv_input *folder,
                            fmtconv_model *out);

/* Are there weights of that variant ("": without one; NULL: any, or a part of some)? */
int diffusers_has_weights (fmtconv_input *folder, const char *variant);

/* A whole component: weights with their configuration, a configuration alone (a scheduler's), or files alone (a
 * tokenizer's). */
int diffusers_read_component (fmtconv_ctx *ctx, const struct diffusers_read_params *p, fmtconv_input *folder,
                              fmtconv_model *out);

/* Carry along the other files of a component; config: the name of its configuration, NULL: it has none. */
int diffusers_attach_files (fmtconv_ctx *ctx, fmtconv_input *folder, const char *config, int has_weights,
                            fmtconv_model *out);

/* The components that a pipeline's index names; without an index, a text encoder and its tokenizer. */
int diffusers_read_pipeline (fmtconv_ctx *ctx, const struct diffusers_read_params *p, fmtconv_input *in,
                             fmtconv_model *out);

/* A file that is one JSON object.  NULL: an error. */
fmtconv_attr *diffusers_read_json (fmtconv_ctx *ctx, fmtconv_input *folder, const char *name);

struct diffusers_write_params
{
  uint64_t max_shard_size; /* bytes */
  const char *variant;     /* NULL: none */
  int tied;                /* 0: once, 1: copy */
  const char *version;     /* NULL: the configuration's own */
};

/* What a component's files go beneath. */
struct diffusers_place
{
  fmtconv_ctx *ctx;
  const struct diffusers_write_params *p;
  fmtconv_layout *out;
  const char *dir; /* "vae/"; "": the output itself */
};

fmtconv_file *diffusers_create (const struct diffusers_place *at, const char *name);

/* The configuration over its defaults; empty: there is none.  NULL: an error. */
fmtconv_attr *diffusers_config (const struct diffusers_place *at, fmtconv_attr *attrs);

/* Who made it, in what diffusers writes itself. */
void diffusers_stamp (const struct diffusers_place *at, fmtconv_attr *config);

/* Has it neither tensors nor files nor a configuration? */
int diffusers_is_empty (const fmtconv_model *model);

/* All files of a component. */
int diffusers_put_component (const struct diffusers_place *at, const fmtconv_model *model);

int diffusers_write (fmtconv_ctx *ctx, const void *params, const fmtconv_model *model, fmtconv_layout *out);

/* Can it be a variant's name?  Letters, digits, '-' and '_'. */
int diffusers_is_variant (const char *variant, size_t n);

#endif
