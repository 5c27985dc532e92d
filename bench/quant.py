#!/usr/bin/env python3
"""How fast one core quantizes, beside ggml's reference: million weights a second, and the ratios of each level.

Both run by turns on the same weights, and the least time of the processor counts, so that the ratios hold on a
machine that does other work too.  Normal weights, then rows of zeros.
"""
# SPDX-License-Identifier: Apache-2.0

import os
import pathlib
import subprocess
import sys
import tempfile
import time

import gguf
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "tests" / "interop"))
from ggmlbase import Ggml  # noqa: E402

QUANTIZE = os.environ.get("FMTCONV_QUANTIZE", "tests/interop/quantize")
TYPES = ["Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ4_NL", "IQ4_XS", "TQ1_0",
         "TQ2_0", "MXFP4"]
LEVELS = ["portable", "AVX2", "AVX-512"]
ROWS, COLUMNS, TURNS = 32, 4096, 4


def reference(ggml, number, rows):
    """Seconds."""
    elements, size = ggml.block(number)
    out = np.zeros(rows.size // elements * size, np.uint8)
    best = float("inf")
    for _ in range(2):
        begin = time.process_time()
        ggml.lib.ggml_quantize_chunk(number, rows.ctypes.data, out.ctypes.data, 0, ROWS, COLUMNS, None)
        best = min(best, time.process_time() - begin)
    return best


def ours(number, level, path):
    """Seconds; None: this processor has no such level."""
    said = subprocess.run([QUANTIZE, "time", str(number), str(level), path], capture_output=True, text=True, check=True)
    used, seconds = said.stdout.split()
    return float(seconds) if int(used) == level else None


def measure(ggml, number, rows, path):
    """Seconds of ggml and of every level."""
    rows.tofile(path)
    turns = [[reference(ggml, number, rows)] + [ours(number, level, path) for level in range(len(LEVELS))]
             for _ in range(TURNS)]
    return [min(column) if None not in column else None for column in zip(*turns)]


def main():
    ggml, random = Ggml(), np.random.default_rng(1)
    normal = random.standard_normal((ROWS, COLUMNS), dtype="<f4") * np.float32(0.02)
    print(f"{'':8}{'normal weights':^44}{'zeros':^44}")
    print(f"{'type':8}" + "".join(f"{title:>11}" for title in ["ggml", *LEVELS] * 2))
    with tempfile.TemporaryDirectory() as folder:
        path = str(pathlib.Path(folder) / "rows")
        for name in sys.argv[1:] or TYPES:
            number, cells = int(gguf.GGMLQuantizationType[name]), []
            for rows in (normal, np.zeros_like(normal)):
                first, *rest = measure(ggml, number, rows, path)
                cells.append(f"{rows.size / first / 1e6:9.1f} M")
                cells += [f"{first / seconds:9.2f} ×" if seconds else f"{'–':>11}" for seconds in rest]
            print(f"{name:8}" + "".join(cells), flush=True)


if __name__ == "__main__":
    main()
