#!/usr/bin/env python3
"""Measures several outputs from one reading, next to a command for each of them.

The model is a safetensors file of f32 matrices.  The floor is 'cp' of the three outputs, then sync; the alternative is
fmtconv itself, with one command for each output.  Both are measured with the model in the page cache, and with the model
dropped from there before every command, as if it were larger than the memory (not in /dev/shm, which is the page cache).
"""
# SPDX-License-Identifier: Apache-2.0

import os
import sys

import benchkit
from benchkit import HERE, THREADS, Sample, program

GGUF = ("gguf", {"architecture": "bench"})
SETS = {  # file: writer, its parameters, transform, its parameter
    "f16, q8_0 and q4_K": {"f16.safetensors": ("safetensors", {}, "cast", "f16"),
                           "q8.gguf": (*GGUF, "quantize", "q8_0"), "q4.gguf": (*GGUF, "quantize", "q4_K")},
    "f16, bf16 and f8": {"f16.safetensors": ("safetensors", {}, "cast", "f16"),
                         "bf16.safetensors": ("safetensors", {}, "cast", "bf16"),
                         "f8.safetensors": ("safetensors", {}, "cast", "f8_e4m3")},
}
MODULES = ("numpy",)
NUMBERS = {"runs": (5, 2, "runs of every command"), "size": (2_000_000_000, 70_000_000, "bytes of the model")}


def space(a):
    """Returns the bytes of the model, the outputs and their copies."""
    return 4 * a.size


def contestants(folder, outputs):
    """Returns name: command."""
    ours, source = [program("FMTCONV"), "-qq", "-f", f"-j{THREADS}"], folder / "source.safetensors"
    spec = ["fmtconv: 1", f"read: {source}", "transform: none", "write:"]
    found = {}
    for name, (writer, parameters, transform, to) in outputs.items():
        extra = "".join(f", {k}: {v}" for k, v in parameters.items())
        typed = writer + "".join(f":{k}={v}" for k, v in parameters.items())
        spec.append(f"  - {{{writer}: {{path: {folder / 'out' / name}{extra}}}, transform: [{{{transform}: {{to: {to}}}}}]}}")
        found[name] = [*ours, "-t", f"{transform}:to={to}", "-w", typed, source, folder / "out" / name]
    (folder / "spec.yaml").write_text("\n".join(spec) + "\n")
    return {**found, "ours": [*ours, "-p", folder / "spec.yaml"],
            "floor": ["sh", "-c", 'cp "$0"/* "$1" && sync -f "$1"', folder / "kept", folder / "out"]}


def drop(path):
    """Drops a file from the page cache."""
    with open(path, "rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def total(runs):
    """Returns the sum of the least values of several commands."""
    fields = [[benchkit.least(samples, field) for samples in runs] for field in Sample._fields[:-1]]
    return [Sample(*map(sum, fields), b"")]


def measure(title, folder, a, cold, table):
    """Prints a line for a set of outputs."""
    outputs, source = SETS[title], folder / "source.safetensors"

    def clean():
        for file in (folder / "out").iterdir():
            file.unlink()
        if cold:
            drop(source)

    samples = benchkit.race(contestants(folder, outputs), a, clean, ())
    each = [samples[name] for name in outputs]
    read = [f"{max(s.read for s in runs) / 1e9:.2f}" for runs in (samples["ours"], total(each))]
    table.row(title + (", cold" if cold else ""), source.stat().st_size, samples["ours"], samples["floor"], total(each),
              "0.7 other", more=read)
    table.details(samples)


def bench(a, folder):
    """Prints the table."""
    source = folder / "source.safetensors"
    benchkit.make(HERE / "modelmake.py", source, "normal", tensors=benchkit.unet_shapes(a.size))
    os.sync()
    table = benchkit.Table(a, "cp of the three outputs, then sync; cold: the model is not in the page cache",
                           "fmtconv, one command for each output", ["read GB", "other GB"])
    in_memory = os.path.realpath(folder).startswith("/dev/shm/")
    for title, outputs in SETS.items():
        for name in ("out", "kept"):
            (folder / name).mkdir(exist_ok=True)
        for file in (folder / "kept").iterdir():
            file.unlink()
        commands = contestants(folder, outputs)
        benchkit.timed(commands["ours"])
        for name in outputs:
            (folder / "out" / name).rename(folder / "kept" / name)
        for cold in (False,) if in_memory else (False, True):
            measure(title, folder, a, cold, table)


if __name__ == "__main__":
    benchkit.main(sys.modules[__name__])
