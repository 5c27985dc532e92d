/* plugins/quantize/quantize.h: the internal interfaces of the quantize transform.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef QUANTIZE_H
#define QUANTIZE_H

#include <fmtconv/plugin.h>
#include <stdbool.h>

struct quantize_params
{
  const char *to;
  fmtconv_pairs rules; /* "rule" and "keep", in the order given */
  uint32_t rest;
  fmtconv_input *imatrix;
  int scale;         /* QUANTIZE_NO_SCALE … */
  const char *block; /* NULL: not given */
  int scale_name;    /* QUANTIZE_DEFAULT_NAME … */
  int meta;          /* QUANTIZE_NO_LOADER … */
  int choice;        /* QUANTIZE_BY_NAME … */
};

/* Who chooses the types, in the order of the parameter's choices. */
enum
{
  QUANTIZE_BY_NAME,
  QUANTIZE_AS_LLAMA, /* as llama.cpp, for its names */
  QUANTIZE_AS_LOADER /* as the loader's own software: ComfyUI-GGUF's if the model says how, else llama.cpp */
};

/* Names of tensors, in the order in which llama-quantize counts them. */
struct quantize_counted
{
  size_t n;
  const char **name;
};

/* What llama.cpp's choices depend on. */
struct quantize_llama
{
  int file; /* type of the whole file */
  uint64_t layers;
  struct quantize_counted values; /* values, alone or with keys and queries */
  struct quantize_counted down;   /* second matrices of feed-forwards */
  uint64_t experts;               /* of a layer; 0: none */
  bool shares_values;             /* between 4 heads or more */
  bool is_70b;
  bool is_falcon;
  bool is_tied; /* the embedding is the head, too */
  bool has_matrix;
};

/* What ComfyUI-GGUF's choices depend on. */
struct quantize_comfy
{
  fmtconv_attr *description; /* the attribute "comfy": globs of names */
  const char *file;          /* type of the whole file */
  bool is_auto;              /* of 16 bits */
  uint32_t rest;             /* 0: by the type of the input */
  bool has_rows;             /* tensors are stored in rows of 256 elements */
  size_t values;             /* weights of values so far */
};

/* Weights of 8-bit floats that share a scale, in the order of the parameter's choices. */
enum
{
  QUANTIZE_NO_SCALE,
  QUANTIZE_TENSOR,
  QUANTIZE_ROW,
  QUANTIZE_BLOCK
};

/* Names of scales, in the order of the parameter's choices. */
enum
{
  QUANTIZE_DEFAULT_NAME,
  QUANTIZE_WEIGHT_SCALE,    /* compressed-tensors, vLLM */
  QUANTIZE_SCALE_WEIGHT,    /* ComfyUI */
  QUANTIZE_WEIGHT_SCALE_INV /* DeepSeek */
};

/* Programs that the output describes its weights for, in the order of the parameter's choices. */
enum
{
  QUANTIZE_NO_LOADER,
  QUANTIZE_COMFY,
  QUANTIZE_COMPRESSED_TENSORS,
  QUANTIZE_DEEPSEEK
};

struct quantize_scaling
{
  int per;           /* QUANTIZE_NO_SCALE … */
  int name;          /* not QUANTIZE_DEFAULT_NAME */
  int loader;        /* QUANTIZE_NO_LOADER … */
  uint64_t block[2]; /* rows and columns, with QUANTIZE_BLOCK */
};

/* A parsed rule. */
struct quantize_rule
{
  const char *glob;
  uint32_t dtype; /* 0: keep */
};

/* The parsed parameters and the facts about the model that decide the types. */
struct quantize_plan
{
  size_t n_rules;
  struct quantize_rule *rules;
  uint32_t to;
  const struct quantize_mix *mix;  /* NULL: one type for all */
  uint32_t rest;                   /* 0: tensors keep their types */
  struct quantize_scaling scaling; /* of 8-bit floats */
  uint64_t layers;                 /* 1 + the largest number of a layer; 0: no numbered layers */
  bool is_llama;                   /* llama.cpp's choices, by: */
  struct quantize_llama llama;
  struct quantize_comfy *comfy; /* ComfyUI-GGUF's choices; NULL: others */
};

/* An importance matrix of llama.cpp: how much the columns of tensors matter. */
struct quantize_matrix
{
  fmtconv_ctx *ctx;
  fmtconv_model *model; /* of a GGUF file, or NULL */
  size_t n;             /* of weights, from an older file */
  struct quantize_weights
  {
    const char *name;
    uint64_t columns;   /* of all experts */
    uint32_t calls;     /* divisor of the values; 0: none */
    fmtconv_view *view; /* the values, rank 1 */
  } * weights;
};

/* Reads an importance matrix; the tensors of a GGUF file are listed as dropped in `out`.  Returns 0 or the code of an
 * error. */
int quantize_read_matrix (fmtconv_ctx *ctx, fmtconv_input *in, fmtconv_model *out,
                          struct quantize_matrix *matrix);

/* Returns the importance of a tensor's columns, a row as fmtconv_view_quantize takes it for each matrix.  NULL if the file
 * has none for the tensor, or after an error. */
fmtconv_view *quantize_importance (const struct quantize_matrix *matrix, const fmtconv_tensor *t);

/* The choice for a tensor. */
struct quantize_choice
{
  uint32_t wanted;
  uint32_t dtype;  /* the type that its rows allow */
  const char *why; /* the reason that it is not quantized; NULL: it is */
  bool mixed;      /* the mix gives it another type than most */
};

