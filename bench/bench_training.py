#!/usr/bin/env python3
"""Measures training checkpoints of several ranks: to sharded bf16 safetensors.

ZeRO-3 of 4 ranks with fp32 weights and two moments (10 GB; --quick takes 1 GB), and a folder of torch.distributed.checkpoint in bf16.
The floor is 'cp' of the bytes that are needed, the fp32 weights or all of the folder, then sync; the alternatives are DeepSpeed's
zero_to_fp32, if deepspeed is installed, and torch's dcp_to_torch_save, each with safetensors' save_file.
"""
# SPDX-License-Identifier: Apache-2.0

import importlib.util
import shutil
import sys

import benchkit
from benchkit import HERE, THREADS, program

WORLD = 4
BLOCK, REST = 67_117_056, 65_538_048  # weights in a block, and besides
MODULES = ("torch", "safetensors", "huggingface_hub", "numpy")
NUMBERS = {"runs": (3, 1, "runs of every contestant"), "blocks": (12, 1, "blocks of the model")}
CHOICES = {"kind": ("zero", "dcp")}


def weights(a):
    """Returns how many weights the model has."""
    return BLOCK * a.blocks + REST


def space(a):
    """Returns the bytes of a checkpoint, of the floor's file, of a file of all weights, and of two outputs."""
    return weights(a) * (12 + 4 + 4 + 2 * 2)


def commands(kind, source, out, folder):
    """Returns the floor's source, our command, and that of the alternative."""
    script = HERE / "naive_training.py"
    ours = {"zero": ["-r", "zero", "-t", "cast:to=bf16"], "dcp": ["-r", "dcp", "-t", "none"]}[kind]
    needed = source
    if kind == "zero":
        needed = folder / "needed"
        for part in sorted(source.rglob("*_optim_states.pt")):
            benchkit.timed(["sh", "-c", 'head -c "$0" "$1" >>"$2"', part.stat().st_size // 3, part, needed])  # weights, and two moments as large
    return (needed, [program("FMTCONV"), "-qq", f"-j{THREADS}", *ours, "-w", "safetensors:max-shard-size=2GB", source, out / "model.safetensors"],
            ["sh", "-c", '"$0" -W ignore "$1" "$2" "$3" "$4" && sync -f "$4"', sys.executable, script, f"from-{kind}", source, out])


def race(kind, folder, a, table):
    """Measures a kind of checkpoint."""
    source, out = folder / "source", folder / "out"
    benchkit.make(HERE / "naive_training.py", kind, source, a.blocks, WORLD)
    needed, ours, other = commands(kind, source, out, folder)
    contestants = {"floor": benchkit.copied(needed, out), "ours": ours}
    if kind == "dcp" or importlib.util.find_spec("deepspeed"):
        contestants["other"] = other

    def clean():
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()

    samples = benchkit.race(contestants, a, clean)
    others = samples.get("other")
    table.row(f"{kind} to bf16", sum(f.stat().st_size for f in source.rglob("*") if f.is_file()), samples["ours"], samples["floor"], others,
              "1.3 floor", (f"{max(s.peak for s in others) / 2**20:.0f}" if others else "-",))
    table.details(samples)
    for made in (source, out):
        shutil.rmtree(made)
    (folder / "needed").unlink(missing_ok=True)


def bench(a, folder):
    """Prints the table."""
    table = benchkit.Table(a, "cp of the fp32 weights, or of the folder, then sync", "zero_to_fp32, or dcp_to_torch_save; then save_file and sync",
                           ("other MiB",))
    for kind in a.kind or CHOICES["kind"]:
        race(kind, folder, a, table)


if __name__ == "__main__":
    benchkit.main(sys.modules[__name__])
