/* core/exec/check/defect.c: the list of what is wrong with files that are examined.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/exec/check/defect.h"

int
fci_defect_add (fci_defects *defects, fci_defect defect)
{
  if (!defect.what && !fmtconv_ctx_failed (defects->ctx))
    return fmtconv_fail (defects->ctx, FMTCONV_E_INTERNAL, "a defect has no text");
  fci_defect *to = fci_new (defects->ctx, fci_defect);
  if (!to)
    return fmtconv_ctx_failed (defects->ctx);
  *to = defect;
  to->next = NULL;
  if (defects->last)
    defects->last->next = to;
  else
    defects->first = to;
  defects->last = to;
  defects->n++;
  return 0;
}
