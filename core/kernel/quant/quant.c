/* core/kernel/quant/quant.c: which loop a block type gets.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/kernel/quant.h"
#include "core/kernel/cpu.h"
#include "core/kernel/quant/decode.h"
#include "core/kernel/quant/level.h"
#include <fmtconv/types.h>

static const fci_quant_level *
level_now (void)
{
#ifdef __x86_64__
  const int level = fci_kernel_level ();
  if (level >= FCI_LEVEL_AVX512)
    return &fci_quant_avx512;
  if (level >= FCI_LEVEL_AVX2)
    return &fci_quant_avx2;
#endif
  return &fci_quant_portable;
}

static bool
is_block_type (uint32_t dtype)
{
  return dtype >= FMTCONV_GGML && dtype < FMTCONV_GGML + FCI_QUANT_TYPES;
}

bool
fci_quant_can_encode (uint32_t dtype)
{
  return is_block_type (dtype) && fci_quant_portable.encode[dtype - FMTCONV_GGML];
}

bool
fci_quant_can_decode (uint32_t dtype)
{
  return is_block_type (dtype) && fci_quant_decoders[dtype - FMTCONV_GGML];
}

bool
fci_quant_uses_importance (uint32_t dtype)
{
  switch (dtype)
    {
    case FMTCONV_Q8_0:
    case FMTCONV_TQ1_0:
    case FMTCONV_TQ2_0:
    case FMTCONV_MXFP4:
      return false;
    default:
      return fci_quant_can_encode (dtype);
    }
}

void
fci_quant_encode (uint32_t dtype, const float *x, size_t n, const float *importance, void *out)
{
  level_now ()->encode[dtype - FMTCONV_GGML](x, n, importance, out);
}

void
fci_quant_decode (uint32_t dtype, const void *blocks, size_t n, float *out)
{
  fci_quant_decoders[dtype - FMTCONV_GGML](level_now ()->scale, blocks, n, out);
}
