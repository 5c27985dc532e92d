/* plugins/common/lora-group.h: the tensors of an adapter, grouped by the module that they change.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef LORA_GROUP_H
#define LORA_GROUP_H

#include "plugins/common/lora-name.h"

/* What one adapter holds for one module. */
struct lora_group
{
  const char *module;  /* with its prefix, as in the file: "transformer.transformer_blocks.0.attn1.to_q" */
  const char *adapter; /* "": no name */
  int is_embedding;    /* the weight is [in, out] */
  int is_sat;          /* for one of several equal parts of the weight's rows */
  uint64_t index;      /* in SAT: the number of that part */
  size_t position;     /* of its first tensor in the model */
  const struct lora_group *origin;        /* translated: the group whose configuration counts; NULL: itself */
  uint64_t first_row;                     /* translated: for n_rows rows of the weight from this one on */
  uint64_t n_rows;                        /* 0: for the whole weight */
  const fmtconv_tensor *part[LORA_PARTS]; /* NULL: absent */
};

struct lora_groups
{
  const fmtconv_model *model;
  struct lora_group *group; /* in the order of the model */
  size_t n;
  const fmtconv_tensor **used; /* all parts, sorted by address */
  size_t n_used;
};

enum lora_scope
{
  LORA_INSIDE, /* the model that was trained: names that other models have, too, count only next to matrices */
  LORA_FILE,   /* the file of an adapter */
  LORA_FILE_FULL /* the same, and "x.weight" and "x.bias" in it replace those of the model */
};

/* Groups the tensors of `model`; scope: enum lora_scope.  Takes n log n steps for n tensors.  Two tensors of the same
 * part are an error.  Returns 0 or the code of the error. */
int lora_groups_collect (fmtconv_ctx *ctx, const fmtconv_model *model, int scope, struct lora_groups *out);

/* Replaces groups of XLabs' processors by those of the modules that diffusers has, each with its rows of B (lora-xlabs.c).
 * Returns 0 or the code of the error. */
int lora_xlabs_split (fmtconv_ctx *ctx, struct lora_groups *groups);

/* Returns whether a tensor is part of a group. */
bool lora_groups_use (const struct lora_groups *groups, const fmtconv_tensor *t);

/* Returns the part that a group needs and lacks (enum lora_part), and sets *of to the part that needs it; or returns -1:
 * the group is complete. */
int lora_group_lacks (const struct lora_group *group, int *of);

/* Returns the group whose module's name, rank and alpha the configuration is about. */
const struct lora_group *lora_group_origin (const struct lora_group *group);

/* Returns the rank of a group: the common size of its factors; 0: it has none. */
uint64_t lora_group_rank (const struct lora_group *group);

#endif
