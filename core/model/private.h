/* core/model/private.h: the fields of a model, for the files of core/model.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_MODEL_PRIVATE_H
#define FCI_MODEL_PRIVATE_H

#include "core/base/map.h"
#include "core/base/slab.h"
#include "core/model/model.h"
#include "core/model/scope.h"
#include "core/model/skeleton.h"

enum
{
  FCI_MAX_NAME = 4096,
  FCI_MAX_TENSORS = 1 << 20,
  FCI_NO_TENSOR = -1
};

/* A tensor with its lineage. A dropped entry keeps `next`, so that a walk can continue. */
typedef struct fci_model_entry
{
  fmtconv_tensor tensor;      /* first, so that pointers convert */
  const fmtconv_model *model; /* NULL: dropped */
  struct fci_model_entry *next;
  struct fci_model_entry *before;
  const uint32_t *from; /* frozen: n_from numbers of tensors given to the transform */
  uint32_t n_from;
  uint32_t from_one; /* the number if n_from is 1 */
  uint32_t index;    /* position in the model */
  int32_t tied;      /* position of the earliest other tensor with the same bytes, or FCI_NO_TENSOR */
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
  fci_arena *arena;      /* of the entries; the context's, or that of the scratch with which the model ends */
  const char *name;      /* name as a component; "": none */
  fmtconv_model *bundle; /* the model that this is a component of; NULL: none */
  fci_transform_scope *scope; /* NULL: a reader's model */
  fmtconv_attr *attrs;
  fci_map *names; /* name to fci_model_entry, 0: dropped */
  fci_slab made;  /* the entries */
  fci_model_entry *first;
  fci_model_entry *last;
  size_t count;
  fci_model_entry **entries; /* by number; made when frozen, or earlier if numbers are needed */
  bool numbered;             /* entries, index and tied are up to date */
  bool frozen;
  bool is_part;  /* read for another reader, which takes the tensors: see fci_model_new_part */
  bool marked;   /* frozen: its tensors have numbers in the context */
  bool untied;   /* tensors with the same bytes are not tied */
  uint32_t base; /* frozen: number of the first tensor in the context */
  const fci_skeletons *skeletons; /* NULL: nobody has asked for them yet */
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

/* Puts all tensors of another model of the context; the names are shared. */
void fci_model_put_all (fmtconv_model *out, const fmtconv_model *from);

#endif
