# SPDX-License-Identifier: Apache-2.0
"""Block types: the bytes that ggml makes of random weights, and the values that it makes of random blocks."""
# Marks: arithmetic

import os
import subprocess
import unittest
from pathlib import Path

import gguf
import numpy as np
from ggmlbase import Ggml
from support import Case

QUANTIZE = os.environ.get("FMTCONV_QUANTIZE", "tests/interop/quantize")
LONG = bool(os.environ.get("FMTCONV_LONG"))
WEIGHTS = (40 if LONG else 4) << 20
STEP = 4 << 20
LEVELS = {0: "portable", 1: "AVX2", 2: "AVX-512"}


def best_level():
    """The highest level of this processor, according to Linux: the program must be able to use it, and all lower
    levels."""
    words = set(Path("/proc/cpuinfo").read_text().split())
    needed = ({"avx2", "f16c", "pclmulqdq"}, {"avx512f", "avx512bw", "avx512dq", "avx512vl"})
    return 0 if not needed[0] <= words else 1 if not needed[1] <= words else 2


BEST = best_level()

ENCODED = ["Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ4_NL", "IQ4_XS", "TQ1_0",
           "TQ2_0", "MXFP4"]
WEIGHED = [name for name in ENCODED if name not in ("Q8_0", "TQ1_0", "TQ2_0", "MXFP4")]
DECODED = ENCODED + ["IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ3_XXS", "IQ3_S", "NVFP4", "Q1_0"]
KINDS = {
    "normal": lambda random, n: random.standard_normal(n, dtype="<f4") * np.float32(0.02),
    "uniform": lambda random, n: random.random(n, dtype="<f4") * 2 - 1,
    "heavy-tailed": lambda random, n: (random.standard_t(2, n) * 0.01).astype("<f4"),
}


def number_of(name):
    return int(gguf.GGMLQuantizationType[name])


class Quant(Case):
    def setUp(self):
        super().setUp()
        self.ggml = Ggml()

    def quantize(self, command, number, *arguments):
        """Returns the program's messages and output."""
        out = self.tmp / "out"
        arguments = [str(out) if a is None else str(a) for a in arguments]
        result = subprocess.run([QUANTIZE, command, str(number), *arguments], capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, f"{command} {number} {arguments}\n{result.stderr}")
        return result.stdout.split(), np.fromfile(out, np.uint8)

    def compare(self, name, source, rows, importance=None):
        """Every level with ggml; `source`: the file of the rows."""
        number = number_of(name)
        _, size = self.ggml.block(number)
        wanted = self.ggml.quantize(number, rows, importance).reshape(-1, size)
        weights = []
        if importance is not None:
            weights = [self.tmp / "importance"]
            importance.tofile(weights[0])
        for level, called in list(LEVELS.items())[:BEST + 1]:
            (used,), got = self.quantize("encode", number, level, rows.shape[1], source, None, *weights)
            self.assertEqual(int(used), level, called)
            bad = np.flatnonzero((got.reshape(-1, size) != wanted).any(axis=1))
            self.assertEqual(bad.size, 0, f"{name}, {called}: {bad.size} of {len(wanted)} blocks, first {bad[:1]}")

    def test_bytes(self):
        random, source = np.random.default_rng(1), self.tmp / "in"
        for kind, draw in KINDS.items():
            for _ in range(0, WEIGHTS, STEP):
                rows = draw(random, STEP).reshape(-1, 4096)
                rows.tofile(source)
                for name in ENCODED:
                    with self.subTest(name=name, kind=kind):
                        self.compare(name, source, rows)

    def test_bytes_with_importance(self):
        random, source = np.random.default_rng(2), self.tmp / "in"
        for columns in (256, 3072, 8960):
            for kind, draw in KINDS.items():
                for _ in range(10 if LONG else 1):
                    rows = draw(random, (1 << 17) // columns * columns).reshape(-1, columns)
                    importance = (random.random(columns) ** 6 * 100).astype("<f4")
                    importance[random.random(columns) < 0.05] = 0
                    rows.tofile(source)
                    for name in WEIGHED:
                        with self.subTest(name=name, kind=kind, columns=columns):
                            self.compare(name, source, rows, importance)

    def test_values(self):
        """Any bits at all; a NaN may be another one."""
        random, source = np.random.default_rng(3), self.tmp / "in"
        for name in DECODED:
            with self.subTest(name=name):
                number = number_of(name)
                elements, size = self.ggml.block(number)
                blocks = random.integers(0, 256, ((1 << 20) // elements, size), dtype=np.uint8)
                blocks.tofile(source)
                wanted = self.ggml.dequantize(number, blocks.reshape(-1))
                _, got = self.quantize("decode", number, wanted.size, source, None)
                got = got.view("<f4")
                same = (got.view("<u4") == wanted.view("<u4")) | (np.isnan(got) & np.isnan(wanted))
                self.assertTrue(same.all(), f"{np.flatnonzero(~same)[:4]}")

    def test_values_of_gguf_py(self):
        """gguf-py's decoders, for blocks whose scales are finite."""
        random, source, unknown = np.random.default_rng(4), self.tmp / "in", []
        for name in DECODED:
            kind = gguf.GGMLQuantizationType[name]
            elements, size = gguf.GGML_QUANT_SIZES[kind]
            blocks = random.integers(0, 256, ((1 << 16) // elements, size), dtype=np.uint8)
            try:
                with np.errstate(all="ignore"):
                    wanted = gguf.quants.dequantize(blocks, kind)
            except NotImplementedError:
                unknown.append(name)
                continue
            with self.subTest(name=name):
                blocks.tofile(source)
                _, got = self.quantize("decode", int(kind), wanted.size, source, None)
                finite = np.isfinite(wanted).all(axis=1)
                wanted, got = wanted[finite], got.view("<f4").reshape(wanted.shape)[finite]
                self.assertTrue(np.array_equal(got, wanted.astype("<f4")))
        self.assertLessEqual(set(unknown), {"Q1_0"})


if __name__ == "__main__":
    unittest.main()
