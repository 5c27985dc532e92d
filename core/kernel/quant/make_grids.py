#!/usr/bin/env python3
"""core/kernel/quant/make_grids.py: writes grids.c, from the grids of gguf-py 0.19.0."""
# SPDX-License-Identifier: Apache-2.0

import numpy as np
from gguf import quants

# The type, the bits of a digit; digit k of an element of a grid is bits · k up.
GRIDS = [("IQ2_XXS", 2), ("IQ2_XS", 2), ("IQ2_S", 2), ("IQ3_XXS", 3), ("IQ3_S", 3), ("IQ1_S", 2)]

print("""/* core/kernel/quant/grids.c: the lattice points of ggml's IQ types; written by make_grids.py.
 * SPDX-License-Identifier: Apache-2.0 AND MIT
 * SPDX-FileCopyrightText: 2026 The fmtconv authors
 * SPDX-FileCopyrightText: 2023 Georgi Gerganov
 *
 * A point has eight coordinates of two bits, or four of three; see grids.h for their values. */
/* clang-format off */
#include "config.h"

#include "core/kernel/quant/grids.h\"""")
for name, bits in GRIDS:
    kind = getattr(quants, name)
    kind.init_grid()
    values = [float(v) for v in kind.grid_map]
    points = kind.grid.reshape(kind.grid_shape)
    digits = np.searchsorted(values, points).astype(np.uint32)
    numbers = (digits << (bits * np.arange(points.shape[1], dtype=np.uint32))).sum(axis=1)
    print(f"\nconst uint16_t fci_grid_{name.lower()}[{len(numbers)}] = {{")
    for at in range(0, len(numbers), 16):
        print("  " + " ".join(f"{n}," for n in numbers[at:at + 16]))
    print("};")
