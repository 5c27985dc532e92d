/* core/kernel/quant/quant.c: selects the encoder and decoder of a block type.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/kernel/cpu.h"
#include "core/kernel/quant.h"
#include "core/kernel/quant/decode.h"
#include "core/kernel/quant/level.h"
#include <fmtconv/formats.h>
#include <fmtconv/plugin.h>

static const fci_quant_level *
level_now (void)
{
#ifdef __x86_64__
  const int level = fci_kernel_level ();
  if (level >= FCI_LEVEL_AVX512)
    return &fci_quant_avx512;
  if (level >= FCI_LEVEL_AVX2)
    return &fci_quant_avx2;
#elif FCI_NEON
  if (fci_kernel_level () >= FCI_LEVEL_NEON)
    return &fci_quant_neon;
#endif
  return &fci_quant_portable;
}

static bool
is_block_type (uint32_t dtype)
{
  return dtype >= FMTCONV_GGML && dtype < FMTCONV_GGML + FCI_QUANT_TYPES;
}

/* Returns the type of a plugin; NULL: it is another type. */
static const fmtconv_block_type *
registered (uint32_t dtype)
{
  return dtype > FMTCONV_PLUGIN_TYPE ? fmtconv_block_type_get (dtype) : NULL;
}

bool
fci_quant_can_encode (uint32_t dtype)
{
  const fmtconv_block_type *type = registered (dtype);
  if (type)
    return type->encode != NULL;
  return is_block_type (dtype) && fci_quant_portable.encode[dtype - FMTCONV_GGML];
}

/* Decodes E2M1 of the OCP microscaling formats: a sign, then 0, 0.5, 1, 1.5, 2, 3, 4 or 6.  The element in
 * the lower half of a byte is first, as in torch's float4_e2m1fn_x2. */
static void
decode_e2m1 (const uint8_t *codes, size_t n, float *out)
{
  static const float value[16] = { 0.0f,  0.5f,  1.0f,  1.5f,  2.0f,  3.0f,  4.0f,  6.0f,
                                   -0.0f, -0.5f, -1.0f, -1.5f, -2.0f, -3.0f, -4.0f, -6.0f };
  for (size_t i = 0; i + 1 < n; i += 2, codes++)
    {
      out[i] = value[*codes & 15];
      out[i + 1] = value[*codes >> 4];
    }
}

bool
fci_quant_can_decode (uint32_t dtype)
{
  if (dtype == FMTCONV_F4_E2M1 || registered (dtype))
    return true;
  return is_block_type (dtype) && fci_quant_decoders[dtype - FMTCONV_GGML];
}

bool
fci_quant_uses_importance (uint32_t dtype)
{
  const fmtconv_block_type *type = registered (dtype);
  if (type)
    return type->encode && type->uses_importance;
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

bool
fci_quant_is_foreign (uint32_t dtype)
{
  return registered (dtype) != NULL;
}

const char *
fci_quant_encode (uint32_t dtype, const float *x, size_t n, const float *importance, void *out)
{
  const fmtconv_block_type *type = registered (dtype);
  if (type)
    return type->encode (x, n, importance, out);
  level_now ()->encode[dtype - FMTCONV_GGML](x, n, importance, out);
  return NULL;
}

void
fci_quant_decode (uint32_t dtype, const void *blocks, size_t n, float *out)
{
  const fmtconv_block_type *type = registered (dtype);
  if (type)
    type->decode (blocks, n, out);
  else if (dtype == FMTCONV_F4_E2M1)
    decode_e2m1 (blocks, n, out);
  else
    fci_quant_decoders[dtype - FMTCONV_GGML](level_now ()->scale, blocks, n, out);
}
