/* plugins/quantize/quantize.h: which data type each tensor gets, and why.
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
};

/* Which weights of 8-bit floats share a scale, in the order of the parameter's choices. */
enum
{
  QUANTIZE_NO_SCALE,
  QUANTIZE_TENSOR,
  QUANTIZE_ROW,
  QUANTIZE_BLOCK
};

/* What scales are called, in the order of the parameter's choices. */
enum
{
  QUANTIZE_DEFAULT_NAME,
  QUANTIZE_WEIGHT_SCALE,    /* compressed-tensors, vLLM */
  QUANTIZE_SCALE_WEIGHT,    /* ComfyUI */
  QUANTIZE_WEIGHT_SCALE_INV /* DeepSeek */
};

struct quantize_scaling
{
  int per;           /* QUANTIZE_NO_SCALE … */
  int name;          /* but QUANTIZE_DEFAULT_NAME */
  uint64_t block[2]; /* rows and columns, with QUANTIZE_BLOCK */
};

/* A rule as it was read. */
struct quantize_rule
{
  const char *glob;
  uint32_t dtype; /* 0: keep */
};

/* Everything that decides. */
struct quantize_plan
{
  size_t n_rules;
  struct quantize_rule *rules;
  uint32_t to;
  const struct quantize_mix *mix;  /* NULL: one type for all */
  uint32_t rest;                   /* 0: its own type */
  struct quantize_scaling scaling; /* of 8-bit floats */
  uint64_t layers;                 /* how many numbers the model's layers have */
};

/* How much the columns of tensors matter, from a file of llama.cpp. */
struct quantize_matrix
{
  fmtconv_ctx *ctx;
  fmtconv_model *model; /* of a GGUF file */
  size_t n;             /* of an older file */
  struct quantize_weights
  {
    const char *name;
    uint64_t columns;
    fmtconv_view *view; /* as fmtconv_view_quantize takes it */
  } * weights;
};

/* Read it; what a model of it holds is dropped from `out`.  0 or a code. */
int quantize_read_matrix (fmtconv_ctx *ctx, fmtconv_input *in, fmtconv_model *out,
                          struct quantize_matrix *matrix);

/* The importance of a tensor's columns; NULL: the file does not have it (no error), or an error. */
fmtconv_view *quantize_importance (const struct quantize_matrix *matrix, const fmtconv_tensor *t);

/* What becomes of a tensor. */
struct quantize_choice
{
  uint32_t wanted;
  uint32_t dtype;  /* what its rows allow */
  const char *why; /* it is not quantized; NULL: it was chosen to be of that type */
  bool mixed;      /* the mix gives it a type of its own */
};

/* How many numbers of a tensor lie in a row, which blocks must divide. */
static inline uint64_t
quantize_row (const fmtconv_tensor *t)
{
  return t->rank ? t->shape[t->rank - 1] : 1;
}

/* A preset of several types; NULL: there is none of that name. */
const struct quantize_mix *quantize_mix_of (const char *name);
const char *quantize_mix_names (void);

/* Its type for most tensors, and that of a tensor: 0 for a name that gets no other. */
uint32_t quantize_mix_base (const struct quantize_mix *mix);
uint32_t quantize_mix_type (const struct quantize_mix *mix, const char *name, uint64_t layers);

/* The number of the layer in a tensor's name, UINT64_MAX: none. */
uint64_t quantize_layer (const char *name);

/* Read the parameters.  0 or a code. */
int quantize_plan (fmtconv_ctx *ctx, const struct quantize_params *params, const fmtconv_model *in,
                   struct quantize_plan *plan);

/* Read what is said of scales; check that 8-bit floats and nothing else have them.  0 or a code. */
int quantize_read_scaling (fmtconv_ctx *ctx, const struct quantize_params *params,
                           struct quantize_scaling *scaling);
int quantize_check_scaling (fmtconv_ctx *ctx, const struct quantize_plan *plan);

/* The tensor as 8-bit floats of `dtype`, and its scales behind it. */
void quantize_put_scaled (fmtconv_ctx *ctx, const struct quantize_scaling *scaling, const fmtconv_tensor *t,
                          uint32_t dtype, fmtconv_model *out);

/* What some readers know such a model by; t: one of its tensors that has a scale. */
void quantize_put_marker (fmtconv_ctx *ctx, const struct quantize_scaling *scaling, const fmtconv_tensor *t,
                          uint32_t dtype, fmtconv_model *out);

/* Of a floating-point tensor, or one in blocks. */
struct quantize_choice quantize_choose (const struct quantize_plan *plan, const fmtconv_tensor *t);

/* Can fmtconv make it?  A floating-point or block type. */
bool quantize_makes (uint32_t dtype);

/* Is it a type of 8-bit floats, which need scales? */
bool quantize_is_scaled (uint32_t dtype);

#endif
