/* core/kernel/quant/decode.h: blocks to f32, by ggml's type number; private to this folder.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_KERNEL_QUANT_DECODE_H
#define FCI_KERNEL_QUANT_DECODE_H

#include "core/kernel/quant/level.h"

typedef void fci_decode_fn (const void *blocks, size_t n, float *out);

/* NULL: not read. */
extern fci_decode_fn *const fci_quant_decoders[FCI_QUANT_TYPES];

#endif
