/* core/pickle/open.h: a pickle as the calls of fmtconv/pickle.h know it.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PICKLE_OPEN_H
#define FCI_PICKLE_OPEN_H

#include "core/pickle/archive.h"

typedef struct fci_pickle
{
  fmtconv_pickle public; /* first, so that a pointer to it is one to the whole */
  fmtconv_ctx *ctx;
  struct fci_scratch *scratch; /* that it is in; NULL: the context's arena */
  const uint8_t *bytes;
  fmtconv_value top;
  fci_torch_archive archive; /* holds the storages outside the pickle; empty if it is not of torch.save */
} fci_pickle;

/* How many bytes overlapping elements add to the tensors of a context, and how many its pickles may hold. */
typedef struct fci_pickle_sums
{
  uint64_t repeated;
  uint64_t files; /* bytes of the files */
} fci_pickle_sums;

/* Returns the sums of a context; NULL: out of memory. */
fci_pickle_sums *fci_pickle_sums_of (fmtconv_ctx *ctx);

#endif
