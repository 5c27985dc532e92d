/* core/model/model.h: models as the core sees them: stages, the account of every tensor, features.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_MODEL_H
#define FCI_MODEL_H

#include "core/model/view.h"

/* Something a reader left in the file. */
typedef struct fci_skip
{
  const char *what;
  const char *why;
  uint64_t bytes;
  struct fci_skip *next;
} fci_skip;

/* An empty model.  parent: the sealed input model of this stage; NULL: a reader's.  `out` of a transform
 * starts with a copy of the parent's attributes. */
fmtconv_model *fci_model_new (fmtconv_ctx *ctx, const fmtconv_model *parent);

/* Close the stage: no change after this.  plugin: named where tensors of the parent are neither used
 * nor dropped (E_INTERNAL, listed).  Gives every box its tensor's number as origin, after noting which
 * tensors of the parent each tensor came from. */
int fci_model_seal (fmtconv_model *model, const char *plugin);

fmtconv_ctx *fci_model_ctx (const fmtconv_model *model);

/* FMTCONV_TIED …, of a sealed model. */
unsigned fci_model_features (const fmtconv_model *model);

/* The i-th tensor; a tensor's number. */
const fmtconv_tensor *fci_model_tensor (const fmtconv_model *model, size_t i);
size_t fci_tensor_index (const fmtconv_tensor *tensor);

/* Numbers of the parent's tensors that `tensor` of a sealed model was made of, ascending. */
const uint32_t *fci_tensor_from (const fmtconv_model *model, const fmtconv_tensor *tensor, size_t *n);

/* Why the parent's i-th tensor was dropped; NULL: it is in use. */
const char *fci_model_dropped (const fmtconv_model *model, size_t i);

/* How many of the model's tensors use the parent's i-th one. */
size_t fci_model_uses (const fmtconv_model *model, size_t i);

const fci_skip *fci_model_skips (const fmtconv_model *model);

/* Sum of bytes of all tensors (saturating), and of elements. */
uint64_t fci_model_bytes (const fmtconv_model *model);
uint64_t fci_model_elements (const fmtconv_model *model);

/* What fmtconv_apply binds for fmtconv_var (which is in model.c). */
void fci_model_bind (fmtconv_model *model, const char *name, uint64_t value);

/* Bytes of arena this model took, for the catalogue figure. */
uint64_t fci_model_memory (const fmtconv_model *model);

#endif
