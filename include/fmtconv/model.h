/* fmtconv/model.h: models, ordered catalogues of names bound to views.
 * SPDX-License-Identifier: Apache-2.0
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

/* The model's attributes, an object. */
fmtconv_attr *fmtconv_attrs (const fmtconv_model *model);

size_t fmtconv_count (const fmtconv_model *model);

/* The tensor after `after`; after == NULL: the first; NULL at the end. */
const fmtconv_tensor *fmtconv_next (const fmtconv_model *model, const fmtconv_tensor *after);
#define FMTCONV_EACH(t, model) \
  (const fmtconv_tensor *t = fmtconv_next (model, NULL); t; t = fmtconv_next (model, t))

/* By exact name.  NULL: none (no error). */
const fmtconv_tensor *fmtconv_find (const fmtconv_model *model, const char *name);

/* The first whose name the rule pattern matches.  NULL: none (no error). */
const fmtconv_tensor *fmtconv_first (const fmtconv_model *model, const char *pattern);

/* The earliest other tensor that is the very same bytes under the same shape, or NULL. */
const fmtconv_tensor *fmtconv_tied (const fmtconv_model *model, const fmtconv_tensor *tensor);

/* Does a rule's pattern (fmtconv/rules.h), or a shell glob (* ? [a-z], '*' crosses dots), match the
 * whole name? */
int fmtconv_match (const char *pattern, const char *name);
int fmtconv_glob (const char *glob, const char *name);

/* Add a tensor at the end.  A NULL view does nothing; a duplicate, empty or over-long (4096 bytes)
 * name, or one with control characters, is E_FORMAT. */
void fmtconv_put (fmtconv_model *out, const char *name, fmtconv_view *view);

/* Give one of out's tensors another value; its name and place stay. */
void fmtconv_replace (fmtconv_model *out, const fmtconv_tensor *tensor, fmtconv_view *view);

/* Leave a tensor out, and say why: one of the input's, or one of out's own. */
void fmtconv_drop (fmtconv_model *out, const fmtconv_tensor *tensor, const char *why);

/* Readers: something of the file that is no tensor of the model, listed for the user.
 * bytes: 0 where it has no size worth telling. */
void fmtconv_skip (fmtconv_model *out, const char *what, uint64_t bytes, const char *why);

/* Readers: everything of a model that fmtconv_read returned: tensors, attributes (laid over out's),
 * what it skipped. */
void fmtconv_adopt (fmtconv_model *out, const fmtconv_model *other);

/* Readers: bytes [start, end) of `source` are the leaves put so far, back to back, each start aligned
 * to `align`: gaps, overlaps and tails are E_FORMAT with the position and the tensor. */
void fmtconv_tiles (fmtconv_model *out, fmtconv_source *source, uint64_t start, uint64_t end, uint64_t align);

FMTCONV_END_DECLS

#endif
