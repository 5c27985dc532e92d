/* core/pickle/legacy.h: reads torch.save's format before torch 1.6: five pickles, then the storages.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Magic number, protocol, facts about the machine, the object, the list of the storages' keys; then for each key
 * in that order the number of elements (8 bytes) and the elements.  All numbers are little-endian, on every
 * machine (torch/csrc/serialization.cpp; torch/serialization.py, _legacy_save and _legacy_load). */
#ifndef FCI_PICKLE_LEGACY_H
#define FCI_PICKLE_LEGACY_H

#include "core/pickle/machine.h"
#include "core/pickle/tensor.h"

/* The position of a storage in the file. */
typedef struct fci_torch_place
{
  fmtconv_value key; /* STRING */
  uint64_t item;     /* bytes per element */
  uint64_t bytes;    /* of all elements */
  uint64_t start;    /* first byte; 0: its key was not listed yet */
  uint32_t at;       /* offset of the persistent id in the object's pickle */
} fci_torch_place;

/* A legacy file, or a pickled byte string in the same format. */
typedef struct fci_torch_legacy
{
  fmtconv_ctx *ctx;
  fmtconv_source *source; /* the file; NULL: `bytes` is read */
  const uint8_t *bytes;
  uint64_t size;
  uint64_t pos;            /* next unread byte */
  fci_torch_place *places; /* n, sorted by key */
  uint32_t n;
} fci_torch_legacy;

/* Returns whether a file that begins with these n bytes is in the legacy format. */
bool fci_torch_is_legacy (const uint8_t *head, size_t n);

/* Loads the object into *loaded and the positions of its storages into `legacy`.  Every referenced storage must
 * be listed exactly once, and nothing may follow the last.  legacy: source, or bytes and size, must be set.
 * Returns 0 or an error code. */
int fci_torch_legacy_load (fmtconv_ctx *ctx, fci_torch_legacy *legacy, fci_pickle_loaded *loaded);

/* Returns the position of a storage; NULL: no storage has that key. */
const fci_torch_place *fci_torch_legacy_find (const fci_torch_legacy *legacy, const fmtconv_value *key);

#endif
