/* core/view/block-stride.c: block strides of factors when axes are split or joined.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/view/block-stride.h"
#include "core/view/view.h"

bool
fci_block_stride_split (const fci_block_stride *block_stride, uint64_t inner, fci_block_stride *to_outer,
                        fci_block_stride *to_inner)
{
  const fci_block_stride whole = *block_stride;
  *to_outer = *to_inner = fci_no_block_stride;
  if (whole.step == 0)
    return true;
  if (whole.block % inner == 0 && whole.phase % inner == 0)
    {
      *to_outer = (fci_block_stride){ .step = whole.step,
                                      .block = whole.block / inner,
                                      .phase = whole.phase / inner };
      return true;
    }
  if (inner % whole.block != 0)
    return false;
  *to_outer = (fci_block_stride){ .step = whole.step * (inner / whole.block), .block = 1 };
  *to_inner = whole;
  return true;
}

bool
fci_block_stride_join (const fci_block_stride *outer, const fci_block_stride *own, uint64_t inner,
                       fci_block_stride *to)
{
  if (own->step == 0 && outer->step == 0)
    *to = fci_no_block_stride;
  else if (own->step == 0)
    *to = (fci_block_stride){ .step = outer->step,
                              .block = outer->block * inner,
                              .phase = outer->phase * inner };
  else if (outer->block == 1 && inner % own->block == 0 && outer->step == own->step * (inner / own->block))
    *to = *own;
  else
    return false;
  return true;
}
