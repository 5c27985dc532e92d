/* plugins/common/lora-index.h: finds the weight of a module by the name that a LoRA gives to it.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef LORA_INDEX_H
#define LORA_INDEX_H

#include "plugins/common/lora-name.h"

/* The weights of a model under every name that a LoRA may give them. */
struct lora_index
{
  fmtconv_ctx *ctx;
  const fmtconv_model *model;
  struct lora_index_entry *entries; /* sorted */
  size_t n;
};

/* Lists the tensors of `model` in n log n steps.  Returns 0 or the code of the error. */
int lora_index_make (fmtconv_ctx *ctx, const fmtconv_model *model, struct lora_index *out);

/* Returns the tensor `leaf` ("weight") of a module: by the whole name, then without prefixes on either side.  A name with
 * underscores instead of dots that can mean two tensors is an error; tied tensors count as one.  NULL: none, or
 * after an error.
 *   module  as in the LoRA, with its prefix
 *   from    name of the LoRA's tensor, for the message
 *   exact   the LoRA is in the model itself: only the whole name counts */
const fmtconv_tensor *lora_index_find (const struct lora_index *index, const char *module, const char *leaf,
                                       const char *from, bool exact);

/* Returns the tensor that represents the group of tied tensors of `t`, or `t` if it is not tied. */
const fmtconv_tensor *lora_first_tied (const fmtconv_model *model, const fmtconv_tensor *t);

/* Returns the name of a tensor without the wrapper of its module: "x.original.weight" becomes "x.weight"; other names
 * are returned unchanged. */
const char *lora_plain_name (fmtconv_ctx *ctx, const char *name);

#endif
