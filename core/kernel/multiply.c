/* core/kernel/multiply.c: multiplies or divides rows of f32 by rows of factors.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/kernel/cpu.h"
#include "core/kernel/multiply.h"
#include "core/kernel/number.h"
#include "core/kernel/product_loops.h"

void
fci_row_multiply (float *values, const float *factors, size_t n)
{
  size_t i = 0;
#ifdef __x86_64__
  const int level = fci_kernel_level ();
  if (level >= FCI_LEVEL_AVX512)
    i = fci_multiply_avx512 (values, factors, n, false);
  else if (level >= FCI_LEVEL_AVX2)
    i = fci_multiply_avx2 (values, factors, n, false);
#elif FCI_NEON
  if (fci_kernel_level () >= FCI_LEVEL_NEON)
    i = fci_multiply_neon (values, factors, n, false);
#endif
  for (; i < n; i++)
    values[i] = fci_f32_result (values[i] * factors[i], factors[i], values[i]);
}

void
fci_row_divide (float *values, const float *factors, size_t n)
{
  size_t i = 0;
#ifdef __x86_64__
  const int level = fci_kernel_level ();
  if (level >= FCI_LEVEL_AVX512)
    i = fci_multiply_avx512 (values, factors, n, true);
  else if (level >= FCI_LEVEL_AVX2)
    i = fci_multiply_avx2 (values, factors, n, true);
#elif FCI_NEON
  if (fci_kernel_level () >= FCI_LEVEL_NEON)
    i = fci_multiply_neon (values, factors, n, true);
#endif
  for (; i < n; i++)
    values[i] = fci_f32_result (values[i] / factors[i], values[i], factors[i]);
}
