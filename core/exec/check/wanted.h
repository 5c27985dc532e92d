/* core/exec/check/wanted.h: the tensors that a writer's files should hold when they are read back.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_CHECK_WANTED_H
#define FCI_EXEC_CHECK_WANTED_H

#include "core/base/list.h"
#include "core/base/map.h"
#include "core/layout/layout.h"

/* A tensor region of a file. */
typedef struct fci_wanted_region
{
  const fmtconv_file *file;
  const fci_region *region;
  const fmtconv_tensor *tensor; /* the only tensor that its view shows; NULL: several, or none */
  size_t next;                  /* number of the next region of the same name + 1; 0: none */
  bool found;                   /* its tensor was read back */
} fci_wanted_region;

typedef struct fci_wanted
{
  fmtconv_ctx *ctx;
  const fmtconv_model *model; /* given to the writer; NULL: unknown */
  fci_list regions;
  fci_map *names; /* number of the first region + 1 of each name */
  fci_list found; /* tensors of the model that were read back under their own names */
} fci_wanted;

/* Initializes an empty list.  Returns 0 or a code.  Free it by fci_wanted_free. */
int fci_wanted_init (fci_wanted *wanted, fmtconv_ctx *ctx, const fmtconv_model *model);
void fci_wanted_free (fci_wanted *wanted);

/* Adds the tensors of a file.  Returns 0 or a code. */
int fci_wanted_add (fci_wanted *wanted, const fmtconv_file *file);

/* Returns the view that the tensor `t`, read back from `file`, must be equal to: that of the model's tensor, in whatever
 * form it is stored; or the region's, if the writer has changed data type or shape.
 *   file  NULL: all files were read at once
 *   leaf  the model or component of `t`
 * NULL: *wrong is set: no such tensor was written, or its form differs; or, without *wrong, out of memory. */
fmtconv_view *fci_wanted_find (fci_wanted *wanted, const fmtconv_file *file, const fmtconv_model *leaf,
                               const fmtconv_tensor *t, const char **wrong);

/* Returns the first of the regions [from, to) whose tensor was not read back, or NULL. */
const fci_wanted_region *fci_wanted_missing (fci_wanted *wanted, size_t from, size_t to);

/* Returns whether the tensor of any of them was read back. */
bool fci_wanted_any (const fci_wanted *wanted, size_t from, size_t to);

#endif
