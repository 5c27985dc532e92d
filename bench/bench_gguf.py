#!/usr/bin/env python3
"""Measures GGUF files of f32 matrices that have the shapes of SD 1.5's UNet, and of 8000 tiny tensors.

The floor is a loop of pread, cast to f16 and pwrite in C on as many threads, whatever the type of the row; the
alternative is gguf-py, which has no encoder of the K types.  Every contestant's output is on disk when it ends, and the
page cache is warm for all.
"""
# SPDX-License-Identifier: Apache-2.0

import sys

import benchkit
from benchkit import HERE, THREADS, program

MODULES = ("numpy", "gguf", "safetensors")
NUMBERS = {"runs": (5, 2, "runs of every contestant"), "size": (2_000_000_000, 70_000_000, "bytes of the model")}
TARGETS = {"f16": "1.2 floor", "q8_0": "1.5 floor", "q4_0": "1.5 floor"}
TYPES = ("f32", "f16", "q8_0", "q4_0", "q4_K", "q6_K")
OF_GGUF_PY = ("f32", "f16", "q8_0", "q4_0")


def space(a):
    """Returns the bytes of the model and of one output."""
    return 2 * a.size + 50_000_000


def contestants(large, tiny, out):
    """Returns name: command."""
    ours = [program("FMTCONV"), "-qq", "-f", f"-j{THREADS}", "-w", "gguf:architecture=bench"]
    found = {"floor": [program("FMTCONV_CAST"), THREADS, large, out]}
    for t in TYPES:
        change = ["-t", "none"] if t == "f32" else ["--dtype", "f16"] if t == "f16" else ["-t", f"quantize:to={t}"]
        found[t] = [*ours, *change, large, out]
    for t in OF_GGUF_PY:
        found[f"other {t}"] = [sys.executable, HERE / "naive_gguf.py", t, large, out]
    return {**found, "tiny": [*ours, tiny, out], "tiny q8_0": [*ours, "-t", "quantize:to=q8_0", tiny, out]}


def bench(a, folder):
    """Prints the table."""
    large, tiny, out = folder / "large.safetensors", folder / "tiny.safetensors", folder / "out.gguf"
    benchkit.make(HERE / "modelmake.py", large, "normal", tensors=benchkit.unet_shapes(a.size))
    benchkit.make(HERE / "modelmake.py", tiny, "normal", tensors=((f"blk.{i}.weight", (2, 2)) for i in range(8000)))
    racing = contestants(large, tiny, out)
    table = benchkit.Table(a, "a loop of pread, cast to f16, pwrite and fsync in C; of tiny tensors, too",
                           "gguf-py, without fsync")
    samples = benchkit.race(racing, a, lambda: out.unlink(missing_ok=True), [n for n in racing if n.startswith("other")])
    for t in TYPES:
        table.row(f"f32 to {t}", large.stat().st_size, samples[t], samples["floor"], samples.get(f"other {t}"),
                  TARGETS.get(t, ""))
    table.row("8000 tiny tensors", tiny.stat().st_size, samples["tiny"], samples["floor"], target="0.1 s")
    table.row("8000 tiny tensors to q8_0", tiny.stat().st_size, samples["tiny q8_0"], samples["floor"])
    table.details(samples)


if __name__ == "__main__":
    benchkit.main(sys.modules[__name__])
