/* core/model/new.h: models that begin with others: empty, continued, of components, adopted.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_MODEL_NEW_H
#define FCI_MODEL_NEW_H

#include <fmtconv/types.h>

/* An empty model.  parent: the sealed input model of this stage; NULL: a reader's.  `out` of a transform
 * starts with a copy of the parent's attributes and files, and of all its components with their tensors. */
fmtconv_model *fci_model_new (fmtconv_ctx *ctx, const fmtconv_model *parent);

/* `out`, which a reader just began, is what is known already as the sealed model `from`: its attributes, files,
 * components and tensors.  In the account its tensors stem from those of `from`. */
void fci_model_continue (fmtconv_model *out, const fmtconv_model *from);

/* A sealed model of these sealed components, which are as they are; each has its name. */
fmtconv_model *fci_model_bundle (fmtconv_ctx *ctx, size_t n, fmtconv_model *const *components);

#endif
