/* plugins/lora-gguf/lora-gguf.h: the internal interfaces of the transform that makes adapters of llama.cpp.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef LORA_GGUF_H
#define LORA_GGUF_H

#include "plugins/common/lora-facts.h"
#include "plugins/common/lora-translate.h"
#include <fmtconv/formats.h>

struct adapter_params
{
  fmtconv_input *base;
  double alpha; /* NaN: not given */
};

struct adapter
{
  fmtconv_ctx *ctx;
  const struct adapter_params *params;
  const fmtconv_model *in;
  fmtconv_model *out;
  struct lora_facts facts;
  struct lora_groups groups;
  fmtconv_attr *config;    /* config.json of the base model */
  const char *config_at;   /* its path, for messages */
  fmtconv_weight *weights; /* by group: what it changes */
  const struct lora_group *
      *sources; /* by group: its matrices as the model stores the weight; those of peft else */
  fmtconv_renaming renaming;
  double alpha; /* of the file; 0: not chosen yet */
  size_t norms; /* tensors that replace those of the model */
};

/* The matrices of one weight. */
struct adapter_pair
{
  fmtconv_view *a;  /* [rank, columns], or [experts, rank, columns] */
  fmtconv_view *b;  /* [rows, rank], or [experts, rows, rank] */
  double factor;    /* alpha over rank */
  const char *name; /* of a tensor, for messages */
};

/* Functions that return int return 0 or the code of an error. */

/* Reads the configuration of the base model (base.c). */
int adapter_read_base (struct adapter *s);

/* Checks a new weight against the configuration: its layer, and whether the model has it (base.c). */
int adapter_check_weight (const struct adapter *s, const fmtconv_new_weight *w);

/* Refuses tensors and parts that a GGUF file of an adapter has no place for (check.c). */
int adapter_check (struct adapter *s);

/* Finds the names of the modules in the GGUF file of their model (matrices.c). */
int adapter_rename (struct adapter *s);

/* Makes the matrices of a new weight (matrices.c). */
int adapter_pair_make (struct adapter *s, const fmtconv_new_weight *w, struct adapter_pair *out);

/* Puts all tensors and keys (put.c). */
int adapter_put (struct adapter *s);

#endif
