/* core/api/shares.c: the data types of a model, and the sources that hold its data.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/api/shares.h"
#include "core/api/tree.h"
#include "core/base/ctx.h"
#include "core/base/map.h"
#include "core/model/model.h"
#include "core/view/view.h"
#include <stdlib.h>

/* Tensors and bytes of one data type. */
typedef struct share
{
  uint32_t dtype;
  size_t tensors;
  uint64_t bytes;
} share;

enum
{
  SHARES = 256 /* more than the number of data types */
};

static int
by_bytes (const void *a, const void *b)
{
  const share *x = a, *y = b;
  if (x->bytes != y->bytes)
    return x->bytes < y->bytes ? 1 : -1;
  return (x->dtype > y->dtype) - (x->dtype < y->dtype);
}

void
fci_add_dtypes (fmtconv_attr *result, const fmtconv_model *model)
{
  share shares[SHARES] = { 0 };
  size_t n = 0;
  FCI_FOREACH_LEAF (leaf, model)
    FMTCONV_FOREACH (t, leaf)
      {
        size_t i = 0;
        while (i < n && shares[i].dtype != t->dtype)
          i++;
        if (i == SHARES)
          continue;
        n = i == n ? n + 1 : n;
        shares[i].dtype = t->dtype;
        shares[i].tensors++;
        shares[i].bytes += t->bytes;
      }
  qsort (shares, n, sizeof *shares, by_bytes);
  fmtconv_attr *list = fci_add_array (result, "dtypes");
  for (size_t i = 0; i < n; i++)
    {
      fmtconv_attr *node = fci_add_object (list);
      fmtconv_attr_set_string (node, "dtype", fmtconv_dtype_get (shares[i].dtype)->name);
      fci_add_count (node, "tensors", shares[i].tensors);
      fci_add_count (node, "bytes", shares[i].bytes);
    }
}

/* A source that holds data of tensors. */
typedef struct storage
{
  const fmtconv_tensor *last; /* the last tensor that was counted */
  size_t tensors;
} storage;

/* Counts a tensor once for each source that holds its data. */
static void
count_box (fmtconv_ctx *ctx, fci_map *seen, const fmtconv_tensor *t, const fci_box *box, size_t *shared)
{
  uintptr_t value = 0;
  if (!fci_map_get (seen, &box->source, sizeof box->source, &value))
    {
      value = (uintptr_t) fci_new (ctx, storage);
      if (!value || !fci_map_add (seen, &box->source, sizeof box->source, value, NULL))
        return;
    }
  storage *at = (storage *) value;
  if (at->last == t)
    return;
  at->last = t;
  *shared += ++at->tensors == 2;
}

void
fci_add_storages (fmtconv_attr *result, const fmtconv_model *model)
{
  bool any_tied = (fci_model_features (model) & FMTCONV_FEATURE_TIED) != 0;
  fci_map *seen = fci_map_new (result->ctx);
  size_t shared = 0, tied = 0;
  if (!seen)
    return;
  FCI_FOREACH_LEAF (leaf, model)
    FMTCONV_FOREACH (t, leaf)
      {
        for (size_t i = 0; i < t->view->n_boxes; i++)
          count_box (result->ctx, seen, t, &t->view->boxes[i], &shared);
        tied += any_tied && fmtconv_model_tied (leaf, t);
      }
  fmtconv_attr *node = fmtconv_attr_make (result, "storages");
  fci_add_count (node, "sources", fci_map_count (seen));
  fci_add_count (node, "shared", shared);
  fci_add_count (node, "tied", tied);
}
