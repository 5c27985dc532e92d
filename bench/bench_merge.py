#!/usr/bin/env python3
"""Measures merging a LoRA into the weights of a training checkpoint.

The checkpoint has layers of CogVideoX-5B's size (hidden size 3072, bf16, a LoRA on every layer; 230 MB a layer).  The
floor is 'cp' of the output, then sync; the alternative is torch and safetensors.  'GFLOP/s' are the f32 multiplications
and additions of the merge, 'of peak' is their share of the measured rate of this machine with separate instructions on as
many threads.  Every contestant's output is on disk when it ends; the page cache is warm for all.
"""
# SPDX-License-Identifier: Apache-2.0

import sys
from pathlib import Path

import benchkit
from benchkit import HERE, INTEROP, THREADS, program

MODULES = ("torch", "safetensors", "numpy", "yaml")
NUMBERS = {"runs": (5, 2, "runs of every contestant"), "layers": (6, 1, "layers of the transformer"),
           "hidden": (3072, 3072, "hidden size of the transformer"), "rank": (128, 128, "rank of the LoRA")}


def space(a):
    """Returns the bytes of the checkpoint and two outputs."""
    return 76 * a.layers * a.hidden**2 + 100_000_000


def rate(threads, times):
    """Returns the largest of some measurements of the machine's rate, in GFLOP/s."""
    return max(float(benchkit.timed([program("FMTCONV_RATE"), threads]).output) for _ in range(times))


def bench(a, folder):
    """Prints the table."""
    made = benchkit.make(INTEROP / "satmake.py", folder / "run", "--bare", "--hidden", a.hidden, "--layers", a.layers,
                         "--rank", a.rank, "--alpha", "1", "--dtype", "bf16")
    checkpoint, out, ours = Path(made.strip()), folder / "out.safetensors", folder / "ours.safetensors"
    plain = [program("FMTCONV"), "-qq", "-f"]
    merge, ignore = [*plain, "-t", "lora-merge"], ["-r", "sat:crc=ignore"]
    benchkit.timed([*merge, folder / "run", ours])
    samples = benchkit.race({
        "floor": benchkit.copied(ours, out),
        "ours": [*merge, folder / "run", out],
        "crc=ignore": [*merge, *ignore, folder / "run", out],
        "-j1": [*merge, *ignore, "-j1", folder / "run", out],
        "base": [*plain, *ignore, "-t", "none", folder / "run", out],
        "other": ["sh", "-c", '"$0" "$1" "$2" "$3" "$4" && sync "$3"', sys.executable, HERE / "naive_merge.py", checkpoint,
                  out, "1"],
    }, a, lambda: out.unlink(missing_ok=True))
    work = a.layers * 4 * 2 * a.rank * a.hidden**2 / 1e9
    peak = {n: rate(n, 1 if a.quick else 3) for n in {1, THREADS}}
    table = benchkit.Table(a, "cp of the output, then sync", "torch and safetensors in Python, then sync",
                           ["GFLOP/s", "of peak"])
    for title, name in ((f"merge, rank {a.rank}", "ours"), ("the same, sat:crc=ignore", "crc=ignore"),
                        ("the same, sat:crc=ignore -j1", "-j1")):
        speed = work / benchkit.least(samples[name])
        table.row(title, checkpoint.stat().st_size, samples[name], samples["floor"], samples["other"],
                  "1.5 floor" if name == "ours" else "",
                  more=[f"{speed:.1f}", f"{speed / peak[1 if name == '-j1' else THREADS]:.0%}"])
    table.row("no merge, sat:crc=ignore", checkpoint.stat().st_size, samples["base"], samples["floor"], more=["-", "-"])
    table.details(samples)


if __name__ == "__main__":
    benchkit.main(sys.modules[__name__])
