/* fmtconv/model.h: models, ordered catalogues of names bound to views; bundles, models of several components.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A bundle has no tensors of its own but components, models with names: the transformer, the vae … of a
 * pipeline.  A model may carry files along (blobs: a tokenizer's vocabulary); one that has nothing else is a
 * component that is copied.
 *
 * A callback's input is sealed: it refuses changes.  The core keeps the account of every input
 * tensor: it must be in some view that is put, or dropped with a reason; what is in neither is an
 * error of the plugin.
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
  uint64_t bytes; /* when written */
} fmtconv_tensor;

/* A file that is carried along as it is. */
typedef struct fmtconv_blob
{
  const char *name; /* unique in its model, one plain path component */
  fmtconv_source *source;
  const struct fmtconv_blob *next;
} fmtconv_blob;

/* ---- Features of a model.  The core refuses to hand a model with a feature to a transform or writer that does
 * not say it understands it; a transform that does not understand bundles gets one component, and files are
 * carried on by every transform. */
enum
{
  FMTCONV_FEATURE_TIED = 1,       /* two names are the very same bytes */
  FMTCONV_FEATURE_COMPONENTS = 8, /* it is a bundle */
  FMTCONV_FEATURE_BLOBS = 16,     /* files are carried along */
  FMTCONV_FEATURE_SCALED =
      32 /* tensors of few bits mean nothing without their scales: fmtconv_model_scaling */
};

/* ---- Bundles */

/* The name of a component; "" of any other model. */
const char *fmtconv_model_name (const fmtconv_model *model);

/* The component after `after`, in order; after == NULL: the first; NULL at the end, and of a model that is no
 * bundle. */
const fmtconv_model *fmtconv_model_next_component (const fmtconv_model *model, const fmtconv_model *after);

/* The component of that name (of letters, digits, '_', '-' and '.'), which is made at the end where there is
 * none.  It can be changed until the callback returns.  NULL only after an error. */
fmtconv_model *fmtconv_model_component (fmtconv_model *out, const char *name);

/* ---- Files carried along */

/* The one after `after`; after == NULL: the first; NULL at the end. */
const fmtconv_blob *fmtconv_model_next_blob (const fmtconv_model *model, const fmtconv_blob *after);

/* Carry a file along.  A name that is no plain component, or is there already: E_FORMAT. */
void fmtconv_model_attach (fmtconv_model *out, const char *name, fmtconv_source *source);

/* Carry one of out's files no longer.  A walk that stands at it can go on. */
void fmtconv_model_detach (fmtconv_model *out, const fmtconv_blob *blob);

/* ---- Tensors */

/* The model's attributes, an object. */
fmtconv_attr *fmtconv_model_attrs (const fmtconv_model *model);

size_t fmtconv_model_count (const fmtconv_model *model);

/* The tensor after `after`; after == NULL: the first; NULL at the end. */
const fmtconv_tensor *fmtconv_model_next (const fmtconv_model *model, const fmtconv_tensor *after);
#define FMTCONV_FOREACH(t, model) \
  for (const fmtconv_tensor *t = fmtconv_model_next (model, NULL); t; t = fmtconv_model_next (model, t))

/* By exact name.  NULL: none (no error). */
const fmtconv_tensor *fmtconv_model_find (const fmtconv_model *model, const char *name);

/* The first whose name the rule pattern matches.  NULL: none (no error). */
const fmtconv_tensor *fmtconv_model_find_pattern (const fmtconv_model *model, const char *pattern);

/* The earliest other tensor that is the very same bytes under the same shape, or NULL. */
const fmtconv_tensor *fmtconv_model_tied (const fmtconv_model *model, const fmtconv_tensor *tensor);

/* From here on no tensor of `out` is tied, although several may be the same bytes: each is written as its own. */
void fmtconv_model_untie (fmtconv_model *out);

/* Does a rule's pattern (fmtconv/rules.h), or a shell glob (* ? [a-z], '*' crosses dots), match the
 * whole name? */
int fmtconv_pattern_match (const char *pattern, const char *name);
int fmtconv_glob_match (const char *glob, const char *name);

/* The value of a tensor of one element that is as it was read, at once: for numbers that describe a model and
 * are kept as tensors, such as a LoRA's alpha.  Complex: the real part.  E_UNSUPPORTED for any other tensor. */
int fmtconv_tensor_scalar (const fmtconv_tensor *tensor, double *value);

/* ---- Scaled tensors.  A checkpoint of fp8 or fp4 numbers has a tensor of codes and, beside it, one or two tensors of
 * scales; names, data types and shapes say which.  What moves tensors and names only can keep them beside each
 * other; what computes must not see the codes alone. */
enum
{
  FMTCONV_SCALING_NONE,
  FMTCONV_SCALING_CODES,    /* scaled by others */
  FMTCONV_SCALING_SCALE,    /* what scales another */
  FMTCONV_SCALING_COMPANION /* of no use without codes: scales of a layer's input, a marker */
};

typedef struct fmtconv_scaling
{
  const char *name; /* of the tensor that the codes stand for */
  const fmtconv_tensor *codes;
  const fmtconv_tensor *scale;
  const fmtconv_tensor *second; /* one more scale, or NULL */
} fmtconv_scaling;

/* What a tensor of the model is.  scaling: filled for CODES; may be NULL. */
int fmtconv_model_scaling (const fmtconv_model *model, const fmtconv_tensor *tensor,
                           fmtconv_scaling *scaling);

/* The values of scaled codes in f32, still to be rounded: cast it to what is wanted.  A scale whose shape fits no block
 * of the codes, or which lies in an order of some processor's: E_UNSUPPORTED, with both tensors and their shapes. */
fmtconv_view *fmtconv_model_unscale (const fmtconv_model *model, const fmtconv_scaling *scaling);

/* Add a tensor at the end.  A NULL view does nothing; a duplicate, empty or over-long (4096 bytes)
 * name, or one with control characters, is E_FORMAT. */
void fmtconv_model_put (fmtconv_model *out, const char *name, fmtconv_view *view);

/* Give one of out's tensors another value; its name and place stay. */
void fmtconv_model_replace (fmtconv_model *out, const fmtconv_tensor *tensor, fmtconv_view *view);

/* Leave a tensor out, and say why: one of the input's, or one of out's own. */
void fmtconv_model_drop (fmtconv_model *out, const fmtconv_tensor *tensor, const char *why);

/* Readers: something of the file that is no tensor of the model, listed for the user.
 * bytes: 0 where it has no size worth telling. */
void fmtconv_model_skip (fmtconv_model *out, const char *what, uint64_t bytes, const char *why);

/* Everything of a model that fmtconv_input_read returned: tensors, attributes (laid over out's), files carried
 * along, components, what it skipped. */
void fmtconv_model_adopt (fmtconv_model *out, const fmtconv_model *other);

/* Readers: bytes [start, end) of `source` are the leaves put so far, back to back, each start aligned
 * to `align`: gaps, overlaps and tails are E_FORMAT with the position and the tensor. */
void fmtconv_model_require_tiling (fmtconv_model *out, fmtconv_source *source, uint64_t start, uint64_t end,
                                   uint64_t align);

FMTCONV_END_DECLS

#endif
