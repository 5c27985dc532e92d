#!/usr/bin/env python3
"""Measures everyday conversions: torch to safetensors and back, transposed matrices, fp8 to bf16, 100 000 tiny tensors.

Each model is written with torch, converted by every contestant, and deleted.  The floor is 'cp' of the output, then sync,
or a loop of pread, cast and pwrite in C; the alternative is a few lines of torch and safetensors.  Every contestant's
output is on disk when it ends.  If the scratch folder is in memory (/dev/shm), the disk has no part in it.  With --quick
the alternative runs in four cases only.
"""
# SPDX-License-Identifier: Apache-2.0

import sys
from pathlib import Path
from typing import NamedTuple

import benchkit
from benchkit import HERE, THREADS, program


class Case(NamedTuple):
    """A conversion."""
    source: str
    dtype: str
    content: str  # all, matrices or tiny
    result: str
    options: tuple
    change: str  # what naive_everyday.py does
    target: str  # of a full run
    floor: str = "cp"


MATRICES = ("float32", "bfloat16", "float8_e4m3fn")
SAFE, TORCH = "in.safetensors", "in.pt"
CASES = {
    "torch-safetensors": Case(TORCH, "float16", "all", "out.safetensors", ("-t", "none"), "none", "1.1 floor"),
    "safetensors-torch": Case(SAFE, "float16", "all", "out.pt", ("-t", "none"), "none", "1.1 floor"),
    **{f"transpose-{dtype}": Case(SAFE, dtype, "matrices", "out.safetensors", ("-t", "transpose:name=*"), "transpose",
                                  "2 floor") for dtype in MATRICES},
    "f8-bf16": Case(SAFE, "float8_e4m3fn", "matrices", "out.safetensors", ("--dtype", "bf16"), "bf16", "1.3 floor", "cast"),
    "tiny-torch-safetensors": Case(TORCH, "float32", "tiny", "out.safetensors", ("-t", "none"), "none", "0.5 s"),
    "tiny-safetensors": Case(SAFE, "float32", "tiny", "out.safetensors", ("-t", "none"), "none", "0.5 s"),
    "tiny-safetensors-torch": Case(SAFE, "float32", "tiny", "out.pt", ("-t", "none"), "none", "0.4 s"),
}
QUICK_OTHER = ("torch-safetensors", "transpose-bfloat16", "f8-bf16", "tiny-safetensors")  # torch takes seconds to start
MODULES = ("torch", "safetensors", "numpy")
NUMBERS = {"runs": (5, 2, "runs of every contestant"), "size": (2_000_000_000, 70_000_000, "bytes of a model"),
           "tiny": (100_000, 20_000, "number of tiny tensors")}
CHOICES = {"case": CASES}


def space(a):
    """Returns the bytes of the largest case: fp8, and twice as many bytes of bf16, two times."""
    return 5 * a.size + 1000 * a.tiny


def tensors(case, a):
    """Returns pairs of a name and a shape."""
    if case.content == "tiny":
        return ((f"model.layers.{i // 100}.blocks.{i % 100}.scale", (4, 4)) for i in range(a.tiny))
    item = {"float32": 4, "float16": 2, "bfloat16": 2}.get(case.dtype, 1)
    shapes = benchkit.unet_shapes(a.size * 4 // item)
    return ((name, shape) for name, shape in shapes if case.content == "all" or len(shape) == 2)


def contestants(case, folder, verbose, other):
    """Returns name: command; other: with the alternative."""
    source, out, ours = folder / case.source, folder / case.result, folder / ("ours-" + case.result)
    fmtconv = [program("FMTCONV"), "-qq", "-f"]
    found = {
        "floor": benchkit.copied(ours, out) if case.floor == "cp" else [program("FMTCONV_CAST"), THREADS, source, out, "f8"],
        "ours": [*fmtconv, *case.options, source, out],
    }
    if other:
        found["other"] = ["sh", "-c", '"$0" "$1" "$2" "$3" "$4" && sync "$4"', sys.executable, HERE / "naive_everyday.py",
                          case.change, source, out]
    if case.source == TORCH:
        found["crc=ignore"] = [*fmtconv, "-r", "torch:crc=ignore", *case.options, source, out]
    if verbose and case.dtype == "float16":
        copy = program("FMTCONV_COPY")
        found["loop: pread, CRC, pwrite, fsync"] = [copy, f"wcfl{THREADS}", "512", ours, out]
        found["loop: copy_file_range, fsync"] = [copy, "kf1", "8192", ours, out]
    return found


def race(name, folder, a, table):
    """Measures a case."""
    case = CASES[name]
    benchkit.make(HERE / "modelmake.py", folder / case.source, case.dtype, tensors=tensors(case, a))
    ours, out = folder / ("ours-" + case.result), folder / case.result
    racing = contestants(case, folder, a.verbose, not a.quick or name in QUICK_OTHER)
    benchkit.timed([*racing["ours"][:-1], ours])
    samples = benchkit.race(racing, a, lambda: out.unlink(missing_ok=True))
    size = (folder / case.source).stat().st_size
    table.row(name, size, samples["ours"], samples["floor"], samples.get("other"), case.target)
    if "crc=ignore" in samples:
        table.row(f"{name} crc=ignore", size, samples["crc=ignore"], samples["floor"], samples.get("other"))
    table.details(samples)
    for file in (folder / case.source, ours, out):
        Path(file).unlink()


def bench(a, folder):
    """Prints the table."""
    table = benchkit.Table(a, "cp of the output, then sync; of f8-bf16 a loop of pread, cast, pwrite and fsync in C",
                           "torch and safetensors in Python, then sync")
    for name in a.case or CASES:
        race(name, folder, a, table)


if __name__ == "__main__":
    benchkit.main(sys.modules[__name__])
