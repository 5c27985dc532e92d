/* core/kernel/quant/level.h: the quantization loops of one kind of processor; private to this folder.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_KERNEL_QUANT_LEVEL_H
#define FCI_KERNEL_QUANT_LEVEL_H

#include "core/kernel/quant/block.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum
{
  FCI_QUANT_TYPES = 48 /* more than ggml's type numbers */
};

/* Encodes n elements, complete blocks, to `out`; importance: see fci_quant_encode. */
typedef void fci_encode_fn (const float *x, size_t n, const float *importance, uint8_t *out);

/* Computes (code - zero) · scale - minimum for n codes, a multiple of 16. */
typedef void fci_scale_fn (const uint8_t *codes, size_t n, int zero, float scale, float minimum, float *out);

/* encode: by ggml's type number; NULL: not supported. */
typedef struct fci_quant_level
{
  fci_scale_fn *scale;
  fci_encode_fn *encode[FCI_QUANT_TYPES];
} fci_quant_level;

extern const fci_quant_level fci_quant_portable;
extern const fci_quant_level fci_quant_avx2;
extern const fci_quant_level fci_quant_avx512;
extern const fci_quant_level fci_quant_neon;

#endif
