/* core/kernel/fast.h: vector loops between floating types: f16, bf16, f32, E4M3, E5M2; private to this folder.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_KERNEL_FAST_H
#define FCI_KERNEL_FAST_H

#include "core/kernel/stage.h"

/* The loop from one data type to another with no or one factor between them; NULL: there is none.  Only
 * for a processor of that level. */
fci_fast_fn *fci_fast_avx2 (uint32_t from, uint32_t to, bool scaled);
fci_fast_fn *fci_fast_avx512 (uint32_t from, uint32_t to, bool scaled);

#endif
