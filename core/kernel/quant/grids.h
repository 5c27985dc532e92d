/* core/kernel/quant/grids.h: the lattice points of ggml's IQ types; private to this folder.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_KERNEL_QUANT_GRIDS_H
#define FCI_KERNEL_QUANT_GRIDS_H

#include <stdint.h>

/* Eight coordinates of two bits: 8, 25, 43. */
extern const uint16_t fci_grid_iq2_xxs[256];
extern const uint16_t fci_grid_iq2_xs[512];
extern const uint16_t fci_grid_iq2_s[1024];

/* Four coordinates of three bits: 4, 12, 20, 28, 36, 44, 52, 62. */
extern const uint16_t fci_grid_iq3_xxs[256];

/* Four coordinates of three bits: 1, 3, 5 … 15. */
extern const uint16_t fci_grid_iq3_s[512];

/* Eight coordinates of two bits: -1, 0, 1. */
extern const uint16_t fci_grid_iq1_s[2048];

#endif
