/* core/model/freeze.h: closes a model: its account is settled, its tensors get numbers of their own.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_MODEL_FREEZE_H
#define FCI_MODEL_FREEZE_H

#include <fmtconv/model.h>

/* Close the stage: no change after this.  plugin: named where tensors that the stage was given are neither
 * used nor dropped (E_INTERNAL, listed).  Gives every tensor, those of components too, a number of its own in
 * the context, and every box its tensor's number as origin, after noting what each tensor came from. */
int fci_model_freeze (fmtconv_model *model, const char *plugin);

/* A tensor's number in the context: those of a sealed model follow one another in its order.  How many numbers
 * were given so far; the tensor that has one. */
uint32_t fci_model_base (const fmtconv_model *model); /* of its first tensor */
uint32_t fci_origins (const fmtconv_ctx *ctx);
const fmtconv_tensor *fci_origin_tensor (fmtconv_ctx *ctx, uint32_t origin);

/* Numbers of the tensors that `tensor` of a sealed model was made of, ascending. */
const uint32_t *fci_tensor_origins (const fmtconv_model *model, const fmtconv_tensor *tensor, size_t *n);

#endif
