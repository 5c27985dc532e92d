#!/usr/bin/env python3
"""Measures the conversion of a whole transformer: from a training checkpoint to a folder for diffusers.

CogVideoX-2B is 3.4 GB of f16, CogVideoX-5B 11.1 GB of bf16; --quick takes 3 layers of the first.  The floor is 'cp' of
the output, then sync; the alternative is torch and safetensors.  Every contestant's output is on disk when it ends; the
page cache is as warm as the memory allows for all.
"""
# SPDX-License-Identifier: Apache-2.0

import csv
import re
import shutil
import sys

import benchkit
from benchkit import HERE, program

MAPS = HERE.parent / "tests/data/maps"
MODELS = {"CogVideoX-2B": ("float16", 30, 3_400_000_000), "CogVideoX-5B": ("bfloat16", 42, 11_200_000_000)}
MODULES = ("torch", "safetensors", "numpy", "huggingface_hub")
NUMBERS = {"runs": (3, 2, "runs of every contestant"), "layers": (100, 3, "layers of a model, at most")}
CHOICES = {"model": MODELS}


def chosen(a):
    """Returns the names of the models: with --quick the smaller one, if none was given."""
    return a.model or (["CogVideoX-2B"] if a.quick else list(MODELS))


def space(a):
    """Returns the bytes of the largest checkpoint and two outputs; what is not in a layer takes less than 100 MB."""
    sizes = [size * min(a.layers, layers) // layers for _, layers, size in map(MODELS.get, chosen(a))]
    return 3 * (max(sizes) + 100_000_000)


def tensors(model, layers):
    """Returns the names and shapes of SAT's tensors of a released checkpoint, each once; of so many layers."""
    found = {}
    with open(MAPS / f"{model}.tsv", encoding="utf-8") as file:
        for row in csv.reader(file, delimiter="\t"):
            layer = re.search(r"\.(?:layers|adaLN_modulations|layernorm_list)\.(\d+)\.|_list\.(\d+)\.", row[0])
            if layer and int(layer[1] or layer[2]) >= layers:
                continue
            if row[0].startswith("model.diffusion_model.") and "pos_embedding" not in row[0]:
                found[row[0]] = [int(n) for n in row[1].strip("[]").split(",")]
    return found.items()


def race(model, folder, a, table):
    """Measures a model."""
    run = folder / "run" / "1"
    run.mkdir(parents=True)
    (folder / "run" / "latest").write_text("1")
    checkpoint = run / "mp_rank_00_model_states.pt"
    benchkit.make(HERE / "modelmake.py", checkpoint, MODELS[model][0], "module", tensors=tensors(model, a.layers))
    out, ours = folder / "out", folder / "ours"
    convert = [program("FMTCONV"), "-qq", "-t", "cogvideox-transformer", "-w", "diffusers"]
    benchkit.timed([*convert, folder / "run", f"{ours}/"])
    samples = benchkit.race({
        "floor": benchkit.copied(ours, out),
        "ours": [*convert, folder / "run", f"{out}/"],
        "crc=ignore": [*convert, "-r", "sat:crc=ignore", folder / "run", f"{out}/"],
        "other": ["sh", "-c", '"$0" "$1" "$2" "$3" && sync -f "$3"', sys.executable, HERE / "naive_transformer.py",
                  checkpoint, out],
    }, a, lambda: shutil.rmtree(out, ignore_errors=True))
    size = checkpoint.stat().st_size
    table.row(model, size, samples["ours"], samples["floor"], samples["other"])
    table.row(f"{model} crc=ignore", size, samples["crc=ignore"], samples["floor"], samples["other"])
    table.details(samples)
    for made in (folder / "run", ours, out):
        shutil.rmtree(made)


def bench(a, folder):
    """Prints the table."""
    table = benchkit.Table(a, "cp of the output, then sync", "torch and safetensors in Python, then sync")
    for model in chosen(a):
        race(model, folder, a, table)


if __name__ == "__main__":
    benchkit.main(sys.modules[__name__])
