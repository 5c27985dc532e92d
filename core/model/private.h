/* core/model/private.h: the insides of a model, for the files model*.c.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_MODEL_PRIVATE_H
#define FCI_MODEL_PRIVATE_H

#include "core/base/map.h"
#include "core/model/model.h"
#include "core/model/scope.h"

enum
{
  FCI_MAX_NAME = 4096,
  FCI_MAX_TENSORS = 1 << 20,
  FCI_NO_TENSOR = -1
};

/* A tensor with its place in the account.  What was dropped keeps `next`, so that a walk can go on. */
typedef struct fci_model_entry
{
  fmtconv_tensor tensor;      /* first, so that one is the other */
  const fmtconv_model *model; /* NULL: dropped */
  struct fci_model_entry *next;
  struct fci_model_entry *before;
  const uint32_t *from; /* sealed: n_from numbers of what the stage was given */
  uint32_t n_from;
  uint32_t from_one; /* where n_from is 1 */
  uint32_t index;    /* its place in the model */
  int32_t tied;      /* place of the earliest other that is the same bytes, or FCI_NO_TENSOR */
} fci_model_entry;

typedef struct fci_binding
{
  const char *name;
  uint64_t value;
  struct fci_binding *next;
} fci_binding;

struct fmtconv_model
{
  fmtconv_ctx *ctx;
  const char *name;           /* as a component; "": not known as one */
  fmtconv_model *bundle;      /* what it is being made a component of; NULL: nothing */
  fci_transform_scope *stage; /* NULL: of a reader */
  fmtconv_attr *attrs;
  fci_map *names; /* name to fci_model_entry, 0: dropped */
  fci_model_entry *first;
  fci_model_entry *last;
  size_t count;
  fci_model_entry **entries; /* by number; made when sealed, or when numbers are asked for before */
  bool numbered;             /* entries, index and tied are up to date */
  bool frozen;
  bool untied;   /* the same bytes tie nothing */
  uint32_t base; /* sealed: number of its first tensor in the context */
  fmtconv_model **components;
  size_t n_components;
  fmtconv_blob *first_blob;
  fmtconv_blob *last_blob;
  size_t n_blobs;
  fci_skip *skips;
  fci_skip *last_skip;
  fci_binding *bindings;
  uint64_t memory;
  unsigned features;
};

#endif
