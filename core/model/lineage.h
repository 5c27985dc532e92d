/* core/model/lineage.h: the lineage of every input tensor through all transforms.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_MODEL_LINEAGE_H
#define FCI_MODEL_LINEAGE_H

#include "core/model/model.h"

/* The models without components that a result derives from: those of readers, and all intermediate models. */
typedef struct fci_ancestors
{
  const fmtconv_model **model; /* each one before the models derived from it */
  size_t n;
} fci_ancestors;

/* in = kept + renamed + split + merged + dropped. A tensor that shares a result with others is merged;
 * otherwise a tensor that is in several results is split. Arrays are indexed by tensor numbers of the
 * context. */
typedef struct fci_tensor_lineage
{
  fmtconv_ctx *ctx;
  const fmtconv_model *last;    /* the model that is written */
  const char *const *unwritten; /* why a writer dropped each of its tensors; NULL: it dropped none */
  fci_ancestors lineage;
  size_t in;
  size_t kept; /* unshared, under the same name */
  size_t renamed;
  size_t split;
  size_t merged;
  size_t dropped;
  size_t out;
  const char **why;      /* reason for dropping each input tensor; NULL: in use */
  const uint32_t **from; /* input tensors that each tensor was made of, ascending */
  size_t *n_from;
} fci_tensor_lineage;

/* Returns whether a reader made the model. */
bool fci_is_input (const fmtconv_model *model);

/* Computes the lineage of a frozen model. unwritten: the reason for each tensor number of `last` that its writer
 * dropped; NULL: none. Returns 0, or the code of an error. */
int fci_tensor_lineage_make (fmtconv_ctx *ctx, const fmtconv_model *last, const char *const *unwritten,
                             fci_tensor_lineage *out);

/* Tensors dropped for the same reason. */
typedef struct fci_drop_reason
{
  const char *why;
  const char *first; /* name of the first tensor */
  size_t tensors;
  uint64_t bytes;
} fci_drop_reason;

/* Returns the reasons in the order of their first tensors; *n: their number. NULL: an error. */
const fci_drop_reason *fci_tensor_lineage_dropped (fmtconv_ctx *ctx, const fci_tensor_lineage *lineage,
                                                   size_t *n);

#endif
