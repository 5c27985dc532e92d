"""Speed and memory of merging a LoRA, beside cp of the result and beside what the processor can multiply and add.

merge.py [--scratch FOLDER] [--runs N] [--layers N] [--rank R]... [--narrow]

Writes a checkpoint of some layers of CogVideoX-5B's size (hidden 3072, bf16, a LoRA of that rank, 128 if none is given, on
every layer, 230 MB a layer) with torch into the scratch folder, merges it with every contestant in turn, and deletes it.
Prints the median wall time of each, its ratio to cp, its peak memory, and the f32 multiplications and additions a second of
the merge, as a share of the measured rate of this machine with separate instructions on as many threads.  Every
contestant's bytes are on disk when it ends; the page cache is warm for all.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from lora import timed

HERE = Path(__file__).resolve().parent
FMTCONV = os.environ["FMTCONV"]
RATE = os.environ["FMTCONV_RATE"]


def rate(threads):
    """10^9 operations a second, the best of three."""
    return max(float(subprocess.run([RATE, str(threads)], check=True, capture_output=True, text=True).stdout)
               for _ in range(3))


def race(folder, hidden, layers, rank, runs):
    # In a process of its own: the peak memory of a child counts what its parent had when it was started.
    made = subprocess.run([sys.executable, HERE.parent / "tests/interop/satmake.py", folder / "run", "--bare",
                           "--hidden", str(hidden), "--layers", str(layers), "--rank", str(rank), "--alpha", "1",
                           "--dtype", "bf16"], check=True, capture_output=True, text=True)
    checkpoint = Path(made.stdout.strip())
    out, ours = folder / "out.safetensors", folder / "ours.safetensors"
    merge = [FMTCONV, "-qq", "-f", "-t", "lora-merge"]
    ignore = ["-r", "sat:crc=ignore"]
    subprocess.run([*merge, folder / "run", ours], check=True)
    contestants = {
        "cp of the output, and sync": ["sh", "-c", 'cp "$0" "$1" && sync "$1"', ours, out],
        "fmtconv": [*merge, folder / "run", out],
        "fmtconv sat:crc=ignore": [*merge, *ignore, folder / "run", out],
        "fmtconv sat:crc=ignore -j1": [*merge, *ignore, "-j1", folder / "run", out],
        "the base alone, crc=ignore": [FMTCONV, "-qq", "-f", *ignore, "-t", "none", folder / "run", out],
    }
    work = layers * 4 * 2 * rank * hidden * hidden / 1e9
    peak_rate = {1: rate(1), 2: rate(min(2, os.cpu_count()))}
    print(f"rank {rank}: checkpoint {checkpoint.stat().st_size / 1e9:.2f} GB, output {ours.stat().st_size / 1e9:.2f} GB, "
          f"{work:.1f} GFLOP, median of {runs} runs in turn\n"
          f"multiply and add, separate: {peak_rate[1]:.0f} GFLOP/s on one thread, {peak_rate[2]:.0f} on two", flush=True)
    results = {name: [] for name in contestants}
    for _ in range(runs):
        for name, command in contestants.items():
            out.unlink(missing_ok=True)
            os.sync()
            results[name].append(timed([str(c) for c in command]))
    base = statistics.median(r[0] for r in results["cp of the output, and sync"])
    print(f"{'':32}{'seconds':>9}{'ratio':>8}{'peak MiB':>10}{'GFLOP/s':>9}{'of rate':>9}")
    for name, measured in results.items():
        seconds = statistics.median(r[0] for r in measured)
        peak = statistics.median(r[1] for r in measured) / 2**20
        threads = 1 if "-j1" in name else 2
        speed = f"{work / seconds:9.1f}{work / seconds / peak_rate[threads]:9.0%}" if "fmtconv" in name else ""
        print(f"{name:32}{seconds:9.3f}{seconds / base:8.2f}{peak:10.1f}{speed}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scratch", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--rank", type=int, action="append")
    parser.add_argument("--narrow", action="store_true", help="a small checkpoint, to try the benchmark itself")
    a = parser.parse_args()
    for rank in a.rank or [128]:
        folder = Path(tempfile.mkdtemp(prefix="fmtconv-bench-", dir=a.scratch))
        try:
            race(folder, 128 if a.narrow else 3072, a.layers, rank, a.runs)
        finally:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
