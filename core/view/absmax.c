/* core/view/absmax.c: the largest absolute values of a view's blocks, which the executor measures.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/view/absmax.h"
#include "core/view/measure.h"
#include "core/view/ops.h"
#include <math.h>

uint64_t
fci_absmax_extent (const fci_requirement *measured, unsigned axis)
{
  const uint64_t extent = measured->wanted->shape[axis], block = measured->measure->block[axis];
  return extent / block + (extent % block != 0);
}

uint64_t
fci_absmax_blocks (const fci_requirement *measured)
{
  uint64_t n = 1;
  for (unsigned i = 0; i < measured->wanted->rank; i++)
    n *= fci_absmax_extent (measured, i);
  return n;
}

static bool
check (fmtconv_view *view, const uint64_t *block, double divisor)
{
  if (!fci_is_floating (view->dtype) && !fci_is_blocks (view->dtype))
    {
      fmtconv_fail (view->ctx, FMTCONV_E_USAGE, "cannot measure the largest absolute value of %s elements",
                    fmtconv_dtype_get (view->dtype)->name);
      return false;
    }
  for (unsigned i = 0; i < view->rank; i++)
    if (!block || block[i] == 0)
      {
        fmtconv_fail (view->ctx, FMTCONV_E_USAGE, "the block size along axis %u is 0", i);
        return false;
      }
  if (!isfinite ((float) divisor) || divisor < 0)
    {
      fmtconv_fail (view->ctx, FMTCONV_E_USAGE, "%g is not a valid divisor of largest absolute values",
                    divisor);
      return false;
    }
  return !fci_view_is_measured (view);
}

fmtconv_view *
fmtconv_view_absmax (fmtconv_view *view, const uint64_t *block, double divisor)
{
  if (!view || fmtconv_ctx_failed (view->ctx) || !check (view, block, divisor))
    return NULL;
  const fci_measure like = { .kind = FCI_MEASURE_ABSMAX, .block = block, .divisor = (float) divisor };
  fmtconv_view *wanted = fmtconv_view_cast (view, FMTCONV_F32);
  uint64_t shape[FMTCONV_MAX_RANK];
  for (unsigned i = 0; i < view->rank; i++)
    shape[i] = view->shape[i] / block[i] + (view->shape[i] % block[i] != 0);
  return wanted ? fci_view_measured (wanted, NULL, &like, wanted->rank, shape,
                                     divisor > 0 ? "measured scales" : "measured")
                : NULL;
}
