/* core/model/model.h: models as they are looked at: tensors in order, by name, by number.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_MODEL_MODEL_H
#define FCI_MODEL_MODEL_H

#include <fmtconv/model.h>
#include <stdbool.h>

/* Something a reader left in the file. */
typedef struct fci_skip
{
  const char *what;
  const char *why;
  uint64_t bytes;
  struct fci_skip *next;
} fci_skip;

/* The models that hold tensors: the components in their order, or the model itself where it has none.
 * after == NULL: the first; NULL at the end. */
const fmtconv_model *fci_next_leaf (const fmtconv_model *model, const fmtconv_model *after);
#define FCI_FOREACH_LEAF(leaf, model) \
  for (const fmtconv_model *leaf = fci_next_leaf (model, NULL); leaf; leaf = fci_next_leaf (model, leaf))

fmtconv_ctx *fci_model_ctx (const fmtconv_model *model);

/* FMTCONV_FEATURE_TIED …, of a sealed model. */
unsigned fci_model_features (const fmtconv_model *model);

/* The i-th tensor; a tensor's place. */
const fmtconv_tensor *fci_model_tensor (const fmtconv_model *model, size_t i);
size_t fci_tensor_index (const fmtconv_tensor *tensor);

const fci_skip *fci_model_skips (const fmtconv_model *model);

/* The tensors of a model and of its components; sums of their bytes (saturating), and of elements. */
size_t fci_model_tensors (const fmtconv_model *model);
uint64_t fci_model_bytes (const fmtconv_model *model);
uint64_t fci_model_elements (const fmtconv_model *model);

/* Binds a value to a name, for fmtconv_rules_variable. */
void fci_model_bind (fmtconv_model *model, const char *name, uint64_t value);

/* Bytes of arena this model and its components took, for the catalogue figure. */
uint64_t fci_model_memory (const fmtconv_model *model);

/* Number the tensors and find which are tied.  false: out of memory. */
bool fci_model_number (fmtconv_model *model);

/* May the model be changed?  Else an error is recorded. */
bool fci_model_is_open (const fmtconv_model *model);

#endif
