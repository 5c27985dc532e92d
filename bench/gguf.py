#!/usr/bin/env python3
"""Speed and memory of making GGUF files, beside a bare loop of pread, cast and pwrite on as many threads.

gguf.py [--scratch FOLDER] [--runs N] [--size BYTES] [--narrow]

Writes a safetensors file of f32 matrices of the sizes that a UNet of SD 1.5 has (its convolutions as matrices, so that all
are quantized), 2 GB if no size is given, and one of 8000 tiny tensors; converts them with every contestant in turn, and
deletes them.  Prints the least and the median wall time of each, their ratios to the loop's, and its peak memory.  What a
contestant wrote is on disk when it ends, unless the scratch folder is in memory (/dev/shm), where disks that do other work
too do not disturb; the page cache is warm for all.
"""
# SPDX-License-Identifier: Apache-2.0

import argparse
import json
import os
import shutil
import statistics
import struct
import sys
import tempfile
from math import prod
from pathlib import Path

from lora import timed

FMTCONV, CAST = os.environ["FMTCONV"], os.environ.get("FMTCONV_CAST")
ASKED = {"f32 to f16": 1.3, "f32 to q8_0": 1.5, "f32 to q4_0": 1.5}
LEVELS = (320, 640, 1280, 1280)


def shapes(size):
    """Names and shapes, again and again the layers of each level, until they have so many bytes."""
    used, n = 0, 0
    while True:
        for width in LEVELS:
            layer = f"blocks.{n}."
            for name, shape in (("conv1.weight", (width, 9 * width)), ("conv2.weight", (width, 9 * width)),
                                ("conv1.bias", (width,)), ("temb.weight", (width, 1280)), ("norm.weight", (width,)),
                                ("to_q.weight", (width, width)), ("to_k.weight", (width, 768)),
                                ("to_v.weight", (width, 768)), ("to_out.weight", (width, width)),
                                ("ff.net.0.proj.weight", (8 * width, width)), ("ff.net.0.proj.bias", (8 * width,)),
                                ("ff.net.2.weight", (width, 4 * width))):
                yield layer + name, shape
                used += 4 * prod(shape)
            n += 1
            if used >= size:
                return


def write(path, tensors):
    """A safetensors file of normal weights."""
    import numpy as np  # here, as the parent of what is measured must stay small
    header, at, random = {}, 0, np.random.default_rng(1)
    for name, shape in tensors:
        end = at + 4 * prod(shape)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [at, end]}
        at = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        while at:
            count = min(at // 4, 1 << 22)
            f.write((random.standard_normal(count, dtype="<f4") * np.float32(0.02)).tobytes())
            at -= 4 * count


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scratch", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--size", type=int, default=2_000_000_000)
    parser.add_argument("--narrow", action="store_true", help="a small file, to try the benchmark itself")
    a = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="fmtconv-bench-", dir=a.scratch))
    try:
        # In processes of their own: the peak memory of a child counts what its parent had when it was started.
        large, tiny, out = folder / "large.safetensors", folder / "tiny.safetensors", folder / "out.gguf"
        if os.fork() == 0:
            write(large, shapes(10**8 if a.narrow else a.size))
            write(tiny, ((f"blk.{i}.weight", (2, 2)) for i in range(8000)))
            os._exit(0)
        if os.wait()[1]:
            sys.exit("the models cannot be written")
        threads = min(2, os.cpu_count())
        ours = [FMTCONV, "-qq", "-f", f"-j{threads}", "-w", "gguf:architecture=bench"]
        contestants = {
            "loop: pread, cast, pwrite, fsync": [CAST, threads, large, out],
            "f32 to f16": [*ours, "--dtype", "f16", large, out],
            **{f"f32 to {t}": [*ours, "-t", f"quantize:to={t}", large, out] for t in ("q8_0", "q4_0", "q4_K", "q6_K")},
            "f32 to f32": [*ours, "-t", "none", large, out],  # last: the disk is slower after it
            "8000 tiny tensors": [*ours, tiny, out],
            "8000 tiny tensors to q8_0": [*ours, "-t", "quantize:to=q8_0", tiny, out],
        }
        results = {name: [] for name in contestants}
        print(f"{large.stat().st_size / 1e9:.2f} GB, {threads} threads, {a.runs} runs in turn, load "
              f"{os.getloadavg()[0]:.1f}")
        for _ in range(a.runs):
            for name, command in contestants.items():
                out.unlink(missing_ok=True)
                os.sync()
                results[name].append(timed([str(c) for c in command]))
        loop = [seconds for seconds, *_ in next(iter(results.values()))]
        print(f"{'':34}{'least s':>9}{'ratio':>7}{'median s':>10}{'ratio':>7}{'asked':>9}{'peak MiB':>10}")
        for name, runs in results.items():
            seconds, peak = [r[0] for r in runs], max(r[1] for r in runs) / 2**20
            least, middle = min(seconds), statistics.median(seconds)
            asked = f"≤ {ASKED[name]}" if name in ASKED else "≤ 0.1 s" if name == "8000 tiny tensors" else ""
            print(f"{name:34}{least:9.3f}{least / min(loop):7.2f}{middle:10.3f}{middle / statistics.median(loop):7.2f}"
                  f"{asked:>9}{peak:10.1f}")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
