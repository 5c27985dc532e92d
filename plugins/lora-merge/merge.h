/* plugins/lora-merge/merge.h: the parts of the lora-merge transform.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MERGE_H
#define MERGE_H

#include <fmtconv/plugin.h>

struct merge_params
{
  double alpha; /* NaN: not given */
  double weight;
  int fan_in_fan_out;    /* of square weights; -1: not given */
  fmtconv_pairs adapter; /* names; n == 0: the only one there is */
  fmtconv_input *file;   /* NULL: the LoRA is in the model itself */
};

enum
{
  MERGE_NOT_WANTED = -1 /* an adapter's turn: others were asked for */
};

/* Which part of a LoRA a tensor is. */
enum
{
  MERGE_A,
  MERGE_B,
  MERGE_BIAS /* of B: added to the module's bias */
};

/* What the name of a LoRA's tensor says. */
struct merge_name
{
  size_t module;       /* bytes of the name that are the module's */
  int part;            /* MERGE_A … */
  size_t form;         /* how it is written */
  const char *adapter; /* adapter_len bytes of the name */
  size_t adapter_len;  /* 0: it has none */
  long long index;     /* SAT's: of the part of the weight's rows; else -1 */
};

/* Two matrices whose product is added to (a part of) a weight; or a bias that is added to another. */
struct merge_pair
{
  const char *module;          /* of the LoRA's names: "transformer.transformer_blocks.0.attn1.to_q" */
  const char *adapter;         /* "": it has no name */
  const fmtconv_tensor *a;     /* [r, n] */
  const fmtconv_tensor *b;     /* [m, r]; of a bias [m] */
  const fmtconv_tensor *alpha; /* a tensor beside them that says alpha; NULL: there is none */
  const fmtconv_tensor *at;    /* the weight, or the bias; NULL: none was found, and none is wanted */
  const fmtconv_tensor *first; /* what stands for `at` among the tensors that are tied to it */
  int is_bias;
  int is_embedding;  /* whose weight lies as is_transposed says */
  int is_transposed; /* the weight is [in, out]: a is [r, rows] and b [columns, r] */
  int is_sat;        /* matrix_A.0: one of n_parts equal ones of the weight's rows */
  int order;         /* the place of the adapter among those asked for, or MERGE_NOT_WANTED */
  uint64_t part;
  uint64_t n_parts; /* known when the weights are found */
  double factor;
};

/* A tensor of the model by its name with underscores for points. */
struct merge_kohya
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
  struct merge_pair *pairs; /* sorted by first, part, turn and name when the weights are found */
  size_t n;
  const fmtconv_tensor **used; /* that make the pairs, sorted by address */
  size_t n_used;
  fmtconv_view *one;         /* [1, 1] */
  struct merge_kohya *kohya; /* of all tensors of `in`, sorted; NULL: not asked for yet */
};

/* Is it the name of a LoRA's matrix or bias?  Then what it says. */
int merge_parse (const char *name, struct merge_name *said);

/* The name of another part of the same pair; NULL only after an error, or where the form has no such part. */
const char *merge_other_part (fmtconv_ctx *ctx, const char *name, const struct merge_name *said, int part);

/* Find all pairs of the LoRA; what has no partner, or is of a LoRA and cannot be merged, is an error that lists it. */
int merge_collect (struct merge *m);

/* Is the tensor one of a pair, or its alpha? */
int merge_is_used (const struct merge *m, const fmtconv_tensor *t);

/* Give each pair the turn of its adapter; an error lists the adapters where it is not clear which are meant. */
int merge_choose_adapters (struct merge *m);

/* Why a tensor that is in no pair cannot be merged; NULL: it is no LoRA's.  A file of a LoRA has nothing else. */
const char *merge_skip_reason (const char *name, int is_own_file);

/* Find the weight of each pair, and sort them; an error lists those without. */
int merge_find_bases (struct merge *m);

/* The weight that a module's name of kohya's scripts means, "lora_unet_x_y"; NULL: none, or an error, which a name that
 * may mean two weights is. */
const fmtconv_tensor *merge_find_kohya (struct merge *m, const struct merge_pair *p);

/* The name that a wrapped module's tensor gets: "x.original.weight" becomes "x.weight"; others stay. */
const char *merge_plain_name (fmtconv_ctx *ctx, const char *name);

/* The one of a group of tied tensors that stands for all of them; `t` itself where it is tied to none. */
const fmtconv_tensor *merge_first_tied (const fmtconv_model *model, const fmtconv_tensor *t);

/* The tensor with the products of its n pairs, or of those of a tensor that it is tied to. */
fmtconv_view *merge_sum (struct merge *m, const fmtconv_tensor *t, const struct merge_pair *pairs, size_t n);

/* Tell how many products are added at which factors, and what is rounded before. */
void merge_report (const struct merge *m);

#endif
