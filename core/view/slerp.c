/* core/view/slerp.c: spherical interpolation of two views: a sum whose weights depend on all elements, so
 * that the executor measures them first.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/view/given.h"
#include "core/view/measure.h"
#include "core/view/ops.h"

static bool
check (fmtconv_view *view, fmtconv_view *other, double fraction)
{
  fmtconv_view *const both[] = { view, other };
  for (unsigned i = 0; i < 2; i++)
    if (!fci_is_floating (both[i]->dtype))
      {
        fmtconv_fail (view->ctx, FMTCONV_E_USAGE, "elements of %s cannot be interpolated",
                      fmtconv_dtype_get (both[i]->dtype)->name);
        return false;
      }
  bool same = view->rank == other->rank;
  for (unsigned i = 0; same && i < view->rank; i++)
    same = view->shape[i] == other->shape[i];
  if (!same)
    fmtconv_fail (view->ctx, FMTCONV_E_USAGE, "tensors of different shapes cannot be interpolated");
  else if (!(fraction >= 0 && fraction <= 1))
    fmtconv_fail (view->ctx, FMTCONV_E_USAGE, "the fraction %g is not between 0 and 1", fraction);
  else
    return !fci_view_is_measured (view) && !fci_view_is_measured (other);
  return false;
}

/* Returns weight number i as a factor for all elements. */
static fmtconv_view *
weight (fmtconv_view *weights, uint64_t i)
{
  return fmtconv_view_reshape (fmtconv_view_slice (weights, 0, i, 1), 0, NULL);
}

fmtconv_view *
fmtconv_view_slerp (fmtconv_view *view, fmtconv_view *other, double fraction)
{
  if (!fci_views_given ("fmtconv_view_slerp", 2, (fmtconv_view *[]){ view, other })
      || !check (view, other, fraction))
    return NULL;
  const fci_measure like = { .kind = FCI_MEASURE_SLERP, .fraction = fraction };
  fmtconv_view *from = fmtconv_view_cast (view, FMTCONV_F32), *to = fmtconv_view_cast (other, FMTCONV_F32);
  if (!from || !to)
    return NULL;
  fmtconv_view *weights = fci_view_measured (from, to, &like, 1, (const uint64_t[]){ 2 }, "measured weights");
  return fmtconv_view_add (fmtconv_view_multiply (view, weight (weights, 0), NULL),
                           fmtconv_view_multiply (other, weight (weights, 1), NULL), 1);
}
