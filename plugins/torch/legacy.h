/* plugins/torch/legacy.h: torch.save's format before torch 1.6: five pickles, then the storages.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Magic number, protocol, facts about the machine, the object, the list of the storages' keys; then for each key
 * in that order the number of elements (8 bytes) and the elements.  All numbers are little-endian, whatever the
 * machine was (torch/csrc/serialization.cpp; torch/serialization.py, _legacy_save and _legacy_load). */
#ifndef TORCH_LEGACY_H
#define TORCH_LEGACY_H

#include "plugins/torch/tensor.h"

/* Where the elements of a storage are. */
typedef struct torch_place
{
  const pk_value *key;
  uint64_t item;  /* bytes of an element */
  uint64_t bytes; /* of all */
  uint64_t start; /* first byte; 0: its key was not listed yet */
  uint32_t at;    /* byte of the persistent id in the object's pickle */
} torch_place;

/* Such a file, or such bytes inside of a pickle. */
typedef struct torch_legacy
{
  fmtconv_ctx *ctx;
  fmtconv_source *source; /* the file; NULL: bytes */
  const uint8_t *bytes;
  uint64_t size;
  uint64_t pos;           /* of what comes next */
  fmtconv_source *object; /* the pickle of the object; NULL: bytes */
  const uint8_t *pickled; /* its bytes */
  torch_place *places;    /* by key */
  uint32_t n;
} torch_legacy;

/* Does a file begin so? */
bool torch_is_legacy (const uint8_t *head, size_t n);

/* The object, and the places of its storages: as many as are referred to, each listed once, and nothing behind
 * the last.  legacy: source, or bytes and size.  0 or an error. */
int torch_legacy_load (fmtconv_ctx *ctx, torch_legacy *legacy, pk_value *top);

/* The place of a storage; NULL: none of that key. */
const torch_place *torch_legacy_find (const torch_legacy *legacy, const char *key);

#endif
