/* core/view/load.c: reads the elements of a small tensor while a conversion is planned.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/source/source.h"
#include "core/view/inspect.h"
#include "core/view/load.h"
#include "core/view/view.h"
#include <fmtconv/formats.h>

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
