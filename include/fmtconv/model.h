/* fmtconv/model.h: models, ordered catalogues of names bound to views; bundles, models of several components.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A bundle has no tensors.  It has components, models with names: the transformer, the VAE … of a pipeline.  A model
 * may carry files along (blobs: a tokenizer's vocabulary); a component that has nothing but blobs is copied.
 *
 * The input of a callback is frozen: it refuses changes.  The core keeps the lineage of every input tensor: all its
 * elements must be in views of the output or operands of these, or it is dropped with a reason, as is the tensor of which
 * a part is left out.  Anything else is an error of the plugin.
 */
#ifndef FMTCONV_MODEL_H
#define FMTCONV_MODEL_H

#include <fmtconv/view.h>

FMTCONV_BEGIN_DECLS

typedef struct fmtconv_tensor
{
  const char *name; /* unique in its model, UTF-8, not empty */
  fmtconv_view *view;
  uint32_t dtype;
  unsigned rank;
  const uint64_t *shape;
  uint64_t bytes; /* size when written */
} fmtconv_tensor;

/* Features of a model.  The core refuses to pass a model to a transform or writer that does not declare its features in
 * `understands`.  A transform that does not declare COMPONENTS receives the one component that the user chooses; blobs
 * pass through every transform. */
enum fmtconv_feature
{
  FMTCONV_FEATURE_TIED = 1,       /* two names share the same bytes */
  FMTCONV_FEATURE_COMPONENTS = 8, /* a bundle */
  FMTCONV_FEATURE_BLOBS = 16,     /* files are carried along */
  FMTCONV_FEATURE_SCALED = 32 /* quantized values that need the scales next to them: fmtconv_model_scaling */
};

/* ---- Reading a model */

/* Return the model's attributes, an object; the number of its tensors; the name of a component, "" for other models.
 * Errors: none.  Thread: context.  Since: 0.1. */
fmtconv_attr *fmtconv_model_attrs (const fmtconv_model *model);
size_t fmtconv_model_count (const fmtconv_model *model);
const char *fmtconv_model_name (const fmtconv_model *model);

/* Returns the tensor after `after`; the first if `after` is NULL; NULL at the end.
 * Errors: none.  Thread: context.  Since: 0.1. */
const fmtconv_tensor *fmtconv_model_next (const fmtconv_model *model, const fmtconv_tensor *after);

/* Loops over the tensors of a model: FMTCONV_FOREACH (t, model) { … }. */
#define FMTCONV_FOREACH(t, model) \
  for (const fmtconv_tensor *t = fmtconv_model_next (model, NULL); t; t = fmtconv_model_next (model, t))

/* Returns the tensor with exactly that name, or NULL.
 * Errors: none.  Thread: context.  Since: 0.1. */
const fmtconv_tensor *fmtconv_model_find (const fmtconv_model *model, const char *name);

/* Returns the component after `after`, in order; the first if `after` is NULL; NULL at the end, and for a model that is
 * not a bundle.
 * Errors: none.  Thread: context.  Since: 0.1. */
const fmtconv_model *fmtconv_model_next_component (const fmtconv_model *model, const fmtconv_model *after);

/* Returns 1 if a shell glob (* ? [a-z]; '*' also matches dots) matches the whole name.
 * Errors: none.  Thread: any.  Since: 0.1. */
int fmtconv_glob_match (const char *glob, const char *name);

/* Reads the value of a tensor that has one element and is unchanged since it was read: a number that describes the
 * model, such as the alpha of a LoRA.  Complex numbers: the real part.  Returns 0 or the code of the error.
 * Errors: E_UNSUPPORTED, E_IO.  Thread: context.  Since: 0.1. */
int fmtconv_tensor_scalar (const fmtconv_tensor *tensor, double *value);

/* ---- Filling a model: `out` of a callback */

/* Appends a tensor.  Refuses a name that is empty, a duplicate, longer than 4096 bytes, or holds control characters.
 * Errors: E_FORMAT, E_INTERNAL.  Thread: context.  Since: 0.1. */
void fmtconv_model_put (fmtconv_model *out, const char *name, fmtconv_view *view);

/* Replaces the value of one of out's tensors.  Name and position stay.
 * Errors: E_INTERNAL.  Thread: context.  Since: 0.1. */
void fmtconv_model_replace (fmtconv_model *out, const fmtconv_tensor *tensor, fmtconv_view *view);

/* Drops a tensor of the input, or one of out's own.  `why` is shown to the user.
 * Errors: E_INTERNAL.  Thread: context.  Since: 0.1. */
void fmtconv_model_drop (fmtconv_model *out, const fmtconv_tensor *tensor, const char *why);

/* Returns the component of that name (letters, digits, '_', '-', '.'); creates it at the end if it does not exist.  It
 * can be changed until the callback returns.  NULL only after an error.
 * Errors: E_FORMAT.  Thread: context.  Since: 0.1. */
fmtconv_model *fmtconv_model_component (fmtconv_model *out, const char *name);

/* Fails with E_MISSING because a frozen model holds no `what`; the hint names the installed transforms that recognize
 * the model.  For a transform that finds nothing to do.  Returns the code.
 * Errors: E_MISSING.  Thread: context.  Since: 0.1. */
int fmtconv_model_fail_absent (const fmtconv_model *model, const char *what);

FMTCONV_END_DECLS

#endif
