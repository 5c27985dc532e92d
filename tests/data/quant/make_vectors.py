#!/usr/bin/env python3
"""tests/data/quant/make_vectors.py: inputs that stress rounding, and ggml's results for them, for tests/unit/quant.c.

Writes input.f32, rows of 256 little-endian floats; importance.f32, one such row; and expected.txt, with a line for
each of:

  encode TYPE plain|weighed CRC ...    of the bytes that ggml_quantize_chunk makes of every row
  decode TYPE ELEMENTS BLOCKS CRC      of the floats that ggml makes of random blocks, given in hexadecimal

TYPE is ggml's number.  Needs gguf, and libggml-base as the wheel of pywhispercpp 1.5.1 has it.
"""
# SPDX-License-Identifier: Apache-2.0

import pathlib
import sys
import zlib

import gguf
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "interop"))
from ggmlbase import Ggml  # noqa: E402

ENCODED = ["Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ4_NL", "IQ4_XS",
           "TQ1_0", "TQ2_0", "MXFP4"]
WEIGHED = [name for name in ENCODED if name not in ("Q8_0", "TQ1_0", "TQ2_0", "MXFP4")]
DECODED = ENCODED + ["IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ3_XXS", "IQ3_S", "NVFP4", "Q1_0"]


def ties():
    """Returns numbers half way between two codes, after a number that makes the scale 1."""
    steps = np.arange(31) - 15.5
    blocks = [np.r_[127, steps * 8 + 3.5], np.r_[-8, np.arange(31) * 0.5 - 7.5], np.r_[-16, steps],
              np.arange(32) * 0.5 * (15 / 15.5), np.r_[0, 15, np.arange(30) * 0.5], np.r_[-32, steps * 2 + 0.5],
              np.r_[-127, steps * 7.25], np.r_[12, steps[:31] / 2]]
    return np.r_[np.concatenate(blocks), -np.concatenate(blocks)]


def inputs(random):
    """Every case consists of full rows."""
    normal, n = random.standard_normal, 1024
    groups = np.arange(n) // 16
    outlier = normal(256) * 0.02
    outlier[77] = -60000
    bits = random.integers(0, 1 << 32, n, dtype=np.uint32).view("<f4")
    below = np.exp2(random.integers(-120, 127, n // 32).astype("f8")).astype("<f4").view("<i4")
    near = np.zeros((n // 32, 32), "<f4")
    near[:, 3] = (below - random.integers(0, 90, n // 32).astype("<i4")).view("<f4")
    return [normal(4 * n) * 0.02, random.uniform(-1, 1, n), random.standard_t(2, 2 * n) * 0.01,
            normal(n) * np.exp2(random.integers(-30, 30, n // 16))[groups], outlier,
            normal(n) * np.exp2(random.integers(-100, 100, n // 16).astype("f8"))[groups],
            np.abs(normal(n)), -np.abs(normal(n)), 5 + normal(n) * 0.01, -5 + normal(n) * 0.01,
            normal(n) * (random.random(n) < 0.03), np.where(random.random(n) < 0.5, normal(n), -0.0), ties(),
            random.integers(-1, 2, n) * 0.5, random.integers(-64, 64, n) * 0.5, normal(n // 32).repeat(32),
            normal(n // 16).repeat(16), normal(n) * 1e-6, normal(n) * 1e-15, normal(n) * 1e-30, normal(n) * 1e19,
            normal(n) * 3e20, normal(n) * 1e37, normal(n) * 1e5, np.where(np.isfinite(bits), bits, 0), near.reshape(-1),
            np.zeros(256), np.full(256, -0.0), np.where(random.random(256) < 0.5, 0.0, -0.0)]


def random_blocks(ggml, number, random):
    """Two blocks whose numbers are all finite."""
    elements, size = ggml.block(number)
    while True:
        blocks = random.integers(0, 256, (2 * max(1, 128 // elements), size), dtype=np.uint8)
        values = ggml.dequantize(number, blocks.reshape(-1))
        if np.isfinite(values).all() and np.abs(values).max() < 1e6:
            return blocks, values


def main():
    folder = pathlib.Path(__file__).parent
    ggml, random = Ggml(), np.random.default_rng(20261125)
    with np.errstate(over="ignore"):
        rows = np.concatenate([case.astype("<f4") for case in inputs(random)]).reshape(-1, 256)
    importance = (random.random(256) ** 4).astype("<f4")
    importance[40:48] = 0
    (folder / "input.f32").write_bytes(rows.tobytes())
    (folder / "importance.f32").write_bytes(importance.tobytes())
    with open(folder / "expected.txt", "w", encoding="ascii") as out:
        for names, kind, weights in ((ENCODED, "plain", None), (WEIGHED, "weighed", importance)):
            for name in names:
                number = int(gguf.GGMLQuantizationType[name])
                sums = [zlib.crc32(ggml.quantize(number, row.reshape(1, -1), weights)) for row in rows]
                print("encode", number, kind, *(f"{s:08x}" for s in sums), file=out)
        for name in DECODED:
            number = int(gguf.GGMLQuantizationType[name])
            blocks, values = random_blocks(ggml, number, random)
            print("decode", number, values.size, blocks.tobytes().hex(), f"{zlib.crc32(values):08x}", file=out)
    print(len(rows), "rows")


if __name__ == "__main__":
    main()
