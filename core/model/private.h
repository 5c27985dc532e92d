/* core/model/private.h: the insides of a model, for the files model*.c.
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

/* A model without components that a stage was given, and what became of its tensors. */
typedef struct fci_given
{
  const fmtconv_model *model;
  uint32_t *uses;       /* of each tensor; counted when the stage is closed */
  const char **dropped; /* why, of each tensor; NULL until there is one */
} fci_given;

/* What one transform was given; shared by all components that it makes. */
typedef struct fci_stage
{
  fmtconv_ctx *ctx;
  fci_given *given;
  size_t n;
  size_t room;
  uint64_t memory;
  bool closed; /* uses are counted */
} fci_stage;

/* A tensor with its place in the account.  What was dropped keeps `next`, so that a walk can go on. */
typedef struct fci_entry
{
  fmtconv_tensor tensor;      /* first, so that one is the other */
  const fmtconv_model *model; /* NULL: dropped */
  struct fci_entry *next;
  struct fci_entry *before;
  const uint32_t *from; /* sealed: n_from numbers of what the stage was given */
  uint32_t n_from;
  uint32_t from_one; /* where n_from is 1 */
  uint32_t index;    /* its place in the model */
  int32_t tied;      /* place of the earliest other that is the same bytes, or FCI_NO_TENSOR */
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
  const char *name;      /* as a component; "": not known as one */
  fmtconv_model *bundle; /* what it is being made a component of; NULL: nothing */
  fci_stage *stage;      /* NULL: of a reader */
  fmtconv_attr *attrs;
  fci_map *names; /* name to fci_entry, 0: dropped */
  fci_entry *first;
  fci_entry *last;
  size_t count;
  fci_entry **entries; /* by number; made when sealed, or when numbers are asked for before */
  bool numbered;       /* entries, index and tied are up to date */
  bool sealed;
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

/* Number the tensors and find which are tied.  false: out of memory. */
bool fci_model_number (fmtconv_model *model);

/* Fill `tied` of all entries, which are numbered. */
bool fci_model_tie (fmtconv_model *model);

/* May the model be changed?  Else an error is recorded. */
bool fci_model_is_open (const fmtconv_model *model);

/* A stage that is given `model` and its components.  NULL: out of memory. */
fci_stage *fci_stage_new (fmtconv_ctx *ctx, const fmtconv_model *model);

/* Who was given the tensor of that number, and its place there; NULL: the stage was not given it. */
fci_given *fci_stage_find (const fci_stage *stage, uint32_t origin, size_t *index);

/* The same of a sealed model without components. */
fci_given *fci_stage_given (const fci_stage *stage, const fmtconv_model *model);

/* Why is noted for a tensor, unless something uses it in the end; for what `view` came from. */
bool fci_stage_drop (fci_stage *stage, fci_given *given, size_t index, const char *why);
bool fci_stage_drop_view (fci_stage *stage, fmtconv_view *view, const char *why);

/* Count the uses of what every tensor of `model`, and of its components, was made of, and keep where each
 * came from; then all that was given must be used or dropped.  false: an error; plugin is named in it. */
bool fci_stage_close (fci_stage *stage, fmtconv_model *model, const char *plugin);

/* Number the tensors of a model that is being sealed in its context. */
bool fci_model_register (fmtconv_model *model);

#endif
