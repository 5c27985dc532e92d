/* plugins/lora-merge/merge.h: the internal interfaces of the lora-merge transform.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MERGE_H
#define MERGE_H

#include "plugins/common/lora-facts.h"
#include "plugins/common/lora-index.h"
#include "plugins/common/lora-translate.h"

struct merge_params
{
  double alpha; /* NaN: not given */
  double weight;
  int fan_in_fan_out;    /* of square weights; -1: not given */
  fmtconv_pairs adapter; /* names; n == 0: the only adapter */
  fmtconv_input *file;   /* NULL: the LoRA is in the model itself */
  const char *model;     /* whose rules translate names; NULL: recognized */
};

/* Orders of terms that are not merged. */
enum
{
  MERGE_NOT_WANTED = -1,  /* the user chose other adapters */
  MERGE_NO_COMPONENT = -2 /* the model has no such component */
};

/* How a term changes its tensor. */
enum
{
  MERGE_PRODUCT,   /* plus B A, or B (core A) */
  MERGE_HADAMARD,  /* plus the product of two products, element by element */
  MERGE_KRONECKER, /* plus a Kronecker product */
  MERGE_BIAS,      /* plus the bias of B, times the same factor */
  MERGE_DIFF,      /* plus a tensor of the same shape */
  MERGE_SET        /* replaced by a tensor of the same shape */
};

/* What an adapter adds to (a part of) one tensor of the model. */
struct merge_term
{
  const struct lora_group *group;
  int kind;                    /* MERGE_PRODUCT … */
  const char *leaf;            /* of the tensor's name: "weight" */
  const fmtconv_tensor *a;     /* of a product: [r, n] */
  const fmtconv_tensor *b;     /* of a product: [m, r]; else the tensor that is added */
  const fmtconv_tensor *at;    /* the tensor of the model; NULL: not found, and not wanted */
  const fmtconv_tensor *first; /* represents `at` and the tensors that are tied to it */
  int is_transposed;           /* the weight is [in, out]: a is [r, rows] and b [columns, r] */
  int order;        /* the position of the adapter in the user's list, or negative: it is not merged */
  double weight;    /* the user's, of the adapter */
  uint64_t n_parts; /* of the weight's rows; set when the weights are found */
  double factor;
};

struct merge
{
  fmtconv_ctx *ctx;
  const struct merge_params *params;
  const fmtconv_model *in;
  const fmtconv_model *lora; /* may be `in` */
  fmtconv_model *out;
  struct lora_facts facts;
  struct lora_groups groups;
  struct lora_groups given; /* before they were translated */
  const char *several;      /* models that the LoRA's names can be translated for; NULL: none, or one */
  struct merge_term *terms; /* sorted by first, part, order and name when the weights are found */
  size_t n;
};

/* Finds all terms of the LoRA.  Tensors without a partner, and tensors of a LoRA that cannot be merged, are an
 * error that lists them.  Returns 0 or the code of the error. */
int merge_collect (struct merge *m);

/* Lists what the groups add, after they were translated.  Returns 0 or the code of the error. */
int merge_list_terms (struct merge *m);

/* Drops alphas, and the tensors of terms that are not merged. */
void merge_drop_unused (struct merge *m);

/* Sets the order and the weight of each term from its adapter.  Returns 0, or the code of an error that lists the
 * adapters: the user must choose. */
int merge_choose_adapters (struct merge *m);

/* Returns the reason that a tensor outside of all groups cannot be merged, or NULL if it is not part of a LoRA.  In
 * the file of a LoRA (is_own_file) all tensors are. */
const char *merge_skip_reason (const char *name, int is_own_file);

/* Finds the tensor of each term, and sorts the terms.  A component of the LoRA that the model does not have is left out
 * with a note.  Returns 0, or the code of an error that lists terms without a tensor. */
int merge_find_bases (struct merge *m);

/* Finds the products that are added transposed.  Returns 0, or the code of an error: it is not clear. */
int merge_find_transposed (struct merge *m);

/* Sets the factor of each term: weight · alpha / rank.  Returns 0 or the code of an error. */
int merge_set_factors (struct merge *m);

/* Returns the tensor plus n terms, its own or those of a tensor that it is tied to.  NULL after an error. */
fmtconv_view *lora_merge_sum (struct merge *m, const fmtconv_tensor *t, const struct merge_term *terms,
                              size_t n);

/* Returns a view as a matrix: all axes but the first are joined. */
fmtconv_view *merge_matrix (fmtconv_view *view);

/* Returns A of a product as a matrix, after the core of the three if there is one.  NULL after an error. */
fmtconv_view *merge_down (struct merge *m, const struct merge_term *t);

/* Return `to`, a matrix, plus what a LoHa or a LoKr adds to it.  NULL after an error. */
fmtconv_view *merge_add_hadamard (struct merge *m, fmtconv_view *to, const struct merge_term *t);
fmtconv_view *merge_add_kronecker (struct merge *m, fmtconv_view *to, const struct merge_term *t);

/* Returns a matrix whose rows or columns have the norms that a DoRA learned; `view` if the term has none.  NULL after
 * an error. */
fmtconv_view *merge_apply_magnitude (struct merge *m, fmtconv_view *view, const struct merge_term *t);

/* Notes how many products are added with which factors, and warns of f64 tensors. */
void merge_report (const struct merge *m);

#endif
