#!/usr/bin/env python3
"""Run the program on the cases of make_worst.py: each must end by itself, in bounded memory and time that grows as its input does.
SPDX-License-Identifier: Apache-2.0

check_worst.py [-v] [--factor F] [--every N] [CASE …]; FMTCONV is the program.  Python's standard library only.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path


MAKE = Path(__file__).with_name("make_worst.py")
SECONDS = 2.0
BYTES = 64 << 20


def run(arguments):
    """Status, seconds of the processor, peak of the memory, and what was said."""
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen([os.environ["FMTCONV"], *arguments], stdout=said, stderr=said, stdin=subprocess.DEVNULL)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = status
        said.seek(0)
        return os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss * 1024, said.read(4096).decode(errors="replace")


def measure(name, of=1.0):
    with tempfile.TemporaryDirectory() as folder:
        # In another process: what this one takes would count as a child's.
        made = subprocess.run([sys.executable, MAKE, folder, name, str(of)], check=True, capture_output=True, text=True).stdout
        for command in (line.split("\t") for line in made.splitlines()):
            if command[0] == "-n":
                command = [*command, f"{folder}/out.{'gguf' if 'tokenizer' in command else 'safetensors'}"]
            yield command, *run(command)


def judge(name, options):
    faults = []
    for command, status, seconds, peak, said in measure(name):
        where = f"{name} ({' '.join(command[:2])[:30]})"
        if options.verbose:
            print(f"{seconds:6.2f} s {peak / (1 << 20):7.1f} MiB  {status} {where}: {' '.join(said.split())[:150]}", flush=True)
        if status not in (0, 1, 2):
            faults.append(f"{where}: status {status}: {said[-300:]}")
        if peak > BYTES:
            faults.append(f"{where}: {peak / (1 << 20):.1f} MiB")
        if seconds > SECONDS * options.factor:
            faults.append(f"{where}: {seconds:.2f} s")
    return faults


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-v", "--verbose", action="store_true")
    parser.add_argument("--factor", type=float, default=1.0, help="slower machines: the seconds times this")
    parser.add_argument("--every", type=int, default=1, help="only each N-th case")
    parser.add_argument("cases", nargs="*")
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
    every = subprocess.run([sys.executable, "-c", "import make_worst; print(*make_worst.CASES)"], check=True, capture_output=True, text=True,
                           cwd=MAKE.parent).stdout.split()
    names = options.cases or every[::options.every]
    faults = [fault for name in names for fault in judge(name, options)]
    print("\n".join(f"FAIL {fault}" for fault in faults))
    print(f"{len(names)} cases, {len(faults)} failures")
    return 1 if faults or not names else 0


if __name__ == "__main__":
    sys.exit(main())
