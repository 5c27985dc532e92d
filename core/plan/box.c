/* core/plan/box.c: positions of a box's elements in the view and in the source.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/plan/box.h"
#include "core/plan/run.h"
#include "core/source/decoded.h"
#include "core/view/place.h"

void
fci_box_elements (fmtconv_view *view, const fci_box *box, uint64_t *first, uint64_t *count)
{
  const uint64_t *extent = FCI_EXTENT (box, view->rank);
  *first = 0;
  *count = 1;
  for (unsigned i = 0; i < view->rank; i++)
    {
      *first = *first * view->shape[i] + box->start[i];
      *count *= extent[i];
    }
}

bool
fci_box_is_unbroken (fmtconv_view *view, const fci_box *box)
{
  const uint64_t *extent = FCI_EXTENT (box, view->rank);
  unsigned i = 0;
  while (i < view->rank && extent[i] == 1)
    i++;
  for (i++; i < view->rank; i++)
    if (extent[i] != view->shape[i])
      return false;
  return true;
}

bool
fci_box_is_dense (fmtconv_view *view, const fci_box *box)
{
  const uint64_t *extent = FCI_EXTENT (box, view->rank);
  const int64_t *stride = FCI_STRIDE (box, view->rank);
  uint64_t step = fci_element_bytes (box->dtype);
  for (unsigned i = view->rank; i-- > 0;)
    {
      if (extent[i] != 1 && (uint64_t) stride[i] != step)
        return false;
      step *= extent[i];
    }
  return true;
}

uint64_t
fci_box_reads (fmtconv_view *view, const fci_box *box)
{
  uint64_t n = 1;
  for (unsigned i = 0; i < view->rank; i++)
    if (FCI_STRIDE (box, view->rank)[i] != 0)
      n *= FCI_EXTENT (box, view->rank)[i];
  const fci_decoded *d = fci_source_decoder (box->source);
  if (d)
    return fci_decoded_reads (d, n);
  return fci_is_blocks (box->dtype) ? fci_dtype_bytes (box->dtype, n) : n * fci_element_bytes (box->dtype);
}
