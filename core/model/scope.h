/* core/model/scope.h: the account of a stage: what it was given must be used or dropped.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_MODEL_SCOPE_H
#define FCI_MODEL_SCOPE_H

#include <fmtconv/types.h>
#include <stdbool.h>

/* A model without components that a stage was given, and what became of its tensors. */
typedef struct fci_scope_input
{
  const fmtconv_model *model;
  uint32_t *uses;       /* of each tensor; counted when the stage is closed */
  const char **dropped; /* why, of each tensor; NULL until there is one */
} fci_scope_input;

/* What one transform was given; shared by all components that it makes. */
typedef struct fci_transform_scope
{
  fmtconv_ctx *ctx;
  fci_scope_input *given;
  size_t n;
  size_t capacity;
  uint64_t memory;
  bool closed; /* uses are counted */
} fci_transform_scope;

/* Says that a transform runs and makes that model (NULL: none runs any more).  Returns the model of the transform that
 * ran before, to go on with later. */
const fmtconv_model *fci_model_run (fmtconv_ctx *ctx, const fmtconv_model *made);

/* The stage of the transform that runs, if any, is given another sealed model, which enters the account. */
void fci_transform_scope_add (fmtconv_ctx *ctx, const fmtconv_model *model);

/* What the stage that made a model was given: the i-th model without components; NULL at the end, and of a
 * reader's model. */
const fmtconv_model *fci_model_input (const fmtconv_model *model, size_t i);

/* Why the tensor of that number, which the stage of a sealed model was given, was dropped; NULL: it is in use. */
const char *fci_model_dropped (const fmtconv_model *model, uint32_t origin);

/* A stage that is given `model` and its components.  NULL: out of memory. */
fci_transform_scope *fci_transform_scope_new (fmtconv_ctx *ctx, const fmtconv_model *model);

/* Who was given the tensor of that number, and its place there; NULL: the stage was not given it. */
fci_scope_input *fci_transform_scope_find (const fci_transform_scope *stage, uint32_t origin, size_t *index);

/* The same of a sealed model without components. */
fci_scope_input *fci_transform_scope_input (const fci_transform_scope *stage, const fmtconv_model *model);

/* Notes why a tensor was dropped; this counts only if nothing uses the tensor in the end.  false: out of memory. */
bool fci_transform_scope_drop (fci_transform_scope *stage, fci_scope_input *given, size_t index,
                               const char *why);

/* Notes the same for every tensor that `view` is made of. */
bool fci_transform_scope_drop_view (fci_transform_scope *stage, fmtconv_view *view, const char *why);

/* Count the uses of what every tensor of `model`, and of its components, was made of, and keep where each
 * came from; then all that was given must be used or dropped.  false: an error; plugin is named in it. */
bool fci_transform_scope_close (fci_transform_scope *stage, fmtconv_model *model, const char *plugin);

#endif
