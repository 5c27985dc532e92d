/* core/model/model-private.h: the insides of a model, for the files model*.c.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_MODEL_PRIVATE_H
#define FCI_MODEL_PRIVATE_H

#include "core/base/map.h"
#include "core/model/model.h"

enum
{
  FCI_MAX_NAME = 4096,
  FCI_MAX_TENSORS = 1 << 20,
  FCI_NO_TENSOR = -1
};

/* A tensor with its place in the account.  What was dropped keeps `next`, so that a walk can go on. */
typedef struct fci_entry
{
  fmtconv_tensor tensor;      /* first, so that one is the other */
  const fmtconv_model *model; /* NULL: dropped */
  struct fci_entry *next;
  struct fci_entry *before;
  const uint32_t *from; /* sealed: n_from of the parent's tensors */
  uint32_t n_from;
  uint32_t from_one; /* where n_from is 1 */
  uint32_t index;    /* its number */
  int32_t tied;      /* number of the earliest other that is the same bytes, or FCI_NO_TENSOR */
} fci_entry;

typedef struct fci_binding
{
  const char *name;
  uint64_t value;
  struct fci_binding *next;
} fci_binding;

struct fmtconv_model
{
  fmtconv_ctx *ctx;
  const fmtconv_model *parent;
  fmtconv_attr *attrs;
  fci_map *names; /* name to fci_entry, 0: dropped */
  fci_entry *first;
  fci_entry *last;
  size_t count;
  fci_entry **entries; /* by number; made when sealed, or when numbers are asked for before */
  bool numbered;       /* entries, index and tied are up to date */
  bool sealed;
  uint32_t *uses;       /* of each of the parent's tensors; made when sealed */
  const char **dropped; /* why, of each of the parent's tensors; NULL until there is one */
  fci_skip *skips;
  fci_skip *last_skip;
  fci_binding *bindings;
  uint64_t memory;
  unsigned features;
};

/* Number the tensors and find which are tied.  false: out of memory. */
bool fci_model_number (fmtconv_model *model);

/* Fill `tied` of all entries, which are numbered. */
bool fci_model_tie (fmtconv_model *model);

/* Distinct origins of a view, ascending, in `out` (room for all boxes and empties); how many. */
size_t fci_view_origins (fmtconv_view *view, uint32_t *out);

/* Why is noted for what `view` came from, unless something else uses it in the end. */
bool fci_model_note_drop (fmtconv_model *model, fmtconv_view *view, const char *why);

#endif
