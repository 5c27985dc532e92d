/* plugins/diffusers/diffusers.h: declarations of the reader and the writer of component folders.
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
#define TRANSFORMERS_STEM "model"                /* of transformers' classes */
#define LORA_STEM "pytorch_lora_weights"         /* of a LoRA, which has no configuration */
#define ADAPTER_STEM "adapter_model"             /* of peft's adapters */

#define DIFFUSERS_CONFIG "config.json"
#define ADAPTER_CONFIG "adapter_config.json" /* with ADAPTER_STEM */
#define DIFFUSERS_INDEX "model_index.json"   /* of a pipeline */
#define DIFFUSERS_VERSION "_diffusers_version"
#define DIFFUSERS_TOKENIZER "tokenizer_config.json"

/* The parts of a name of weights, or of their index. */
struct diffusers_weights
{
  const char *variant; /* n bytes; n == 0: no variant */
  size_t n;
  const char *reader;  /* for such files */
  int rank;            /* the highest rank in a folder is read */
  const char *library; /* NULL: unknown */
  const char *stem;    /* "": another one, of a part or an index */
  int is_index;
  int is_part; /* one file of several */
};

/* Splits a name into its parts.  Returns whether it is a name of weights or of their index. */
int diffusers_inspect (const char *name, struct diffusers_weights *w);

/* Returns whether two weights have the same variant. */
int diffusers_is_same_variant (const struct diffusers_weights *a, const struct diffusers_weights *b);

/* Returns whether it is a safetensors file with a name that programs do not load from a component's folder. */
int diffusers_is_other_weights (const char *name);

/* Returns whether weights of that stem are a LoRA or another adapter, which keep their stem when written. */
int diffusers_is_adapter (const char *stem);

struct diffusers_read_params
{
  const char *variant; /* NULL: no variant, or the only variant */
  int aliases;         /* INDEX_ALIASES_… */
  int ignore_index;    /* read the files of a split model by their numbers */
};
int diffusers_probe (const fmtconv_peek *peek);
int diffusers_read (fmtconv_ctx *ctx, const void *params, fmtconv_input *in, fmtconv_model *out);

/* Reads the tensors of a component's folder.  Returns 0 or an error code. */
int diffusers_read_weights (fmtconv_ctx *ctx, const struct diffusers_read_params *p, fmtconv_input *folder,
                            fmtconv_model *out);

/* Returns whether the folder has weights, or parts of weights, of that variant ("": without a variant; NULL:
 * any). */
int diffusers_has_weights (fmtconv_input *folder, const char *variant);

/* Reads a component: weights with a configuration, a configuration alone (a scheduler), or files alone (a
 * tokenizer).  Returns 0 or an error code. */
int diffusers_read_component (fmtconv_ctx *ctx, const struct diffusers_read_params *p, fmtconv_input *folder,
                              fmtconv_model *out);

/* Reads the head of README.md as the fact "source/card", or why it cannot be read as "source/card-fault".  Returns 0 or
 * the code of an error. */
int diffusers_read_card (fmtconv_ctx *ctx, fmtconv_input *folder, fmtconv_model *out);

/* Sets the attribute "source/pooling" to the way in which sentence-transformers pools vectors: "mean", "cls", "lasttoken" or
 * another word of its configuration; "": the configuration does not say.  Sets nothing if the folder has no modules.json.
 * Returns 0 or the code of an error. */
int diffusers_read_pooling (fmtconv_ctx *ctx, fmtconv_input *folder, fmtconv_model *out);

/* Attaches the other files of a component.  config: the name of its configuration, NULL: none.  Returns 0 or an
 * error code. */
int diffusers_attach_files (fmtconv_ctx *ctx, fmtconv_input *folder, const char *config, int has_weights,
                            fmtconv_model *out);

/* Reads the components that a pipeline's index names or, without an index, a text encoder and its
 * tokenizer.  Returns 0 or an error code. */
int diffusers_read_pipeline (fmtconv_ctx *ctx, const struct diffusers_read_params *p, fmtconv_input *in,
                             fmtconv_model *out);

/* Returns the JSON object in a file; NULL: an error. */
fmtconv_attr *diffusers_read_json (fmtconv_ctx *ctx, fmtconv_input *folder, const char *name);

struct diffusers_write_params
{
  uint64_t max_shard_size; /* bytes */
  const char *variant;     /* NULL: no variant */
  int tied;                /* 0: once, 1: copy */
  const char *version;     /* NULL: the configuration's */
};

/* The destination of a component's files. */
struct diffusers_place
{
  fmtconv_ctx *ctx;
  const struct diffusers_write_params *p;
  fmtconv_layout *out;
  const char *dir; /* "vae/"; "": the output itself */
};

/* Creates a file in the destination. */
fmtconv_file *diffusers_create (const struct diffusers_place *at, const char *name);

/* Returns the configuration merged over its defaults, empty if the model has neither; NULL: an error. */
fmtconv_attr *diffusers_config (const struct diffusers_place *at, fmtconv_attr *attrs);

/* Sets _diffusers_version. */
void diffusers_stamp (const struct diffusers_place *at, fmtconv_attr *config);

/* Returns whether the model has no tensors, files or configuration. */
int diffusers_is_empty (const fmtconv_model *model);

/* Writes all files of a component.  Returns 0 or an error code. */
int diffusers_put_component (const struct diffusers_place *at, const fmtconv_model *model);

int diffusers_write (fmtconv_ctx *ctx, const void *params, const fmtconv_model *model, fmtconv_layout *out);

/* Returns whether the n bytes can name a variant: letters, digits, '-' and '_'. */
int diffusers_is_variant (const char *variant, size_t n);

#endif
