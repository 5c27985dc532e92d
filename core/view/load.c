/* core/view/load.c: reads the elements of a small tensor while a conversion is planned.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/source/source.h"
#include "core/view/inspect.h"
#include "core/view/load.h"
#include "core/view/view.h"
#include <fmtconv/formats.h>
#include <string.h>

/* Returns whether the elements are stored one after the other. */
static bool
is_dense (fmtconv_view *view)
{
  const fci_box *box = view->boxes;
  uint64_t step = fmtconv_dtype_get (view->dtype)->block_bytes;
  bool dense = view->n_boxes == 1 && !box->ops && box->dtype == view->dtype
               && fmtconv_dtype_get (view->dtype)->block == 1 && (box->source->disk || box->source->memory);
  for (unsigned i = view->rank; i-- > 0 && dense; step *= view->shape[i])
    dense = view->shape[i] == 1 || (uint64_t) FCI_STRIDE (box, view->rank)[i] == step;
  return dense;
}

const void *
fci_tensor_load (const fmtconv_tensor *tensor, size_t *n)
{
  fmtconv_view *view = tensor->view;
  const fmtconv_where where = { .tensor = tensor->name };
  *n = 0;
  if (tensor->bytes > FCI_LOAD_MAX)
    {
      fmtconv_fail_at (view->ctx, FMTCONV_E_LIMIT, &where,
                       "the tensor has %llu bytes; at most %d are read while planning",
                       (unsigned long long) tensor->bytes, FCI_LOAD_MAX);
      return NULL;
    }
  if (view->n_boxes && !is_dense (view))
    {
      fmtconv_fail_at (view->ctx, FMTCONV_E_UNSUPPORTED, &where,
                       "the tensor is computed or cut, and its values are needed while planning");
      return NULL;
    }
  char *bytes = fmtconv_ctx_alloc (view->ctx, 1, (size_t) tensor->bytes + 1);
  if (!bytes
      || (view->n_boxes
          && fci_source_load (view->boxes->source, view->boxes->offset, bytes, (size_t) tensor->bytes)))
    return NULL;
  *n = (size_t) tensor->bytes;
  return bytes;
}

const void *
fmtconv_tensor_bytes (const fmtconv_tensor *tensor)
{
  size_t n;
  return tensor && !fmtconv_ctx_failed (tensor->view->ctx) ? fci_tensor_load (tensor, &n) : NULL;
}

/* Compares n bytes of two sources. */
static int
compare (fmtconv_ctx *ctx, const fci_box *a, const fci_box *b, uint64_t n)
{
  enum
  {
    STEP = 1 << 16
  };
  char *left = fmtconv_ctx_alloc (ctx, 2, STEP), *right = left ? left + STEP : NULL;
  for (uint64_t at = 0; left && at < n; at += STEP)
    {
      const size_t size = n - at < STEP ? (size_t) (n - at) : STEP;
      if (fci_source_load (a->source, a->offset + at, left, size)
          || fci_source_load (b->source, b->offset + at, right, size))
        return -1;
      if (memcmp (left, right, size) != 0)
        return 0;
    }
  return left ? 1 : -1;
}

int
fmtconv_tensor_equal (const fmtconv_tensor *a, const fmtconv_tensor *b)
{
  if (fmtconv_ctx_failed (a->view->ctx))
    return -1;
  if (a->dtype != b->dtype || a->rank != b->rank
      || (a->rank && memcmp (a->shape, b->shape, a->rank * sizeof *a->shape)))
    return 0;
  if (a->view == b->view || !a->view->n_boxes)
    return 1;
  if (!is_dense (a->view) || !is_dense (b->view))
    return 0;
  const fci_box *left = a->view->boxes, *right = b->view->boxes;
  if (left->source == right->source && left->offset == right->offset)
    return 1;
  return compare (a->view->ctx, left, right, a->bytes);
}
