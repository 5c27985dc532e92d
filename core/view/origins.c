/* core/view/origins.c: the numbers of the tensors that a view consists of.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/view/origins.h"
#include "core/view/view.h"
#include <stdlib.h>

static int
compare_numbers (const void *left, const void *right)
{
  const uint32_t *a = left;
  const uint32_t *b = right;
  return (*a > *b) - (*a < *b);
}

size_t
fci_view_origins (fmtconv_view *view, uint32_t *out)
{
  size_t n = 0;
  for (size_t i = 0; i < view->n_boxes; i++)
    if (view->boxes[i].origin != FCI_NO_ORIGIN && (n == 0 || out[n - 1] != view->boxes[i].origin))
      out[n++] = view->boxes[i].origin;
  for (size_t i = 0; view->extra_origins && i < view->extra_origins->n; i++)
    out[n++] = view->extra_origins->origin[i];
  if (n < 2)
    return n;
  qsort (out, n, sizeof *out, compare_numbers);
  size_t kept = 0;
  for (size_t i = 1; i < n; i++)
    if (out[i] != out[kept])
      out[++kept] = out[i];
  return kept + 1;
}

size_t
fci_view_most_origins (fmtconv_view *view)
{
  return view->n_boxes + (view->extra_origins ? view->extra_origins->n : 0);
}

const uint32_t *
fci_view_origin_numbers (fmtconv_view *view, size_t *n)
{
  uint32_t *from = fmtconv_ctx_alloc (view->ctx, fci_view_most_origins (view) + 1, sizeof *from);
  *n = from ? fci_view_origins (view, from) : 0;
  return from;
}
