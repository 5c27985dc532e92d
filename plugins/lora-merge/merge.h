/* plugins/lora-merge/merge.h: the internal interfaces of the lora-merge transform.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MERGE_H
#define MERGE_H

#include <fmtconv/plugin.h>

struct merge_params
{
  double alpha; /* NaN: not given */
  double weight;
  int fan_in_fan_out;    /* of square weights; -1: not given */
  fmtconv_pairs adapter; /* names; n == 0: the only adapter */
  fmtconv_input *file;   /* NULL: the LoRA is in the model itself */
};

enum
{
  MERGE_NOT_WANTED = -1 /* an order: the user chose other adapters */
};

/* The part of a LoRA that a tensor is. */
enum
{
  MERGE_A,
  MERGE_B,
  MERGE_BIAS /* of B: added to the module's bias */
};

/* The name of a LoRA's tensor, parsed. */
struct merge_name
{
  size_t module;       /* length in bytes of the module's name, a prefix of the name */
  int part;            /* MERGE_A … */
  size_t form;         /* the naming scheme (names.c) */
  const char *adapter; /* adapter_len bytes of the name */
  size_t adapter_len;  /* 0: no adapter name */
  long long index;     /* in SAT: of the part of the weight's rows; else -1 */
};

/* Two matrices whose product is added to (a part of) a weight, or a bias that is added to a bias. */
struct merge_pair
{
  const char *module;          /* in the LoRA: "transformer.transformer_blocks.0.attn1.to_q" */
  const char *adapter;         /* "": no name */
  const fmtconv_tensor *a;     /* [r, n] */
  const fmtconv_tensor *b;     /* [m, r]; a bias: [m] */
  const fmtconv_tensor *alpha; /* the tensor that holds alpha; NULL: none */
  const fmtconv_tensor *at;    /* the weight or the bias in the model; NULL: not found, and not wanted */
  const fmtconv_tensor *first; /* represents `at` and the tensors that are tied to it */
  int is_bias;
  int is_embedding;  /* the weight is [in, out], as with is_transposed */
  int is_transposed; /* the weight is [in, out]: a is [r, rows] and b [columns, r] */
  int is_sat;        /* matrix_A.0: the pair is for one of n_parts equal parts of the weight's rows */
  int order;         /* the position of the adapter in the user's list, or MERGE_NOT_WANTED */
  uint64_t part;
  uint64_t n_parts; /* set when the weights are found */
  double factor;
};

/* A tensor of the model by its name with underscores instead of dots. */
struct merge_kohya
{
  const char *name;
  const fmtconv_tensor *tensor;
  size_t index; /* in the model */
};

struct merge
{
  fmtconv_ctx *ctx;
  const struct merge_params *params;
  const fmtconv_model *in;
  const fmtconv_model *lora; /* may be `in` */
  fmtconv_model *out;
  struct merge_pair *pairs; /* sorted by first, part, order and name when the weights are found */
  size_t n;
  const fmtconv_tensor **used; /* tensors that make the pairs, sorted by address */
  size_t n_used;
  fmtconv_view *one;         /* [1, 1] */
  struct merge_kohya *kohya; /* all tensors of `in`, sorted by name; NULL: not needed yet */
};

/* Returns whether `name` is that of a LoRA's matrix or bias, and parses it into *parsed. */
int merge_parse (const char *name, struct merge_name *parsed);

/* Returns the name of another part of the same pair; NULL only after an error, or if the scheme has no such part. */
const char *merge_other_part (fmtconv_ctx *ctx, const char *name, const struct merge_name *parsed, int part);

/* Finds all pairs of the LoRA.  Tensors without a partner, and tensors of a LoRA that cannot be merged, are an
 * error that lists them.  Returns 0 or the code of the error. */
int merge_collect (struct merge *m);

/* Returns whether a tensor belongs to a pair, as matrix, bias or alpha. */
int merge_is_used (const struct merge *m, const fmtconv_tensor *t);

/* Sets the order of each pair from its adapter.  Returns 0, or the code of an error that lists the adapters: the
 * user must choose. */
int merge_choose_adapters (struct merge *m);

/* Returns the reason that a tensor outside of all pairs cannot be merged, or NULL if it is not part of a LoRA.  In
 * the file of a LoRA (is_own_file) all tensors are. */
const char *merge_skip_reason (const char *name, int is_own_file);

/* Finds the weight of each pair, and sorts the pairs.  Returns 0, or the code of an error that lists pairs
 * without. */
int merge_find_bases (struct merge *m);

/* Returns the weight of a pair that is named as in kohya's scripts, "lora_unet_x_y".  NULL if it has none, or
 * after an error: the name can mean two weights. */
const fmtconv_tensor *merge_find_kohya (struct merge *m, const struct merge_pair *p);

/* Returns the name of a tensor without the wrapper of its module: "x.original.weight" becomes "x.weight"; other
 * names are returned unchanged. */
const char *merge_plain_name (fmtconv_ctx *ctx, const char *name);

/* Returns the tensor that represents the group of tied tensors of `t`, or `t` if it is not tied. */
const fmtconv_tensor *merge_first_tied (const fmtconv_model *model, const fmtconv_tensor *t);

/* Returns the tensor plus the products of n pairs, its own or those of a tensor that it is tied to.  NULL after an
 * error. */
fmtconv_view *merge_sum (struct merge *m, const fmtconv_tensor *t, const struct merge_pair *pairs, size_t n);

/* Notes how many products are added with which factors, and warns of f64 tensors. */
void merge_report (const struct merge *m);

#endif
