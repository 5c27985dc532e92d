/* core/kernel/fast_loops.h: vector loops between floating types: f16, bf16, f32, E4M3, E5M2; private to this folder.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_KERNEL_FAST_LOOPS_H
#define FCI_KERNEL_FAST_LOOPS_H

#include "core/kernel/stage.h"

/* Arithmetic between decoding and encoding. */
typedef enum fci_fast_mode
{
  FCI_FAST_PLAIN,
  FCI_FAST_TIMES,  /* multiplied by a factor */
  FCI_FAST_DIVIDED /* divided by it; only to 8-bit floats */
} fci_fast_mode;

/* Return the loop from one data type to another; NULL: none.  Require a processor of that level. */
fci_fast_fn *fci_fast_avx2 (uint32_t from, uint32_t to, fci_fast_mode mode);
fci_fast_fn *fci_fast_avx512 (uint32_t from, uint32_t to, fci_fast_mode mode);
fci_fast_fn *fci_fast_neon (uint32_t from, uint32_t to, fci_fast_mode mode);

#endif
