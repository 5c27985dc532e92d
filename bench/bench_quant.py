#!/usr/bin/env python3
"""Measures how fast one core quantizes, next to ggml: normal weights, and rows of zeros.

Both take the same weights in turn, and the least processor time counts, so that the ratios hold on a machine that does
other work as well.  Rates are in million weights a second; a ratio above 1 says that fmtconv is faster than ggml.
'ours' is the fastest level of this machine; then follows each level of instructions.
"""
# SPDX-License-Identifier: Apache-2.0

import sys
import time

import benchkit
from benchkit import INTEROP, program

TYPES = ("Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ4_NL", "IQ4_XS", "TQ1_0",
         "TQ2_0", "MXFP4")
LEVELS = ("portable", "AVX2", "AVX-512")
MODULES = ("numpy", "gguf", "pywhispercpp")
NUMBERS = {"runs": (4, 1, "turns of ggml and each level"), "rows": (32, 8, "rows of 4096 weights")}
CHOICES = {"type": TYPES}
COLUMNS = 4096


def space(a):
    """Returns the bytes of the weights."""
    return 4 * a.rows * COLUMNS


def of_ggml(ggml, number, rows):
    """Returns the seconds of ggml, the lesser of two runs."""
    import numpy as np
    elements, size = ggml.block(number)
    out = np.zeros(rows.size // elements * size, np.uint8)
    best = float("inf")
    for _ in range(2):
        begin = time.process_time()
        ggml.lib.ggml_quantize_chunk(number, rows.ctypes.data, out.ctypes.data, 0, *rows.shape, None)
        best = min(best, time.process_time() - begin)
    return best


def of_level(number, level, path):
    """Returns the seconds of a level of instructions, None if this processor does not have it."""
    used, seconds = benchkit.timed([program("FMTCONV_QUANTIZE"), "time", number, level, path]).output.split()
    return float(seconds) if int(used) == level else None


def measure(ggml, number, rows, path, turns):
    """Returns the seconds of ggml and of each level."""
    rows.tofile(path)
    runs = [[of_ggml(ggml, number, rows)] + [of_level(number, level, path) for level in range(len(LEVELS))]
            for _ in range(turns)]
    return [min(column) if None not in column else None for column in zip(*runs)]


def bench(a, folder):
    """Prints the table."""
    import gguf
    import numpy as np
    sys.path.append(str(INTEROP))
    from ggmlbase import Ggml
    ggml, shape = Ggml(), (a.rows, COLUMNS)
    contents = {"normal": np.random.default_rng(1).standard_normal(shape, dtype="<f4") * np.float32(0.02),
                "zeros": np.zeros(shape, "<f4")}
    print("other: ggml; million weights a second of one core; '/other' and the levels are multiples of ggml's rate")
    print(f"{'type, weights':20}{'size':>10}{'ours M/s':>12}{'other M/s':>12}{'/other':>9}"
          + "".join(f"{level:>10}" for level in LEVELS), flush=True)
    for name in a.type or TYPES:
        number = int(gguf.GGMLQuantizationType[name])
        for content, rows in contents.items():
            theirs, *levels = measure(ggml, number, rows, folder / "rows", a.runs)
            best = min(filter(None, levels))
            print(f"{name + ', ' + content:20}{rows.size:10}{rows.size / best / 1e6:12.1f}{rows.size / theirs / 1e6:12.1f}"
                  f"{theirs / best:9.2f}" + "".join(f"{theirs / s:10.2f}" if s else f"{'-':>10}" for s in levels),
                  flush=True)


if __name__ == "__main__":
    benchkit.main(sys.modules[__name__])
