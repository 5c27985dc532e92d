/* core/model/model.h: models as the core sees them: stages, the account of every tensor, features.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_MODEL_H
#define FCI_MODEL_H

#include "core/view/view.h"

/* Something a reader left in the file. */
typedef struct fci_skip
{
  const char *what;
  const char *why;
  uint64_t bytes;
  struct fci_skip *next;
} fci_skip;

/* An empty model.  parent: the sealed input model of this stage; NULL: a reader's.  `out` of a transform
 * starts with a copy of the parent's attributes and files, and of all its components with their tensors. */
fmtconv_model *fci_model_new (fmtconv_ctx *ctx, const fmtconv_model *parent);

/* `out`, which a reader just began, is what is known already as the sealed model `from`: its attributes, files,
 * components and tensors.  In the account its tensors stem from those of `from`. */
void fci_model_continue (fmtconv_model *out, const fmtconv_model *from);

/* A sealed model of these sealed components, which are as they are; each has its name. */
fmtconv_model *fci_model_bundle (fmtconv_ctx *ctx, size_t n, fmtconv_model *const *components);

/* Call a sealed model by a name, as a component.  0 or a code: a component of another name. */
int fci_model_call (fmtconv_model *model, const char *name);

/* Says that a transform runs and makes that model (NULL: none runs any more).  Returns the model of the transform that
 * ran before, to go on with later. */
const fmtconv_model *fci_model_run (fmtconv_ctx *ctx, const fmtconv_model *made);

/* The stage of the transform that runs, if any, is given another sealed model, which enters the account. */
void fci_stage_give (fmtconv_ctx *ctx, const fmtconv_model *model);

/* The models that hold tensors: the components in their order, or the model itself where it has none.
 * after == NULL: the first; NULL at the end. */
const fmtconv_model *fci_next_leaf (const fmtconv_model *model, const fmtconv_model *after);
#define FCI_FOREACH_LEAF(leaf, model) \
  for (const fmtconv_model *leaf = fci_next_leaf (model, NULL); leaf; leaf = fci_next_leaf (model, leaf))

/* What the stage that made a model was given: the i-th model without components; NULL at the end, and of a
 * reader's model. */
const fmtconv_model *fci_model_given (const fmtconv_model *model, size_t i);

/* Close the stage: no change after this.  plugin: named where tensors that the stage was given are neither
 * used nor dropped (E_INTERNAL, listed).  Gives every tensor, those of components too, a number of its own in
 * the context, and every box its tensor's number as origin, after noting what each tensor came from. */
int fci_model_seal (fmtconv_model *model, const char *plugin);

fmtconv_ctx *fci_model_ctx (const fmtconv_model *model);

/* FMTCONV_FEATURE_TIED …, of a sealed model. */
unsigned fci_model_features (const fmtconv_model *model);

/* The i-th tensor; a tensor's place. */
const fmtconv_tensor *fci_model_tensor (const fmtconv_model *model, size_t i);
size_t fci_tensor_index (const fmtconv_tensor *tensor);

/* A tensor's number in the context: those of a sealed model follow one another in its order.  How many numbers
 * were given so far; the tensor that has one. */
uint32_t fci_model_base (const fmtconv_model *model); /* of its first tensor */
uint32_t fci_origins (const fmtconv_ctx *ctx);
const fmtconv_tensor *fci_origin_tensor (fmtconv_ctx *ctx, uint32_t origin);

/* Numbers of the tensors that `tensor` of a sealed model was made of, ascending. */
const uint32_t *fci_tensor_from (const fmtconv_model *model, const fmtconv_tensor *tensor, size_t *n);

/* Numbers of the tensors that a view of sealed models' is made of, ascending.  NULL: out of memory. */
const uint32_t *fci_view_from_numbers (fmtconv_view *view, size_t *n);

/* Why the tensor of that number, which the stage of a sealed model was given, was dropped; NULL: it is in use. */
const char *fci_model_dropped (const fmtconv_model *model, uint32_t origin);

/* May a component be called so: 1 to 64 letters, digits, '_' and, inside, '-' and '.'? */
bool fci_component_name_ok (const char *name);

const fci_skip *fci_model_skips (const fmtconv_model *model);

/* The tensors of a model and of its components; sums of their bytes (saturating), and of elements. */
size_t fci_model_tensors (const fmtconv_model *model);
uint64_t fci_model_bytes (const fmtconv_model *model);
uint64_t fci_model_elements (const fmtconv_model *model);

/* What fmtconv_rules_apply binds for fmtconv_rules_variable (which is in model.c). */
void fci_model_bind (fmtconv_model *model, const char *name, uint64_t value);

/* Bytes of arena this model and its components took, for the catalogue figure. */
uint64_t fci_model_memory (const fmtconv_model *model);

#endif
