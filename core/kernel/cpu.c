/* core/kernel/cpu.c: detects the features of the processor.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/kernel/cpu.h"
#include <stdatomic.h>

#ifdef __x86_64__
#include <cpuid.h>

/* Returns whether the processor has F16C, a name that some compilers' __builtin_cpu_supports lacks. */
static int
has_f16c (void)
{
  unsigned a, b, c, d;
  return __get_cpuid (1, &a, &b, &c, &d) && (c & bit_F16C);
}

static int
detect (void)
{
  __builtin_cpu_init ();
  if (!__builtin_cpu_supports ("avx2") || !__builtin_cpu_supports ("pclmul") || !has_f16c ())
    return FCI_LEVEL_PORTABLE;
  if (!__builtin_cpu_supports ("avx512f") || !__builtin_cpu_supports ("avx512bw")
      || !__builtin_cpu_supports ("avx512dq") || !__builtin_cpu_supports ("avx512vl"))
    return FCI_LEVEL_AVX2;
  return FCI_LEVEL_AVX512;
}

#else

static int
detect (void)
{
  return FCI_NEON ? FCI_LEVEL_NEON : FCI_LEVEL_PORTABLE;
}

#endif

/* CPUID is slow under a hypervisor, so it runs once; a second run is harmless. */
static atomic_int detected = FCI_LEVEL_AUTO;
static atomic_int forced = FCI_LEVEL_AUTO;

int
fci_kernel_level (void)
{
  const int most = atomic_load_explicit (&forced, memory_order_relaxed);
  int level = atomic_load_explicit (&detected, memory_order_relaxed);
  if (level == FCI_LEVEL_AUTO)
    {
      level = detect ();
      atomic_store_explicit (&detected, level, memory_order_relaxed);
    }
  return most != FCI_LEVEL_AUTO && most < level ? most : level;
}

void
fci_kernel_force (int level)
{
  atomic_store_explicit (&forced, level, memory_order_relaxed);
}
