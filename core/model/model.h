/* core/model/model.h: access to models: tensors in order, by name, by number.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_MODEL_MODEL_H
#define FCI_MODEL_MODEL_H

#include <fmtconv/model.h>
#include <stdbool.h>

/* A part of the file that a reader skipped. */
typedef struct fci_skip
{
  const char *what;
  const char *why;
  uint64_t bytes;
  struct fci_skip *next;
} fci_skip;

/* Returns the next model that holds tensors: the components in order, or the model itself if it has no
 * components. after == NULL: the first; NULL at the end. */
const fmtconv_model *fci_next_leaf (const fmtconv_model *model, const fmtconv_model *after);
#define FCI_FOREACH_LEAF(leaf, model) \
  for (const fmtconv_model *leaf = fci_next_leaf (model, NULL); leaf; leaf = fci_next_leaf (model, leaf))

/* Returns the component of that name; NULL if the model has none. */
const fmtconv_model *fci_model_find_component (const fmtconv_model *model, const char *name);

fmtconv_ctx *fci_model_ctx (const fmtconv_model *model);

/* Returns FMTCONV_FEATURE_TIED … of a frozen model. */
unsigned fci_model_features (const fmtconv_model *model);

/* Returns the i-th tensor, or a tensor's position. */
const fmtconv_tensor *fci_model_tensor (const fmtconv_model *model, size_t i);
size_t fci_tensor_index (const fmtconv_tensor *tensor);

/* Returns the model of a tensor; NULL: it was dropped from its model. */
const fmtconv_model *fci_tensor_model (const fmtconv_tensor *tensor);

const fci_skip *fci_model_skips (const fmtconv_model *model);

/* Return the number of tensors of a model with its components, and the sums of bytes and elements
 * (saturating). */
size_t fci_model_tensors (const fmtconv_model *model);
uint64_t fci_model_bytes (const fmtconv_model *model);
uint64_t fci_model_elements (const fmtconv_model *model);

/* Binds a value to a name, for fmtconv_rules_variable. */
void fci_model_bind (fmtconv_model *model, const char *name, uint64_t value);

/* Returns the arena bytes of this model and its components, for the catalogue figure. */
uint64_t fci_model_memory (const fmtconv_model *model);

/* Numbers the tensors and finds tied tensors. Returns false if out of memory. */
bool fci_model_number (fmtconv_model *model);

/* Returns whether the model may be changed; otherwise records an error. */
bool fci_model_is_open (const fmtconv_model *model);

#endif
