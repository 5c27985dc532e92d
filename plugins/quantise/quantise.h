/* plugins/quantise/quantise.h: which data type each tensor gets, and why.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef QUANTISE_H
#define QUANTISE_H

#include <fmtconv/plugin.h>
#include <stdbool.h>

struct quantise_params
{
  const char *to;
  fmtconv_pairs rules; /* "rule" and "keep", in the order given */
  uint32_t rest;
  fmtconv_input *imatrix;
};

/* A rule as it was read. */
struct quantise_rule
{
  const char *glob;
  uint32_t dtype; /* 0: keep */
};

/* Everything that decides. */
struct quantise_plan
{
  size_t n_rules;
  struct quantise_rule *rules;
  uint32_t to;
  const struct quantise_mix *mix; /* NULL: one type for all */
  uint32_t rest;
  uint64_t layers; /* how many numbers the model's layers have */
};

/* How much the columns of tensors matter, from a file of llama.cpp. */
struct quantise_matrix
{
  fmtconv_ctx *ctx;
  fmtconv_model *model; /* of a GGUF file */
  size_t n;             /* of an older file */
  struct quantise_weights
  {
    const char *name;
    uint64_t columns;
    fmtconv_view *view; /* as fmtconv_quantise takes it */
  } * weights;
};

/* Read it; what a model of it holds is dropped from `out`.  0 or a code. */
int quantise_read_matrix (fmtconv_ctx *ctx, fmtconv_input *in, fmtconv_model *out,
                          struct quantise_matrix *matrix);

/* The importance of a tensor's columns; NULL: the file does not have it (no error), or an error. */
fmtconv_view *quantise_importance (const struct quantise_matrix *matrix, const fmtconv_tensor *t);

/* What becomes of a tensor. */
struct quantise_choice
{
  uint32_t wanted;
  uint32_t dtype;  /* what its rows allow */
  const char *why; /* it is not quantised; NULL: it was chosen to be of that type */
  bool mixed;      /* the mix gives it a type of its own */
};

/* How many numbers of a tensor lie in a row, which blocks must divide. */
static inline uint64_t
quantise_row (const fmtconv_tensor *t)
{
  return t->rank ? t->shape[t->rank - 1] : 1;
}

/* A preset of several types; NULL: there is none of that name. */
const struct quantise_mix *quantise_mix_of (const char *name);
const char *quantise_mix_names (void);

/* Its type for most tensors, and that of a tensor: 0 for a name that gets no other. */
uint32_t quantise_mix_base (const struct quantise_mix *mix);
uint32_t quantise_mix_type (const struct quantise_mix *mix, const char *name, uint64_t layers);

/* The number of the layer in a tensor's name, UINT64_MAX: none. */
uint64_t quantise_layer (const char *name);

/* Read the parameters.  0 or a code. */
int quantise_plan (fmtconv_ctx *ctx, const struct quantise_params *params, const fmtconv_model *in,
                   struct quantise_plan *plan);

/* Of a floating-point tensor, or one in blocks. */
struct quantise_choice quantise_choose (const struct quantise_plan *plan, const fmtconv_tensor *t);

/* Can fmtconv make it?  A floating-point or block type. */
bool quantise_makes (uint32_t dtype);
bool quantise_is_blocks (uint32_t dtype);

#endif
