/* core/view/place.c: positions in leaves, whose data type may be stored in blocks of several elements.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/view/place.h"
#include "core/view/view.h"

uint64_t
fci_dtype_bytes (uint32_t dtype, uint64_t n)
{
  const fmtconv_dtype_info *info = fmtconv_dtype_get (dtype);
  return n / info->block * info->block_bytes;
}

uint64_t
fci_dtype_step (uint32_t dtype)
{
  return fci_is_blocks (dtype) ? 1 : fmtconv_dtype_get (dtype)->block_bytes;
}

void
fci_leaf_offset_move (uint32_t dtype, uint64_t *offset, uint32_t *phase, uint64_t by)
{
  const fmtconv_dtype_info *info = fmtconv_dtype_get (dtype);
  if (info->block == 1)
    {
      *offset += by;
      return;
    }
  by += *phase;
  *offset += by / info->block * info->block_bytes;
  *phase = (uint32_t) (by % info->block);
}
