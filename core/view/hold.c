/* core/view/hold.c: norms of rows, and values that are computed before the output is written.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/view/measure.h"
#include "core/view/ops.h"

/* Returns how many measurements come before one of the view, one after the other. */
static unsigned
level_of (fmtconv_view *view)
{
  unsigned level = 0;
  for (size_t i = 0; view->requirements && i < view->requirements->n; i++)
    {
      const fci_measure *measure = view->requirements->item[i]->measure;
      if (measure && measure->level >= level)
        level = measure->level + 1;
    }
  return level;
}

static fmtconv_view *
measured (fmtconv_view *view, fci_measure_kind kind)
{
  if (!view || fmtconv_ctx_failed (view->ctx))
    return NULL;
  if (!fci_is_floating (view->dtype) && !fci_is_blocks (view->dtype))
    {
      fmtconv_fail (view->ctx, FMTCONV_E_USAGE, "cannot measure %s of %s elements",
                    kind == FCI_MEASURE_NORM ? "norms" : "values", fmtconv_dtype_get (view->dtype)->name);
      return NULL;
    }
  fmtconv_view *wanted = fci_view_is_measured (view) ? NULL : fmtconv_view_cast (view, FMTCONV_F32);
  if (!wanted)
    return NULL;
  const fci_measure like = { .kind = kind, .level = level_of (wanted) };
  uint64_t shape[FMTCONV_MAX_RANK];
  for (unsigned i = 0; i < wanted->rank; i++)
    shape[i] = kind == FCI_MEASURE_NORM && i > 0 ? 1 : wanted->shape[i];
  return fci_view_measured (wanted, NULL, &like, wanted->rank, shape, "measured");
}

fmtconv_view *
fmtconv_view_norm (fmtconv_view *view)
{
  return measured (view, FCI_MEASURE_NORM);
}

fmtconv_view *
fmtconv_view_hold (fmtconv_view *view)
{
  return measured (view, FCI_MEASURE_VALUE);
}
