/* core/kernel/fast_loops.h: vector loops between floating types: f16, bf16, f32, E4M3, E5M2; private to this folder.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_KERNEL_FAST_LOOPS_H
#define FCI_KERNEL_FAST_LOOPS_H

#include "core/kernel/stage.h"

/* What is done to values between two types. */
typedef enum fci_fast_mode
{
  FCI_FAST_PLAIN,
  FCI_FAST_TIMES,  /* a factor */
  FCI_FAST_DIVIDED /* by it; to 8-bit floats alone */
} fci_fast_mode;

/* The loop from one data type to another; NULL: there is none.  Only for a processor of that level. */
fci_fast_fn *fci_fast_avx2 (uint32_t from, uint32_t to, fci_fast_mode mode);
fci_fast_fn *fci_fast_avx512 (uint32_t from, uint32_t to, fci_fast_mode mode);

#endif
