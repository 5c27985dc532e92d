# SPDX-License-Identifier: Apache-2.0
"""The memory that readers take for each tensor has a bound: what they keep, and what they take while they read."""
# Plugins: dcp diffusers dtensor gguf safetensors torch zero

import json
import subprocess
import sys
import unittest
from pathlib import Path

from support import FMTCONV, Case

BENCH = Path(__file__).resolve().parent.parent.parent / "bench"

FEW, MANY = 1000, 8000
NAME = 50  # bytes of most names, with their end
MIB = 1 << 20
KEPT = 512  # bytes that are kept for a stored tensor, besides its name
PARTS = {"dtensor": 2}  # stored tensors of which one is made

# Bytes for each tensor while a reader runs, besides 2 MiB.  Budgets count allocations, so that the numbers are the same on every
# machine.  Of a zip archive, 512 are what libzip takes while it compares the directory.
FORMATS = {
    "safetensors": ("safetensors", 64),
    "gguf": ("gguf", 96),
    "shards": ("diffusers", 400),
    "torch": ("torch", 576),
    "old": ("torch", 400),
    "dcp": ("dcp", 960),
    "dtensor": ("dtensor", 1440),  # of two ranks
    "zero": ("zero", 800),  # of two ranks
}


class Memory(Case):
    def make(self, kind, count):
        path = self.tmp / f"{kind}-{count}"
        base = "safetensors" if kind == "gguf" else kind
        made = self.tmp / "made.safetensors" if kind == "gguf" else path
        subprocess.run([sys.executable, "-W", "ignore", BENCH / "growthmake.py", base, str(count), made], check=True)
        if kind == "gguf":
            self.run_fmtconv("-qq", "-t", "none", "-w", "gguf:architecture=bench", made, path)
        return path

    def kept(self, reader, path):
        """Returns the bytes that a conversion keeps of what was read."""
        ran = self.run_fmtconv("-n", "-qq", "--json", "-t", "none", "-r", reader, "-w", "safetensors", path, self.tmp / "out")
        return json.loads(ran.stdout.splitlines()[-1])["memory"]["models"]

    def test_bounds(self):
        for kind, (reader, most) in FORMATS.items():
            with self.subTest(kind):
                few, many = self.make(kind, FEW), self.make(kind, MANY)
                # The limit is that of what is read before the first tensor is in the model; each of these adds to it.
                self.run_fmtconv("inspect", "-qq", "-r", reader, "--parse-memory", 2 * MIB + most * MANY, many)
                kept = (self.kept(reader, many) - self.kept(reader, few)) / (MANY - FEW)
                self.assertLessEqual(kept - NAME, KEPT * PARTS.get(kind, 1))

    def test_too_little(self):
        """A limit that a tree of all values would need is not one that is never reached."""
        ran = self.run_fmtconv("inspect", "-qq", "-r", "torch", "--parse-memory", "1M", self.make("torch", MANY), status=1)
        self.assertIn("--parse-memory", ran.stderr)


if __name__ == "__main__":
    assert FMTCONV
    unittest.main()
