#!/usr/bin/env python3
"""Speed and memory of everyday conversions, beside cp, bare loops in C, and torch with safetensors in Python.

everyday.py [--scratch FOLDER]... [--runs N] [--size BYTES] [--case NAME]... [--no-python] [--narrow]

For every scratch folder and every case a model is written with torch (so many bytes, 2 GB if no size is given; the tiny
ones: 100 000 tensors), converted by every contestant in an order that changes from run to run, and deleted.  Prints the
least and the median of wall time and of processor time (user and system), as ratios to the first contestant, and the peak
memory.  What a contestant wrote is on disk when it ends.  Processor time is what a machine that does other work too can
still be asked; a folder in memory (/dev/shm) leaves the disk out, and there is room for three times the size there.
"""
# SPDX-License-Identifier: Apache-2.0

import argparse
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from gguf import shapes
from lora import timed

HERE = Path(__file__).resolve().parent
FMTCONV, CAST, COPY = (os.environ[f"FMTCONV{name}"] for name in ("", "_CAST", "_COPY"))
TINY = 100_000

MAKE = """
import sys, torch
from safetensors.torch import save_file
out, dtype = sys.argv[1], getattr(torch, sys.argv[2])
tensors = {}
for line in sys.stdin:
    name, shape = line.rstrip().split("\\t")
    tensors[name] = (torch.rand([int(n) for n in shape.split(",")]) - 0.5).to(dtype)
torch.save(tensors, out) if out.endswith(".pt") else save_file(tensors, out)
"""

# name: file of the model, data type, what is in it, file of the result, of the first contestant, ours, Python, asked
CASES = {
    "torch-safetensors": ("in.pt", "float16", "all", "out.safetensors", "cp", ["-t", "none"], "none", "1.15"),
    "safetensors-torch": ("in.safetensors", "float16", "all", "out.pt", "cp", ["-t", "none"], "none", "1.15"),
    "transpose-f32": ("in.safetensors", "float32", "matrices", "out.safetensors", "cp", ["-t", "transpose:name=*"],
                      "transpose", "2"),
    "transpose-bf16": ("in.safetensors", "bfloat16", "matrices", "out.safetensors", "cp",
                       ["-t", "transpose:name=*"], "transpose", "2"),
    "transpose-f8": ("in.safetensors", "float8_e4m3fn", "matrices", "out.safetensors", "cp",
                     ["-t", "transpose:name=*"], "transpose", "2"),
    "f8-bf16": ("in.safetensors", "float8_e4m3fn", "matrices", "out.safetensors", "cast", ["--dtype", "bf16"], "bf16",
                "1.3"),
    "tiny-torch-safetensors": ("in.pt", "float32", "tiny", "out.safetensors", "cp", ["-t", "none"], "none", "0.5 s"),
    "tiny-safetensors": ("in.safetensors", "float32", "tiny", "out.safetensors", "cp", ["-t", "none"], "none", "0.5 s"),
    "tiny-safetensors-torch": ("in.safetensors", "float32", "tiny", "out.pt", "cp", ["-t", "none"], "none", ""),
}


def content(kind, item, size):
    """Lines of names and shapes, of so many bytes."""
    if kind == "tiny":
        tensors = ((f"model.layers.{i // 100}.blocks.{i % 100}.scale", (4, 4)) for i in range(TINY))
    else:
        tensors = ((name, shape) for name, shape in shapes(size * 4 // item) if kind == "all" or len(shape) == 2)
    return "".join(f"{name}\t{','.join(map(str, shape))}\n" for name, shape in tensors)


def contestants(case, folder):
    source, _, _, result, base, options, change, asked = CASES[case]
    source, out, ours, threads = folder / source, folder / result, folder / ("ours-" + result), min(2, os.cpu_count())
    if base == "cp":
        yield "cp of the output, and sync", "", ["sh", "-c", 'cp "$0" "$1" && sync "$1"', ours, out]
    else:
        yield "loop: pread, cast, pwrite, fsync", "", [CAST, threads, source, out, "f8"]
    if case in ("torch-safetensors", "safetensors-torch"):
        yield "loop: pread, CRC, pwrite, fsync", "", [COPY, f"wcfl{threads}", "512", ours, out]
        yield "loop: copy_file_range, fsync", "", [COPY, "kf1", "8192", ours, out]
    yield "fmtconv", asked and "≤ " + asked, [FMTCONV, "-qq", "-f", *options, source, out]
    if source.suffix == ".pt":
        yield "fmtconv torch:crc=ignore", "", [FMTCONV, "-qq", "-f", "-r", "torch:crc=ignore", *options, source, out]
    yield "torch + safetensors in Python", "", [
        "sh", "-c", '"$0" "$1" "$2" "$3" "$4" && sync "$4"', sys.executable, HERE / "naive_everyday.py", change, source, out]


def ratios(values, base):
    least, middle = min(values), statistics.median(values)
    return f"{least:9.3f}{least / min(base):7.2f}{middle:9.3f}{middle / statistics.median(base):7.2f}"


def race(case, folder, a):
    source, dtype, kind, result, _, options, *_ = CASES[case]
    item = {"float32": 4, "float16": 2, "bfloat16": 2}.get(dtype, 1)
    # In a process of its own: the peak memory of a child counts what its parent had when it was started.
    subprocess.run([sys.executable, "-c", MAKE, folder / source, dtype], input=content(kind, item, a.size), text=True,
                   check=True)
    ours, out = folder / ("ours-" + result), folder / result
    subprocess.run([FMTCONV, "-qq", "-f", *options, folder / source, ours], check=True)
    racing = [c for c in contestants(case, folder) if a.python or "Python" not in c[0]]
    results = {name: [] for name, *_ in racing}
    print(f"\n{case}: {(folder / source).stat().st_size / 1e9:.2f} GB to {ours.stat().st_size / 1e9:.2f} GB in {folder.parent}, "
          f"{a.runs} runs in turn, load {os.getloadavg()[0]:.1f}", flush=True)
    order = racing.copy()
    for _ in range(a.runs):
        random.shuffle(order)
        for name, _, command in order:
            out.unlink(missing_ok=True)
            os.sync()
            results[name].append(timed([str(c) for c in command]))
    print(f"{'':34}{'wall min':>9}{'ratio':>7}{'median':>9}{'ratio':>7}{'CPU min':>9}{'ratio':>7}{'median':>9}{'ratio':>7}"
          f"{'peak MiB':>9}{'asked':>9}")
    wall, cpu = ([r[i] for r in results[racing[0][0]]] for i in (0, 3))
    for name, asked, _ in racing:
        runs = results[name]
        print(f"{name:34}{ratios([r[0] for r in runs], wall)}{ratios([r[3] for r in runs], cpu)}"
              f"{max(r[1] for r in runs) / 2**20:9.1f}{asked:>9}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scratch", type=Path, action="append")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--size", type=int, default=2_000_000_000)
    parser.add_argument("--case", action="append", choices=CASES)
    parser.add_argument("--no-python", dest="python", action="store_false")
    parser.add_argument("--narrow", action="store_true", help="small models, to try the benchmark itself")
    a = parser.parse_args()
    a.size = 10**8 if a.narrow else a.size
    for scratch in a.scratch or [Path(tempfile.gettempdir())]:
        for case in a.case or CASES:
            folder = Path(tempfile.mkdtemp(prefix="fmtconv-bench-", dir=scratch))
            try:
                race(case, folder, a)
            finally:
                shutil.rmtree(folder)


if __name__ == "__main__":
    main()
