/* core/pipeline/account.h: what became of every tensor of the input, through all stages.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_ACCOUNT_H
#define FCI_ACCOUNT_H

#include "core/model/model.h"

/* in = kept + renamed + split + merged + dropped.  A tensor that shares a result with others is merged,
 * else one that is in several results is split. */
typedef struct fci_account
{
  const fmtconv_model *first; /* what was read */
  const fmtconv_model *last;  /* what is written */
  size_t in;
  size_t kept; /* alone, under its own name */
  size_t renamed;
  size_t split;
  size_t merged;
  size_t dropped;
  size_t out;
  const char **why;      /* of each tensor of `first`: why it was dropped; NULL: in use */
  const uint32_t **from; /* of each tensor of `last`: the numbers in `first` it was made of, ascending */
  size_t *n_from;
} fci_account;

/* The account over the sealed models of n stages, n >= 1.  0, or the code of an error. */
int fci_account_make (fmtconv_ctx *ctx, const fmtconv_model *const *stages, size_t n, fci_account *out);

/* Tensors that were dropped for the same reason. */
typedef struct fci_dropped
{
  const char *why;
  const char *first; /* name of the first */
  size_t tensors;
  uint64_t bytes;
} fci_dropped;

/* The reasons in the order of their first tensors; *n: how many.  NULL: an error. */
const fci_dropped *fci_account_dropped (fmtconv_ctx *ctx, const fci_account *account, size_t *n);

#endif
