/* plugins/safetensors/write.c: the safetensors writer; the bytes are the official writer's.
 * SPDX-License-Identifier: Apache-2.0 */
#include "safetensors.h"
#include <stdlib.h>
#include <string.h>

/* The order of safetensors/src/tensor.rs: data types from the widest, then names by bytes. */
static int
by_dtype_and_name (const void *a, const void *b)
{
  const fmtconv_tensor *x = *(const fmtconv_tensor *const *) a, *y = *(const fmtconv_tensor *const *) b;
  int rank_x = fmtconv_by_dtype (safetensors_dtypes, x->dtype)->id;
  int rank_y = fmtconv_by_dtype (safetensors_dtypes, y->dtype)->id;
  return rank_x != rank_y ? rank_y - rank_x : strcmp (x->name, y->name);
}

static const fmtconv_tensor **
sorted_tensors (fmtconv_ctx *ctx, const fmtconv_model *model)
{
  const fmtconv_tensor **list = fmtconv_alloc (ctx, fmtconv_count (model) + 1, sizeof *list);
  size_t n = 0;
  if (!list)
    return NULL;
  for
    FMTCONV_EACH (t, model)
  list[n++] = t;
  qsort (list, n, sizeof *list, by_dtype_and_name);
  return list;
}

static int
by_key (const void *a, const void *b)
{
  return strcmp ((*(fmtconv_attr *const *) a)->key, (*(fmtconv_attr *const *) b)->key);
}

/* "format", the model's metadata and the user's entries, sorted by key, so that a file is reproducible. */
static fmtconv_attr *
metadata_of (fmtconv_ctx *ctx, const struct safetensors_write_params *p, const fmtconv_model *model)
{
  fmtconv_attr *all = fmtconv_object (ctx), *sorted = fmtconv_object (ctx);
  fmtconv_set_string (all, "format", "pt");
  fmtconv_overlay (all, fmtconv_get (fmtconv_attrs (model), "metadata"));
  for (size_t i = 0; i < p->metadata.n; i++)
    if (*p->metadata.value[i])
      fmtconv_set_string (all, p->metadata.key[i], p->metadata.value[i]);
    else
      fmtconv_unset (all, p->metadata.key[i]);
  fmtconv_attr **list = fmtconv_alloc (ctx, all ? all->len + 1 : 1, sizeof *list);
  size_t n = 0;
  if (!list)
    return NULL;
  for (fmtconv_attr *a = all->first; a; a = a->next)
    list[n++] = a;
  qsort (list, n, sizeof *list, by_key);
  for (size_t i = 0; i < n; i++)
    fmtconv_set (sorted, list[i]->key, list[i]);
  return sorted;
}

/* {"dtype":…,"shape":[…],"data_offsets":[start,end]} */
static fmtconv_attr *
entry_of (fmtconv_ctx *ctx, const fmtconv_tensor *t, uint64_t start)
{
  fmtconv_attr *entry = fmtconv_object (ctx);
  fmtconv_attr *shape = fmtconv_literal (ctx, "[]"), *range = fmtconv_literal (ctx, "[]");
  fmtconv_set_string (entry, "dtype", fmtconv_by_dtype (safetensors_dtypes, t->dtype)->name);
  for (unsigned d = 0; d < t->rank; d++)
    fmtconv_set_uint (shape, NULL, t->shape[d]);
  fmtconv_set_uint (range, NULL, start);
  fmtconv_set_uint (range, NULL, start + t->bytes);
  fmtconv_set (entry, "shape", shape);
  fmtconv_set (entry, "data_offsets", range);
  return entry;
}

static fmtconv_attr *
header_of (fmtconv_ctx *ctx, fmtconv_attr *metadata, const fmtconv_tensor *const *tensors, size_t n)
{
  fmtconv_attr *header = fmtconv_object (ctx);
  uint64_t at = 0;
  if (metadata && metadata->len)
    fmtconv_set (header, "__metadata__", metadata);
  for (size_t i = 0; i < n; i++)
    {
      fmtconv_set (header, tensors[i]->name, entry_of (ctx, tensors[i], at));
      at += tensors[i]->bytes;
    }
  return header;
}

/* safetensors has no ties: what is tied is written once a name. */
static void
note_ties (fmtconv_ctx *ctx, const fmtconv_model *model)
{
  size_t tied = 0;
  for
    FMTCONV_EACH (t, model)
  tied += fmtconv_tied (model, t) != NULL;
  if (tied)
    fmtconv_note (ctx, "%zu tied tensors are written out in full, as safetensors has no ties", tied);
}

int
safetensors_write (fmtconv_ctx *ctx, const void *params, const fmtconv_model *model, fmtconv_layout *out)
{
  size_t n = fmtconv_count (model);
  fmtconv_file *file = fmtconv_create (out, NULL);
  const fmtconv_tensor **tensors = sorted_tensors (ctx, model);
  if (!tensors)
    return fmtconv_failed (ctx);
  const char *json = fmtconv_json_text (header_of (ctx, metadata_of (ctx, params, model), tensors, n), 0);
  size_t len = json ? strlen (json) : 0, padded = (len + 7) & ~(size_t) 7;
  if (padded > SAFETENSORS_MAX_HEADER)
    return fmtconv_fail (ctx, FMTCONV_E_LIMIT,
                         "the header would have %zu bytes, more than the format's limit of %d", padded,
                         SAFETENSORS_MAX_HEADER);
  note_ties (ctx, model);
  fmtconv_emit_le (file, 8, padded);
  fmtconv_emit (file, json, len);
  fmtconv_align (file, 8, ' ');
  for (size_t i = 0; i < n; i++)
    fmtconv_emit_view (file, tensors[i]->name, tensors[i]->view);
  return fmtconv_failed (ctx);
}
