/* core/view/block-stride.c: how factors go along with axes that are split or joined.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/view/block-stride.h"
#include "core/view/view.h"

bool
fci_pace_split (const fci_pace *pace, uint64_t inner, fci_pace *to_outer, fci_pace *to_inner)
{
  const fci_pace whole = *pace;
  *to_outer = *to_inner = fci_no_pace;
  if (whole.step == 0)
    return true;
  if (whole.block % inner == 0 && whole.phase % inner == 0)
    {
      *to_outer =
          (fci_pace){ .step = whole.step, .block = whole.block / inner, .phase = whole.phase / inner };
      return true;
    }
  if (inner % whole.block != 0)
    return false;
  *to_outer = (fci_pace){ .step = whole.step * (inner / whole.block), .block = 1 };
  *to_inner = whole;
  return true;
}

bool
fci_pace_join (const fci_pace *outer, const fci_pace *own, uint64_t inner, fci_pace *to)
{
  if (own->step == 0 && outer->step == 0)
    *to = fci_no_pace;
  else if (own->step == 0)
    *to = (fci_pace){ .step = outer->step, .block = outer->block * inner, .phase = outer->phase * inner };
  else if (outer->block == 1 && inner % own->block == 0 && outer->step == own->step * (inner / own->block))
    *to = *own;
  else
    return false;
  return true;
}