/* Returns the number of elements in a row of a tensor, which must be a multiple of the block. */
static inline uint64_t
quantize_row (const fmtconv_tensor *t)
{
  return t->rank ? t->shape[t->rank - 1] : 1;
}

/* Returns the number of matrices in a tensor, each of which has a separate importance: those of stacked experts. */
static inline uint64_t
quantize_matrices (const fmtconv_tensor *t)
{
  return t->rank == 3 ? t->shape[0] : 1;
}

/* Returns the mix (a preset of several types) of that name, or NULL. */
const struct quantize_mix *quantize_mix_of (const char *name);

/* Returns the names of all mixes, separated by commas. */
const char *quantize_mix_names (void);

/* Returns the mix's type for most tensors. */
uint32_t quantize_mix_base (const struct quantize_mix *mix);

/* Returns the mix's type for a tensor, or 0 if it is that of most tensors.  layers: see struct quantize_plan. */
uint32_t quantize_mix_type (const struct quantize_mix *mix, const char *name, uint64_t layers);

/* Finds what llama.cpp's choices for the model depend on. */
void quantize_llama_start (fmtconv_ctx *ctx, struct quantize_llama *l, const struct quantize_params *p,
                           const fmtconv_model *in, uint64_t layers);

/* Returns llama.cpp's type for a weight in a file whose weights are mostly of the type `base`. */
uint32_t quantize_llama_type (const struct quantize_llama *l, uint32_t base, const fmtconv_tensor *t);

/* Sets plan->comfy if the model says how ComfyUI-GGUF stores it.  Returns 0 or the code of an error. */
int quantize_comfy_start (fmtconv_ctx *ctx, const struct quantize_params *p, const fmtconv_model *in,
                          struct quantize_plan *plan);

/* Returns whether ComfyUI-GGUF stores the tensor in rows of 256 elements, with its shape in a key. */
bool quantize_comfy_has_rows (const struct quantize_comfy *comfy, const fmtconv_tensor *t);

/* Puts the blocks of a tensor so, and its shape into the attribute that the writer of GGUF files makes the key of. */
void quantize_comfy_put_rows (const fmtconv_tensor *t, uint32_t dtype, fmtconv_model *out);

/* Returns ComfyUI-GGUF's choice for a tensor.  Called once for each, in order: some choices count. */
struct quantize_choice quantize_comfy_choose (const struct quantize_plan *plan, const fmtconv_tensor *t);

/* Returns the number of the layer in a tensor's name, or UINT64_MAX. */
uint64_t quantize_layer (const char *name);

/* Parses the parameters.  Returns 0 or the code of an error. */
int quantize_plan (fmtconv_ctx *ctx, const struct quantize_params *params, const fmtconv_model *in,
                   struct quantize_plan *plan);

/* Parses the parameters of scales.  Returns 0 or the code of an error. */
int quantize_read_scaling (fmtconv_ctx *ctx, const struct quantize_params *params,
                           struct quantize_scaling *scaling);

/* Checks that the plan has scales if and only if it has 8-bit floats.  Returns 0 or the code of an error. */
int quantize_check_scaling (fmtconv_ctx *ctx, const struct quantize_plan *plan);

/* Puts the tensor as 8-bit floats of type `dtype`, followed by its scales. */
void quantize_put_scaled (fmtconv_ctx *ctx, const struct quantize_scaling *scaling, const fmtconv_tensor *t,
                          uint32_t dtype, fmtconv_model *out);

/* Puts the tensor by which ComfyUI recognizes such a model, if the scales have ComfyUI's name.  t: a scaled
 * tensor. */
void quantize_put_marker (fmtconv_ctx *ctx, const struct quantize_scaling *scaling, const fmtconv_tensor *t,
                          uint32_t dtype, fmtconv_model *out);

/* What a loader has to know, as it is gathered tensor by tensor. */
struct quantize_description
{
  int loader;           /* QUANTIZE_NO_LOADER … */
  fmtconv_attr *layers; /* module: {"format": …}, of 8-bit floats */
  fmtconv_attr *plain;  /* names of modules with weights of other types */
};

/* Checks that the loader of meta= can read such scales, and takes the names that it knows.  Returns 0 or the code of an
 * error. */
int quantize_read_loader (fmtconv_ctx *ctx, const struct quantize_params *params,
                          struct quantize_scaling *scaling);

struct quantize_description quantize_description_start (fmtconv_ctx *ctx, int loader);

/* Adds a tensor that is put as 8-bit floats of type `dtype`, or with dtype 0 as something else. */
void quantize_describe (fmtconv_ctx *ctx, struct quantize_description *description, const fmtconv_tensor *t,
                        uint32_t dtype);

/* Puts the description where the loader looks for it.  Returns 0 or the code of an error. */
int quantize_put_description (fmtconv_ctx *ctx, const struct quantize_scaling *scaling,
                              const struct quantize_description *description, fmtconv_model *out);

/* Returns the choice for a tensor that is floating-point or in blocks. */
struct quantize_choice quantize_choose (const struct quantize_plan *plan, const fmtconv_tensor *t);

/* Returns whether fmtconv can write this floating-point or block type. */
bool quantize_makes (uint32_t dtype);

/* Returns whether `dtype` is an 8-bit float type, which needs scales. */
bool quantize_is_scaled (uint32_t dtype);

#endif
