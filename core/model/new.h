/* core/model/new.h: creates models: empty, continued, bundled, adopted.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_MODEL_NEW_H
#define FCI_MODEL_NEW_H

#include <fmtconv/types.h>

/* Returns an empty model. parent: the frozen input of the transform; NULL: a reader's model. The `out` of
 * a transform starts with a copy of the parent's attributes and files, and of all its components with
 * their tensors. NULL: an error. */
fmtconv_model *fci_model_new (fmtconv_ctx *ctx, const fmtconv_model *parent);

/* Returns an empty model for a reader that the running reader calls.  It ends with the latter, which puts its tensors into its own
 * model: their names and views stay, and get their numbers only there.  NULL: an error. */
fmtconv_model *fci_model_new_part (fmtconv_ctx *ctx);

/* Fills `out`, a new model of a reader, from the frozen model `from`: attributes, files, components and
 * tensors. In the lineage its tensors derive from those of `from`. */
void fci_model_continue (fmtconv_model *out, const fmtconv_model *from);

/* Takes all components and files off a model that a transform makes, which begins with those of its input: what it makes of
 * them, it adds itself. */
void fci_model_forget_contents (fmtconv_model *out);

/* Returns a frozen model of these frozen, named components, which stay unchanged. NULL: an error. */
fmtconv_model *fci_model_bundle (fmtconv_ctx *ctx, size_t n, fmtconv_model *const *components);

#endif
