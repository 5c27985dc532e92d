#!/usr/bin/env python3
"""Measures the conversion of one file to the folder that diffusers loads: Stable Diffusion XL, and the transformer of Flux.1.

SDXL is 6.9 GB of f16, and becomes a pipeline.  Flux has its published width and --double and --single of its 19 and 38 blocks,
6.4 GB of bf16.  --quick takes a narrower SDXL and two blocks of Flux.  The floor is 'cp' of the input, which has the bytes of the
output, then sync; the alternative is diffusers, with the configurations of a local folder in place of those of the hub.
"""
# SPDX-License-Identifier: Apache-2.0

import shutil
import sys
from typing import NamedTuple

import benchkit
from benchkit import HERE, program


class Model(NamedTuple):
    """A file of a published model."""
    dtype: str
    size: callable  # options → what pipelinenames.py takes
    space: callable  # options → bytes, at most


MODELS = {
    "sdxl": Model("float16", lambda a: "quick" if a.quick else "full", lambda a: 600_000_000 if a.quick else 7_000_000_000),
    "flux": Model("bfloat16", lambda a: f"{a.double},{a.single}", lambda a: 700_000_000 * a.double + 300_000_000 * a.single + 200_000_000),
}
MODULES = ("torch", "diffusers", "transformers", "safetensors", "numpy")
NUMBERS = {"runs": (5, 2, "runs of every contestant"), "double": (5, 1, "blocks of Flux for two streams, of 680 MB"),
           "single": (10, 1, "blocks of Flux for one stream, of 283 MB")}
CHOICES = {"model": MODELS}


def space(a):
    """Returns the bytes of the largest file and one output."""
    return 2 * max(MODELS[name].space(a) for name in a.model or MODELS)


def configurations(made, folder):
    """Keeps what is not weights of a converted folder."""
    shutil.copytree(made, folder, ignore=shutil.ignore_patterns("*.safetensors", "*.safetensors.index.json"))


def race(name, folder, a, table):
    """Measures a model."""
    model, source, out, config = MODELS[name], folder / f"{name}.safetensors", folder / "out", folder / "config"
    lines = benchkit.make(HERE / "pipelinenames.py", name, model.size(a)).splitlines()
    benchkit.make(HERE / "modelmake.py", source, model.dtype, tensors=((n, s.split(",")) for n, s in (line.split("\t") for line in lines)))
    convert = [program("FMTCONV"), "-qq", source, f"{out}/"]
    benchkit.timed(convert)
    configurations(out, config)
    samples = benchkit.race({
        "floor": benchkit.copied(source, out),
        "ours": convert,
        "other": ["sh", "-c", '"$0" "$1" "$2" "$3" "$4" "$5" && sync -f "$5"', sys.executable, HERE / "naive_pipeline.py", name, source, config, out],
    }, a, lambda: shutil.rmtree(out) if out.is_dir() else out.unlink(missing_ok=True))
    others = max(s.peak for s in samples["other"]) / 2**20
    table.row(name, source.stat().st_size, samples["ours"], samples["floor"], samples["other"], "1.15 floor", (f"{others:.0f}",))
    table.details(samples)
    source.unlink()
    shutil.rmtree(config)
    shutil.rmtree(out, ignore_errors=True)
    out.unlink(missing_ok=True)


def bench(a, folder):
    """Prints the table."""
    table = benchkit.Table(a, "cp of the input, then sync", "from_single_file and save_pretrained of diffusers, then sync", ("other MiB",))
    for name in a.model or MODELS:
        race(name, folder, a, table)


if __name__ == "__main__":
    benchkit.main(sys.modules[__name__])
