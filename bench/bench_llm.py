#!/usr/bin/env python3
"""Measures the conversion of a language model's folder to the GGUF file that llama.cpp runs, as f16 and as Q4_K_M.

Widths and vocabularies are those of Qwen2.5: 0.5B whole, 7B with 4 of its 28 blocks (--quick takes fewer).  The floor of f16 is 'cp' of
the weights, then sync; of Q4_K_M 'cat' of the weights, the encoder alone by its rates, and 'cp' of the output, then sync.  The
alternative is the reference converter of llama.cpp, and for Q4_K_M ggml for each tensor of its file, on as many threads.
"""
# SPDX-License-Identifier: Apache-2.0

import os
import shutil
import sys
from collections import Counter
from typing import NamedTuple

import benchkit
from benchkit import HERE, THREADS, program


class Model(NamedTuple):
    """A published model."""
    blocks: int
    quick: int  # blocks, with --quick
    space: callable  # blocks → bytes, at most


MODELS = {"0.5b": Model(24, 4, lambda n: 280_000_000 + 30_000_000 * n), "7b": Model(4, 1, lambda n: 2_200_000_000 + 480_000_000 * n)}
MODULES = ("torch", "transformers", "tokenizers", "gguf", "numpy", "pywhispercpp")
NUMBERS = {"runs": (3, 1, "runs of every contestant")}
CHOICES = {"model": MODELS}
COLUMNS, ROWS = 4096, 64  # of the weights whose encoding is timed


def blocks_of(a, name):
    """Returns how many blocks a model has here."""
    return MODELS[name].quick if a.quick else MODELS[name].blocks


def space(a):
    """Returns the bytes of the largest folder and of two outputs."""
    return 3 * max(MODELS[name].space(blocks_of(a, name)) for name in a.model or MODELS)


def encoder(types, folder):
    """Returns the processor time of all encoders, by that of one core for each type."""
    rows, seconds = folder / "rows", 0.0
    benchkit.make(HERE / "modelmake.py", rows, "normal", tensors=[("rows", (ROWS, COLUMNS))])
    for number, count in types.items():
        used = benchkit.timed([program("FMTCONV_QUANTIZE"), "time", number, 2, rows]).output.split()
        seconds += float(used[1]) * count / (ROWS * COLUMNS)
    rows.unlink()
    return seconds


def types_of(path):
    """Returns ggml's number of each type of blocks: how many weights have it."""
    found = Counter()
    for line in benchkit.make(HERE / "naive_llm.py", "types", path).splitlines():
        number, count = map(int, line.split())
        found[number] += count
    return found


def race(name, folder, a, table):
    """Measures a model."""
    source, out, kept = folder / "source", folder / "out.gguf", folder / "kept.gguf"
    lines = benchkit.make(HERE / "naive_llm.py", "prepare", name, blocks_of(a, name), source).splitlines()
    weights = source / "model.safetensors"
    benchkit.make(HERE / "modelmake.py", weights, "bfloat16", tensors=((n, s.split(",")) for n, s in (line.split("\t") for line in lines)))
    ours = [program("FMTCONV"), "-qq", f"-j{THREADS}"]
    benchkit.timed([*ours, source, "-t", "quantize:Q4_K_M", kept])
    convert = [sys.executable, HERE / "naive_llm.py"]
    samples = benchkit.race({
        "floor f16": benchkit.copied(weights, out),
        "f16": [*ours, source, "--dtype", "f16", out],
        "floor Q4_K_M": ["sh", "-c", 'cat "$0" >"$3" && cp "$1" "$2" && sync -f "$2"', weights, kept, out, os.devnull],
        "Q4_K_M": [*ours, source, "-t", "quantize:Q4_K_M", out],
        "other f16": [*convert, "f16", source, out],
        "other Q4_K_M": [*convert, "quantized", source, out, kept],
    }, a, lambda: out.unlink(missing_ok=True), ("other f16", "other Q4_K_M"))
    cpu = encoder(types_of(kept), folder)
    samples["floor Q4_K_M"] = [s._replace(seconds=s.seconds + cpu / THREADS, cpu=s.cpu + cpu) for s in samples["floor Q4_K_M"]]
    for kind in ("f16", "Q4_K_M"):
        other = samples[f"other {kind}"]
        table.row(f"{name} to {kind}", weights.stat().st_size, samples[kind], samples[f"floor {kind}"], other, "1.2 floor",
                  (f"{max(s.peak for s in other) / 2**20:.0f}",))
    table.details(samples)
    shutil.rmtree(source)
    out.unlink(missing_ok=True)
    kept.unlink()


def bench(a, folder):
    """Prints the table."""
    table = benchkit.Table(a, "cp of the weights, then sync; of Q4_K_M cat of the weights, the encoder alone, and cp of the output, then sync",
                           "convert_hf_to_gguf; for Q4_K_M also ggml for each tensor; without sync", ("other MiB",))
    for name in a.model or MODELS:
        race(name, folder, a, table)


if __name__ == "__main__":
    benchkit.main(sys.modules[__name__])
