"""Speed and memory of the LoRA conversion, beside the floor and beside a Python script, in one run.

lora.py [--scratch FOLDER] [--runs N] [--narrow]

Writes a full-size 2B LoRA checkpoint (about 3.5 GB; hidden 1920, 30 layers, rank 128, fp16, flat as under ZeRO) into
the scratch folder, converts it with every contestant in turn, and deletes it.  Prints the median wall time of each, what
it is above the floor, its ratio to the floor, and its peak memory.  The page cache is warm for all.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
FMTCONV = os.environ["FMTCONV"]

# The floor: the bytes of the LoRA, read and written in blocks, and on disk at the end, as fmtconv's are.
FLOOR = """
import os, sys
source, out, start, size = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
r, w = os.open(source, os.O_RDONLY), os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
b, v = bytearray(8 << 20), None
v = memoryview(b)
done = 0
while done < size:
    n = os.preadv(r, [v[: min(len(b), size - done)]], start + done)
    os.write(w, v[:n])
    done += n
os.fsync(w)
"""


def timed(command):
    """(seconds, peak bytes, output, processor seconds) of a command, which must succeed."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"failed: {command}")
    return seconds, usage.ru_maxrss * 1024, output, usage.ru_utime + usage.ru_stime


def first_byte(output):
    """Seconds until fmtconv had planned everything, by its own report."""
    return json.loads(output.splitlines()[-1])["plan_seconds"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scratch", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--narrow", action="store_true", help="a small checkpoint, to try the benchmark itself")
    a = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="fmtconv-bench-", dir=a.scratch))
    try:
        hidden = 64 if a.narrow else 1920
        # In a process of its own: the peak memory of a child counts what its parent had when it was started.
        made = subprocess.run([sys.executable, HERE.parent / "tests/interop/satmake.py", folder / "run", "--bare",
                               "--hidden", str(hidden), "--layers", "30", "--rank", "128", "--alpha", "1"],
                              check=True, capture_output=True, text=True)
        checkpoint = Path(made.stdout.strip())
        lora = 30 * 4 * 2 * 128 * hidden * 2
        out = folder / "out.safetensors"
        subprocess.run([FMTCONV, "-q", "-f", folder / "run", folder / "ours.safetensors"], check=True)
        total = checkpoint.stat().st_size
        start = max(0, total - lora) // 2
        contestants = {
            "floor: pread, pwrite, fsync": [sys.executable, "-S", "-c", FLOOR, checkpoint, out, str(start), str(lora)],
            "the same without any bytes": [sys.executable, "-S", "-c", FLOOR, checkpoint, out, "0", "0"],
            "cp of the output": ["cp", folder / "ours.safetensors", out],
            "fmtconv": [FMTCONV, "--json", "-qq", "-f", folder / "run", out],
            "fmtconv sat:crc=ignore": [FMTCONV, "--json", "-qq", "-f", "-r", "sat:crc=ignore", folder / "run", out],
            "torch + safetensors in Python": [sys.executable, HERE / "naive.py", checkpoint, out, "1"],
        }
        print(f"checkpoint {total / 1e9:.2f} GB, LoRA {lora / 1e6:.1f} MB, median of {a.runs} runs in turn")
        results = {name: [] for name in contestants}
        for _ in range(a.runs):
            for name, command in contestants.items():
                out.unlink(missing_ok=True)
                results[name].append(timed([str(c) for c in command]))
        base = statistics.median(r[0] for r in results["floor: pread, pwrite, fsync"])
        base -= statistics.median(r[0] for r in results["the same without any bytes"])
        print(f"floor without the start of an interpreter: {base:.3f} s")
        print(f"{'':32}{'seconds':>9}{'above':>9}{'ratio':>8}{'peak MiB':>10}{'planned':>9}")
        for name, runs in results.items():
            seconds = statistics.median(r[0] for r in runs)
            peak = statistics.median(r[1] for r in runs) / 2**20
            planned = f"{statistics.median(first_byte(r[2]) for r in runs):.3f}" if "fmtconv" in name else ""
            print(f"{name:32}{seconds:9.3f}{seconds - base:9.3f}{seconds / base:8.2f}{peak:10.1f}{planned:>9}")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
