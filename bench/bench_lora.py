#!/usr/bin/env python3
"""Measures the conversion of a LoRA: from a full training checkpoint of CogVideoX-2B to a file for diffusers.

The checkpoint has hidden size 1920, 30 layers (4 with --quick), rank 128 and f16, and is flat as under ZeRO; it takes
about 3.5 GB.  The floor is a loop of pread and pwrite, then fsync, of as many bytes as the LoRA has; the alternative is
torch and safetensors.  The page cache is warm for all.
"""
# SPDX-License-Identifier: Apache-2.0

import json
import statistics
import sys
from pathlib import Path

import benchkit
from benchkit import HERE, INTEROP, program

MODULES = ("torch", "safetensors", "numpy", "yaml")
NUMBERS = {"runs": (7, 2, "runs of every contestant"), "layers": (30, 4, "layers of the transformer"),
           "hidden": (1920, 1920, "hidden size of the transformer")}
RANK = 128


def space(a):
    """Returns the bytes of the checkpoint, the LoRA, its copy and an output."""
    return 33 * a.layers * a.hidden**2 + 40_000_000


def planned(samples):
    """Returns the median seconds until everything was planned, as fmtconv reports it."""
    return f"{statistics.median(json.loads(s.output.splitlines()[-1])['plan_seconds'] for s in samples):.3f}"


def write_part(checkpoint, part, size):
    """Writes `size` bytes from the middle of the checkpoint, for the floor to copy."""
    with open(checkpoint, "rb") as source, open(part, "wb") as file:
        source.seek(max(0, checkpoint.stat().st_size - size) // 2)
        while size:  # in small blocks: the peak memory of a child counts that of its parent
            size -= file.write(source.read(min(size, 1 << 20)))


def bench(a, folder):
    """Prints the table."""
    made = benchkit.make(INTEROP / "satmake.py", folder / "run", "--bare", "--hidden", a.hidden, "--layers", a.layers,
                         "--rank", RANK, "--alpha", "1")
    checkpoint, part, out = Path(made.strip()), folder / "part", folder / "out.safetensors"
    write_part(checkpoint, part, a.layers * 4 * 2 * RANK * a.hidden * 2)
    fmtconv = [program("FMTCONV"), "--json", "-qq", "-f"]
    samples = benchkit.race({
        "floor": [program("FMTCONV_COPY"), "w1", "8192", part, out],
        "ours": [*fmtconv, folder / "run", out],
        "crc=ignore": [*fmtconv, "-r", "sat:crc=ignore", folder / "run", out],
        "other": [sys.executable, HERE / "naive_lora.py", checkpoint, out, "1"],
    }, a, lambda: out.unlink(missing_ok=True))
    table = benchkit.Table(a, "a loop of pread and pwrite of the LoRA's bytes, then fsync, in C",
                           "torch and safetensors in Python, without sync", ["plan s"])
    for title, name in (("LoRA of the checkpoint", "ours"), ("the same, sat:crc=ignore", "crc=ignore")):
        table.row(title, checkpoint.stat().st_size, samples[name], samples["floor"], samples["other"],
                  more=[planned(samples[name])])
    table.details(samples)


if __name__ == "__main__":
    benchkit.main(sys.modules[__name__])
