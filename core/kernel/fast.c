/* core/kernel/fast.c: selects the fast loop of a stage.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/kernel/cpu.h"
#include "core/kernel/fast.h"
#include "core/kernel/fast_loops.h"
#include "core/kernel/kernel.h"
#include "core/kernel/stage.h"

#if defined __x86_64__ || FCI_NEON
/* Returns whether a stage has at most one step, which keeps the zeros that pad the rows of fast loops. */
static bool
is_fast (const fci_stage *stage)
{
  return stage->n_scales == 0 || (stage->n_scales == 1 && stage->scales[0].kind != FCI_STEP_ADD_SCALAR);
}

static fci_fast_mode
fast_mode_of (const fci_stage *stage)
{
  if (stage->n_scales == 0)
    return FCI_FAST_PLAIN;
  return stage->scales[0].kind == FCI_STEP_DIVIDE ? FCI_FAST_DIVIDED : FCI_FAST_TIMES;
}
#endif

fci_fast_fn *
fci_fast (const fci_stage *stage)
{
#ifdef __x86_64__
  const int level = fci_kernel_level ();
  if (!is_fast (stage))
    return NULL;
  if (level >= FCI_LEVEL_AVX512)
    return fci_fast_avx512 (stage->from, stage->to, fast_mode_of (stage));
  if (level >= FCI_LEVEL_AVX2)
    return fci_fast_avx2 (stage->from, stage->to, fast_mode_of (stage));
#elif FCI_NEON
  if (is_fast (stage) && fci_kernel_level () >= FCI_LEVEL_NEON)
    return fci_fast_neon (stage->from, stage->to, fast_mode_of (stage));
#else
  (void) stage;
#endif
  return NULL;
}
