/* core/pickle/find.h: the index of a large container, by which texts are found in it.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PICKLE_FIND_H
#define FCI_PICKLE_FIND_H

#include "core/pickle/value.h"

enum
{
  FCI_PICKLE_INDEXED = 32 /* capacity from which on a container has an index */
};

/* The texts of a container, or of a dictionary's keys, sorted when one is first asked for. */
typedef struct fci_pickle_index
{
  fmtconv_ctx *ctx;
  struct fci_scratch *scratch;    /* that the container is in */
  struct fci_pickle_texts *texts; /* NULL: not sorted yet */
} fci_pickle_index;

enum
{
  FCI_PICKLE_INDEX_ITEMS = 2 /* room of an index, before the first item */
};

_Static_assert(sizeof (fci_pickle_index) <= FCI_PICKLE_INDEX_ITEMS * sizeof (fmtconv_value),
               "an index fits its room");

/* value.c: returns the index of a container; NULL: it is small. */
fci_pickle_index *fci_pickle_index_of (const fci_pickle_items *items);

#endif
