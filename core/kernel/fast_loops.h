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

/* Returns the size of an element. */
static inline size_t
fci_fast_bytes (uint32_t dtype)
{
  return dtype == FMTCONV_F32 ? 4 : dtype == FMTCONV_F16 || dtype == FMTCONV_BF16 ? 2 : 1;
}

/* Returns the f32 bits of the smallest normal number. */
static inline int
fci_fast_smallest_normal (uint32_t dtype)
{
  if (dtype == FMTCONV_F8_E4M3)
    return 0x3c800000;
  return dtype == FMTCONV_F16 || dtype == FMTCONV_F8_E5M2 ? 0x38800000 : 0x00800000;
}

/* Return the loop from one data type to another; NULL: none.  Require a processor of that level. */
fci_fast_fn *fci_fast_avx2 (uint32_t from, uint32_t to, fci_fast_mode mode);
fci_fast_fn *fci_fast_avx512 (uint32_t from, uint32_t to, fci_fast_mode mode);
fci_fast_fn *fci_fast_neon (uint32_t from, uint32_t to, fci_fast_mode mode);

#endif
