/* core/model/freeze.h: closes a model: checks its lineage and numbers its tensors.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_MODEL_FREEZE_H
#define FCI_MODEL_FREEZE_H

#include <fmtconv/model.h>

/* Freezes the model: no changes after this. plugin: named if tensors given to the transform are neither
 * used nor dropped (E_INTERNAL, listed). Records the origins of each tensor, then gives every tensor,
 * including those of components, a unique number in the context and sets it as the origin of its boxes.
 * Returns 0 or the code of the error. */
int fci_model_freeze (fmtconv_model *model, const char *plugin);

/* Gives the tensors of a frozen part their numbers now, for a transform.  Returns 0 or a code. */
int fci_model_mark (const fmtconv_model *model);

/* Tensor numbers in the context: those of a frozen model are consecutive, in its order. Returns the number
 * of the model's first tensor; how many numbers are in use; the tensor of a number. */
uint32_t fci_model_base (const fmtconv_model *model);
uint32_t fci_origins (const fmtconv_ctx *ctx);
const fmtconv_tensor *fci_origin_tensor (fmtconv_ctx *ctx, uint32_t origin);

/* Returns the numbers of the tensors that `tensor` of a frozen model was made of, ascending. */
const uint32_t *fci_tensor_origins (const fmtconv_model *model, const fmtconv_tensor *tensor, size_t *n);

#endif
