/* core/model/scope.h: the scope of a transform: every tensor given to it must be used or dropped.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_MODEL_SCOPE_H
#define FCI_MODEL_SCOPE_H

#include <fmtconv/types.h>
#include <stdbool.h>

/* A model without components that was given to a transform, and the fate of its tensors. */
typedef struct fci_scope_input
{
  const fmtconv_model *model;
  uint32_t *uses;       /* of each tensor; counted when the scope is closed */
  const char **dropped; /* reason for each tensor; NULL until one is dropped */
} fci_scope_input;

/* The inputs of one transform; shared by all components that it makes. */
typedef struct fci_transform_scope
{
  fmtconv_ctx *ctx;
  fci_scope_input *given;
  size_t n;
  size_t capacity;
  uint64_t memory;
  bool closed; /* uses are counted */
} fci_transform_scope;

/* Sets the model that the running transform makes (NULL: none runs). Returns the previous model, to
 * restore later. */
const fmtconv_model *fci_model_run (fmtconv_ctx *ctx, const fmtconv_model *made);

/* Adds another frozen model to the scope of the running transform, if any. */
void fci_transform_scope_add (fmtconv_ctx *ctx, const fmtconv_model *model);

/* Returns the i-th input without components of the transform that made a model; NULL at the end, and for a
 * reader's model. */
const fmtconv_model *fci_model_input (const fmtconv_model *model, size_t i);

/* Returns the reason why an input tensor of a frozen model's transform was dropped; NULL: it is in use. */
const char *fci_model_dropped (const fmtconv_model *model, uint32_t origin);

/* Returns a scope with `model` and its components as inputs. NULL: out of memory. */
fci_transform_scope *fci_transform_scope_new (fmtconv_ctx *ctx, const fmtconv_model *model);

/* Returns the input that has the tensor of that number, and its position there; NULL: not in this scope. */
fci_scope_input *fci_transform_scope_find (const fci_transform_scope *scope, uint32_t origin, size_t *index);

/* Returns the input for a frozen model without components; NULL: not in this scope. */
fci_scope_input *fci_transform_scope_input (const fci_transform_scope *scope, const fmtconv_model *model);

/* Records the reason for dropping a tensor, which counts only if nothing uses it in the end. Returns false
 * if out of memory. */
bool fci_transform_scope_drop (fci_transform_scope *scope, fci_scope_input *given, size_t index,
                               const char *why);

/* Records the reason for every tensor that `view` consists of. */
bool fci_transform_scope_drop_view (fci_transform_scope *scope, fmtconv_view *view, const char *why);

/* Counts the uses of the inputs by every tensor of `model` and its components, and records the origins of
 * each; then checks that every input is used or dropped. Returns false on an error, which names plugin. */
bool fci_transform_scope_close (fci_transform_scope *scope, fmtconv_model *model, const char *plugin);

#endif
