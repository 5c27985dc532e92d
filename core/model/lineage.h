/* core/model/lineage.h: what became of every tensor of the inputs, through all stages.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_MODEL_LINEAGE_H
#define FCI_MODEL_LINEAGE_H

#include "core/model/model.h"

/* The models without components that a result stems from: those that readers made, and all between. */
typedef struct fci_ancestors
{
  const fmtconv_model **model; /* every one before those that were made of it */
  size_t n;
} fci_ancestors;

/* in = kept + renamed + split + merged + dropped.  A tensor that shares a result with others is merged,
 * else one that is in several results is split.  Arrays are indexed by the tensors' numbers in the context. */
typedef struct fci_tensor_lineage
{
  fmtconv_ctx *ctx;
  const fmtconv_model *last; /* what is written */
  fci_ancestors lineage;
  size_t in;
  size_t kept; /* alone, under its own name */
  size_t renamed;
  size_t split;
  size_t merged;
  size_t dropped;
  size_t out;
  const char **why;      /* of each tensor of an input: why it was dropped; NULL: in use */
  const uint32_t **from; /* of each tensor: the inputs' tensors it was made of, ascending */
  size_t *n_from;
} fci_tensor_lineage;

/* Was the model made by a reader? */
bool fci_is_input (const fmtconv_model *model);

/* The account of what a sealed model was made of.  0, or the code of an error. */
int fci_tensor_lineage_make (fmtconv_ctx *ctx, const fmtconv_model *last, fci_tensor_lineage *out);

/* Tensors that were dropped for the same reason. */
typedef struct fci_drop_reason
{
  const char *why;
  const char *first; /* name of the first */
  size_t tensors;
  uint64_t bytes;
} fci_drop_reason;

/* The reasons in the order of their first tensors; *n: how many.  NULL: an error. */
const fci_drop_reason *fci_tensor_lineage_dropped (fmtconv_ctx *ctx, const fci_tensor_lineage *account,
                                                   size_t *n);

#endif
