/* core/kernel/absmax.c: the largest magnitude among values, compared as integers.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/kernel/absmax.h"
#include "core/kernel/cpu.h"
#include <string.h>

#ifdef __x86_64__
#include <immintrin.h>
#elif FCI_NEON
#include <arm_neon.h>
#endif

static const uint32_t magnitude = 0x7fffffff;

static uint32_t
larger (uint32_t a, uint32_t b)
{
  return a > b ? a : b;
}

/* Returns the largest of `seen` and the magnitudes of a few values, as f32 bits. */
static uint32_t
absmax_plain (const float *values, size_t n, uint32_t seen)
{
  for (size_t i = 0; i < n; i++)
    {
      uint32_t bits;
      memcpy (&bits, values + i, sizeof bits);
      seen = larger (seen, bits & magnitude);
    }
  return seen;
}

#ifdef __x86_64__
enum
{
  LANES = 8,
  VECTORS = 4 /* independent chains, so that none waits for another */
};

__attribute__ ((target ("avx2"))) static uint32_t
absmax_avx2 (const float *values, size_t n)
{
  const __m256i mask = _mm256_set1_epi32 ((int) magnitude);
  __m256i largest[VECTORS];
  uint32_t lane[LANES], seen = 0;
  size_t i = 0;
  for (unsigned k = 0; k < VECTORS; k++)
    largest[k] = _mm256_setzero_si256 ();
  for (; i + VECTORS * LANES <= n; i += VECTORS * LANES)
    for (unsigned k = 0; k < VECTORS; k++)
      {
        const __m256i bits = _mm256_loadu_si256 ((const __m256i *) (const void *) (values + i + k * LANES));
        largest[k] = _mm256_max_epu32 (largest[k], _mm256_and_si256 (bits, mask));
      }
  largest[0] =
      _mm256_max_epu32 (_mm256_max_epu32 (largest[0], largest[1]), _mm256_max_epu32 (largest[2], largest[3]));
  _mm256_storeu_si256 ((__m256i *) (void *) lane, largest[0]);
  for (unsigned k = 0; k < LANES; k++)
    seen = larger (seen, lane[k]);
  return absmax_plain (values + i, n - i, seen);
}
#elif FCI_NEON
enum
{
  LANES = 4,
  VECTORS = 4 /* independent chains, so that none waits for another */
};

static uint32_t
absmax_neon (const float *values, size_t n)
{
  const uint32x4_t mask = vdupq_n_u32 (magnitude);
  uint32x4_t largest[VECTORS] = { vdupq_n_u32 (0), vdupq_n_u32 (0), vdupq_n_u32 (0), vdupq_n_u32 (0) };
  size_t i = 0;
  for (; i + VECTORS * LANES <= n; i += VECTORS * LANES)
    for (unsigned k = 0; k < VECTORS; k++)
      {
        const uint32x4_t bits = vreinterpretq_u32_f32 (vld1q_f32 (values + i + k * LANES));
        largest[k] = vmaxq_u32 (largest[k], vandq_u32 (bits, mask));
      }
  const uint32x4_t all = vmaxq_u32 (vmaxq_u32 (largest[0], largest[1]), vmaxq_u32 (largest[2], largest[3]));
  return absmax_plain (values + i, n - i, vmaxvq_u32 (all));
}
#endif

uint32_t
fci_absmax (const float *values, size_t n)
{
#ifdef __x86_64__
  if (fci_kernel_level () >= FCI_LEVEL_AVX2)
    return absmax_avx2 (values, n);
#elif FCI_NEON
  if (fci_kernel_level () >= FCI_LEVEL_NEON)
    return absmax_neon (values, n);
#endif
  return absmax_plain (values, n, 0);
}
