#!/usr/bin/env python3
"""Speed and memory of several outputs in one pass, beside a pass for each of them.

outputs.py [--scratch FOLDER] [--runs N] [--size BYTES] [--narrow]

Writes a safetensors file of f32 matrices as bench/gguf.py does (2 GB if no size is given), and makes three files of it:
with one command that has a spec, and with one command each.  Prints the least and the median wall time, the processor's
time, the bytes that were read and the peak memory of each, and the ratio of one pass to three.  Once with the source in
the page cache, and once with it dropped from there before every command, as it is where a model is larger than the memory
(not in /dev/shm, which is the page cache).  What a command wrote is on disk when it ends, unless the scratch folder is in
memory.
"""
# SPDX-License-Identifier: Apache-2.0

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from gguf import shapes, write

FMTCONV = os.environ["FMTCONV"]
ASKED = 0.7
SETS = {  # file: writer, its parameters, transform, its parameters
    "F16 safetensors, Q8_0 and Q4_K GGUF": {"f16.safetensors": ("safetensors", {}, "cast", "f16"),
                                            "q8.gguf": ("gguf", {"architecture": "bench"}, "quantize", "q8_0"),
                                            "q4.gguf": ("gguf", {"architecture": "bench"}, "quantize", "q4_K")},
    "F16, BF16 and F8 safetensors": {"f16.safetensors": ("safetensors", {}, "cast", "f16"),
                                     "bf16.safetensors": ("safetensors", {}, "cast", "bf16"),
                                     "f8.safetensors": ("safetensors", {}, "cast", "f8_e4m3")},
}


def commands(folder, outputs, threads):
    """One command for each output, and one for all of them."""
    ours, source = [FMTCONV, "-qq", "-f", f"-j{threads}"], folder / "source.safetensors"
    spec = ["fmtconv: 1", f"read: {source}", "transform: none", "write:"]
    found = {}
    for name, (writer, parameters, transform, to) in outputs.items():
        extra = "".join(f", {k}: {v}" for k, v in parameters.items())
        typed = writer + "".join(f":{k}={v}" for k, v in parameters.items())
        spec.append(f"  - {{{writer}: {{path: {folder / name}{extra}}}, transform: [{{{transform}: {{to: {to}}}}}]}}")
        found[name] = [*ours, "-t", f"{transform}:to={to}", "-w", typed, source, folder / name]
    (folder / "spec.yaml").write_text("\n".join(spec) + "\n")
    return {**found, "all in one pass": [*ours, "-p", folder / "spec.yaml"]}


def drop(path):
    """Out of the page cache."""
    with open(path, "rb") as f:
        os.posix_fadvise(f.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def timed(command):
    """Wall seconds, processor's seconds, bytes read, peak bytes of a command."""
    start = time.perf_counter()
    process = subprocess.Popen([str(c) for c in command])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    seconds = time.perf_counter() - start
    with open(f"/proc/{process.pid}/io") as f:
        read = int(f.readline().split()[1])
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"failed: {command}")
    return seconds, usage.ru_utime + usage.ru_stime, read, usage.ru_maxrss * 1024


def measure(folder, outputs, a, cold):
    contestants = commands(folder, outputs, min(2, os.cpu_count()))
    results = {name: [] for name in contestants}
    for _ in range(a.runs):
        for name, command in contestants.items():
            for file in outputs:
                (folder / file).unlink(missing_ok=True)
            os.sync()
            if cold:
                drop(folder / "source.safetensors")
            results[name].append(timed(command))
    return results


def show(title, results):
    print(f"\n{title}\n{'':34}{'least s':>9}{'median s':>10}{'cpu s':>8}{'GB read':>9}{'peak MiB':>10}")
    rows = []
    for name, runs in results.items():
        seconds = [r[0] for r in runs]
        rows.append((min(seconds), statistics.median(seconds), min(r[1] for r in runs)))
        print(f"{name:34}{rows[-1][0]:9.3f}{rows[-1][1]:10.3f}{rows[-1][2]:8.2f}{max(r[2] for r in runs) / 1e9:9.2f}"
              f"{max(r[3] for r in runs) / 2**20:10.1f}")
    ratios = [one / sum(row[i] for row in rows[:-1]) for i, one in enumerate(rows[-1])]
    print(f"{'one pass to three':34}{ratios[0]:9.2f}{ratios[1]:10.2f}{ratios[2]:8.2f}   asked ≤ {ASKED}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scratch", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--size", type=int, default=2_000_000_000)
    parser.add_argument("--narrow", action="store_true", help="a small file, to try the benchmark itself")
    a = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="fmtconv-bench-", dir=a.scratch))
    try:
        source = folder / "source.safetensors"
        if os.fork() == 0:  # the peak memory of a child counts what its parent had when it was started
            write(source, shapes(10**8 if a.narrow else a.size))
            os._exit(0)
        if os.wait()[1]:
            sys.exit("the model cannot be written")
        os.sync()
        in_memory = os.path.realpath(a.scratch).startswith("/dev/shm")
        print(f"{source.stat().st_size / 1e9:.2f} GB, {min(2, os.cpu_count())} threads, {a.runs} runs in turn, load "
              f"{os.getloadavg()[0]:.1f}")
        for title, outputs in SETS.items():
            for cold in (False,) if in_memory else (False, True):
                show(f"{title}; the source is {'not ' if cold else ''}in the page cache", measure(folder, outputs, a, cold))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
