/* plugins/lora-merge/merge.h: the parts of the lora-merge transform.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MERGE_H
#define MERGE_H

#include <fmtconv/plugin.h>

struct merge_params
{
  double alpha; /* NaN: not given */
  double weight;
  fmtconv_input *file; /* NULL: the LoRA is in the model itself */
};

/* Two matrices whose product is added to (a part of) a weight. */
struct merge_pair
{
  const char *module;       /* of the LoRA's names: "transformer.transformer_blocks.0.attn1.to_q" */
  const fmtconv_tensor *a;  /* [r, n] */
  const fmtconv_tensor *b;  /* [m, r] */
  const fmtconv_tensor *at; /* the weight */
  int is_sat;               /* matrix_A.0: one of n_parts equal ones of the weight's rows */
  uint64_t part;
  uint64_t n_parts; /* known when the weights are found */
  double factor;
};

/* A tensor of the model by its name with underscores for points. */
struct merge_flat
{
  const char *name;
  const fmtconv_tensor *tensor;
  size_t place; /* in the model */
};

struct merge
{
  fmtconv_ctx *ctx;
  const struct merge_params *params;
  const fmtconv_model *in;
  const fmtconv_model *lora; /* may be `in` */
  fmtconv_model *out;
  struct merge_pair *pairs; /* sorted by weight and part */
  size_t n;
  struct merge_flat *flat; /* of all tensors of `in`, sorted; NULL: not asked for yet */
};

/* Find all pairs of the LoRA; what has no partner, or is no LoRA in a file of one, is an error that lists it. */
int merge_collect (struct merge *m);

/* Is the tensor one of a LoRA's? */
int merge_is_lora (const char *name);

/* Is it "X.alpha" beside a pair of X, which is looked at with it?  Then it is dropped, for this reason. */
int merge_is_alpha (const struct merge *m, const char *name);
extern const char merge_alpha_reason[];

/* Find the weight of each pair, and sort them; an error lists those without. */
int merge_find_bases (struct merge *m);

/* The name that a wrapped module's tensor gets: "x.original.weight" becomes "x.weight"; others stay. */
const char *merge_plain_name (fmtconv_ctx *ctx, const char *name);

/* The weight with the products of its n pairs. */
fmtconv_view *merge_sum (struct merge *m, const struct merge_pair *pairs, size_t n);

#endif
