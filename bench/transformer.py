"""Speed and memory of a whole transformer's conversion, beside cp of the same bytes and beside a Python script.

transformer.py [--scratch FOLDER] [--runs N] [--model NAME]... [--narrow]

Writes a full-size checkpoint of each model (CogVideoX-2B: 3.4 GB in fp16; CogVideoX-5B: 11.1 GB in bf16) with torch into
the scratch folder, converts it to a folder for diffusers with every contestant in turn, and deletes it.  Prints the
median wall time of each, its ratio to cp, and its peak memory.  Every contestant's bytes are on disk when it ends; the
page cache is as warm as memory allows for all.
"""

import argparse
import csv
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from lora import timed

HERE = Path(__file__).resolve().parent
FMTCONV = os.environ["FMTCONV"]
MAPS = HERE.parent / "tests/data/maps"
DTYPES = {"CogVideoX-2B": "float16", "CogVideoX-5B": "bfloat16"}

MAKE = """
import sys, torch
out, dtype = sys.argv[1], getattr(torch, sys.argv[2])
state = {}
for line in sys.stdin:
    name, shape = line.rstrip().split("\\t")
    state[name] = torch.empty([int(n) for n in shape.split(",")], dtype=dtype).uniform_(-0.02, 0.02)
torch.save({"module": state}, out)
"""


def names_and_shapes(model, layers):
    """SAT's tensors of a released checkpoint, each once; of so many layers."""
    seen = {}
    with open(MAPS / f"{model}.tsv", encoding="utf-8") as file:
        for row in csv.reader(file, delimiter="\t"):
            layer = re.search(r"\.(?:layers|adaLN_modulations|layernorm_list)\.(\d+)\.|_list\.(\d+)\.", row[0])
            if layer and int(layer[1] or layer[2]) >= layers:
                continue
            if row[0].startswith("model.diffusion_model.") and "pos_embedding" not in row[0]:
                seen[row[0]] = row[1].strip("[]").replace(" ", "")
    return "".join(f"{name}\t{shape}\n" for name, shape in seen.items())


def race(model, folder, runs, narrow):
    run = folder / "run" / "1"
    run.mkdir(parents=True)
    (folder / "run" / "latest").write_text("1")
    checkpoint = run / "mp_rank_00_model_states.pt"
    # In a process of its own: the peak memory of a child counts what its parent had when it was started.
    subprocess.run([sys.executable, "-c", MAKE, checkpoint, DTYPES[model]],
                   input=names_and_shapes(model, 1 if narrow else 1000), text=True, check=True)
    out, ours = folder / "out", folder / "ours"
    convert = [FMTCONV, "-qq", "-t", "cogvideox-transformer", "-w", "diffusers"]
    subprocess.run([*convert, folder / "run", f"{ours}/"], check=True)
    ignore = [*convert, "-r", "sat:crc=ignore"]
    contestants = {
        "cp of the output, and sync": ["sh", "-c", 'cp -r "$0" "$1" && sync -f "$1"', ours, out],
        "fmtconv": [*convert, folder / "run", f"{out}/"],
        "fmtconv sat:crc=ignore": [*ignore, folder / "run", f"{out}/"],
        "torch + safetensors in Python": [
            "sh", "-c", '"$0" "$1" "$2" "$3" && sync -f "$3"', sys.executable, HERE / "naive_transformer.py",
            checkpoint, out],
    }
    size = sum(f.stat().st_size for f in ours.iterdir())
    print(f"{model}: checkpoint {checkpoint.stat().st_size / 1e9:.2f} GB, folder {size / 1e9:.2f} GB, "
          f"median of {runs} runs in turn", flush=True)
    results = {name: [] for name in contestants}
    for _ in range(runs):
        for name, command in contestants.items():
            shutil.rmtree(out, ignore_errors=True)
            os.sync()
            results[name].append(timed([str(c) for c in command]))
    base = statistics.median(r[0] for r in results["cp of the output, and sync"])
    print(f"{'':32}{'seconds':>9}{'ratio':>8}{'peak MiB':>10}")
    for name, measured in results.items():
        seconds = statistics.median(r[0] for r in measured)
        peak = statistics.median(r[1] for r in measured) / 2**20
        print(f"{name:32}{seconds:9.2f}{seconds / base:8.2f}{peak:10.1f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scratch", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--model", action="append", choices=DTYPES)
    parser.add_argument("--narrow", action="store_true", help="small checkpoints, to try the benchmark itself")
    a = parser.parse_args()
    for model in a.model or DTYPES:
        folder = Path(tempfile.mkdtemp(prefix="fmtconv-bench-", dir=a.scratch))
        try:
            race(model, folder, a.runs, a.narrow)
        finally:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
