"""Shares options, the scratch folder, timing and the table among the benches; needs only the standard library.

A bench is a script with MODULES (the modules that it or its contestants import), NUMBERS (option: value, value with
--quick, help), optional CHOICES (option: values), space (options), which returns the bytes of its scratch files, and
bench (options, folder), which prints a table.  Only 'main' runs one.
"""
# SPDX-License-Identifier: Apache-2.0

import argparse
import importlib.util
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
INTEROP = HERE.parent / "tests/interop"
THREADS = min(2, os.cpu_count())
LEVELS = (320, 640, 1280, 1280)  # widths of the levels of SD 1.5's UNet
TO_GET = ("'./bootstrap bench' installs them into .venv and runs the benches; or install tests/interop/requirements.txt\n"
          "into a Python of your choice and run: make bench FMTCONV_PYTHON=/path/to/python")


class Sample(NamedTuple):
    """One run of a command."""
    seconds: float
    cpu: float  # seconds, user and system
    peak: int  # bytes
    read: int  # bytes that were asked of the kernel
    output: bytes


# ---- Options

def is_quick():
    """Returns whether the environment asks for small sizes and few runs."""
    return os.environ.get("BENCH_QUICK", "0") not in ("", "0")


def scratch_base():
    """Returns the folder below which scratch folders are made."""
    return Path(os.environ.get("BENCH_DIR") or tempfile.gettempdir())


def parse(bench, arguments=None):
    """Returns the options of a bench; numbers that are not given depend on --quick."""
    parser = argparse.ArgumentParser(description=bench.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", default=is_quick(),
                        help="use small sizes and few runs, as BENCH_QUICK=1 does")
    parser.add_argument("--scratch", type=Path, default=scratch_base(), metavar="FOLDER",
                        help="make the scratch folder in FOLDER (default: $BENCH_DIR, else $TMPDIR, else /tmp)")
    parser.add_argument("--verbose", action="store_true", help="print every contestant of a row, and run more of them")
    for name, (full, quick, text) in bench.NUMBERS.items():
        parser.add_argument(f"--{name}", type=int, metavar="N", help=f"{text} (default: {full}; {quick} with --quick)")
    for name, values in getattr(bench, "CHOICES", {}).items():
        parser.add_argument(f"--{name}", action="append", choices=values, help="may be given several times; default: all")
    a = parser.parse_args(arguments)
    for name, (full, quick, _) in bench.NUMBERS.items():
        if getattr(a, name) is None:
            setattr(a, name, quick if a.quick else full)
    return a


def program(variable):
    """Returns the path of a program of the build, which 'make bench' puts into the environment."""
    if variable not in os.environ:
        sys.exit(f"{variable} is not set; run the bench with 'make bench' or 'make bench-NAME' in a configured build")
    return os.environ[variable]


def missing_modules(bench):
    """Returns the modules of a bench that are not installed, without importing any."""
    return [m for m in bench.MODULES if importlib.util.find_spec(m) is None]


# ---- The scratch folder

def gigabytes(size):
    """Returns bytes as text."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"


def too_little_space(size, folder):
    """Returns a message if `size` bytes do not fit into a folder, else None."""
    free = shutil.disk_usage(folder).free
    return (f"{gigabytes(size)} are needed in {folder}, {gigabytes(free)} are free; set BENCH_DIR to a folder with more "
            "space, or BENCH_QUICK=1" if free < size else None)


@contextmanager
def scratch(base):
    """Makes a folder in `base` that is deleted at the end, also on errors and on signals."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:  # as nohup leaves SIGHUP
            signal.signal(number, lambda caught, _: sys.exit(128 + caught))
    folder = Path(tempfile.mkdtemp(prefix="fmtconv-bench-", dir=base))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main(bench):
    """Runs a bench as a program."""
    a = parse(bench)
    if not a.scratch.is_dir():
        sys.exit(f"{a.scratch} is not a folder; set BENCH_DIR to one")
    if missing := missing_modules(bench):
        sys.exit(f"{sys.executable} lacks {', '.join(missing)}.  {TO_GET}")
    if message := too_little_space(bench.space(a), a.scratch):
        sys.exit(message)
    with scratch(a.scratch) as folder:
        bench.bench(a, folder)


# ---- Models

def unet_shapes(size):
    """Yields names and shapes, the layers of each level again and again, until their f32 values have `size` bytes."""
    used = n = 0
    while used < size:
        for width in LEVELS:
            if used >= size:
                return
            layer = f"blocks.{n}."
            for name, shape in (("conv1.weight", (width, 9 * width)), ("conv2.weight", (width, 9 * width)),
                                ("conv1.bias", (width,)), ("temb.weight", (width, 1280)), ("norm.weight", (width,)),
                                ("to_q.weight", (width, width)), ("to_k.weight", (width, 768)),
                                ("to_v.weight", (width, 768)), ("to_out.weight", (width, width)),
                                ("ff.net.0.proj.weight", (8 * width, width)), ("ff.net.0.proj.bias", (8 * width,)),
                                ("ff.net.2.weight", (width, 4 * width))):
                yield layer + name, shape
                used += 4 * prod(shape)
            n += 1


def make(*command, tensors=()):
    """Runs a Python script that writes a model, in a process of its own, and returns its output.

    The peak memory of a child counts that of its parent at the fork: so the parent of the contestants stays small.
    tensors: pairs of a name and a shape, lines of standard input."""
    lines = "".join(f"{name}\t{','.join(map(str, shape))}\n" for name, shape in tensors)
    made = subprocess.run([sys.executable, *map(str, command)], input=lines, stdout=subprocess.PIPE, text=True)
    if made.returncode:
        sys.exit(f"cannot write the model: {' '.join(map(str, command))}")
    return made.stdout


# ---- Timing

def timed(command):
    """Returns the sample of a command, which must succeed."""
    with tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = subprocess.Popen([str(c) for c in command], stdout=subprocess.PIPE, stderr=errors)
        try:
            output = process.stdout.read()
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
            seconds = time.perf_counter() - start
            read = bytes_read(process.pid)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        finally:
            process.stdout.close()
            if process.returncode is None:
                process.kill()
                process.wait()
        if process.returncode:
            errors.seek(0)
            message = errors.read().decode(errors="replace").strip()
            sys.exit(f"failed with {process.returncode}: {' '.join(map(str, command))}\n{message}")
    return Sample(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, read, output)


def bytes_read(pid):
    """Returns the bytes that a process has read, 0 where the kernel does not count them."""
    try:
        with open(f"/proc/{pid}/io", encoding="ascii") as file:
            return int(file.readline().split()[1])
    except OSError:
        return 0


def race(contestants, a, clean, slow=("other",)):
    """Returns the samples of each contestant (name: command), run in an order that changes from round to round.

    clean is called before every run.  What is named in `slow` takes several times as long, and runs half as often."""
    samples = {name: [] for name in contestants}
    for turn in range(a.runs):
        names = [name for name in contestants if name not in slow or turn % 2 == 0]
        random.shuffle(names)
        for name in names:
            clean()
            os.sync()
            samples[name].append(timed(contestants[name]))
    return samples


def copied(source, out):
    """Returns the command that copies a file or a folder, and returns when the copy is on disk."""
    return ["sh", "-c", 'cp -r "$0" "$1" && sync -f "$1"', source, out]


# ---- The table

def least(samples, field="seconds"):
    """Returns the least value of a field."""
    return min(getattr(s, field) for s in samples)


class Table:
    """One line a conversion: our time, and as multiples of the floor's and of the alternative's."""

    def __init__(self, a, floor, other, more=()):
        """floor, other: what they do, for the legend; more: titles of additional columns."""
        self.verbose, self.with_targets = a.verbose, not a.quick
        print(f"floor: {floor}\nother: {other}\nthe least of {a.runs} runs in turn, {THREADS} threads, "
              f"load {os.getloadavg()[0]:.1f}; '/floor' and '/other' are ours divided by theirs")
        print(f"{'conversion':33}{'size':>8}{'ours s':>9}{'floor s':>9}{'/floor':>8}{'CPU /floor':>12}{'other s':>9}"
              f"{'/other':>8}{'peak MiB':>10}" + "".join(f"{title:>10}" for title in more)
              + f"{'target':>14}" * self.with_targets, flush=True)

    def row(self, title, size, ours, floor, other=None, target="", more=()):
        """Prints a line; ours, floor and other are samples, size is in bytes, more has the texts of more columns.
        target: of a full run: the limit, such as "1.3 floor"."""
        mine, bare = least(ours), least(floor)
        alternative = f"{least(other):9.3f}{mine / least(other):8.2f}" if other else f"{'-':>9}{'-':>8}"
        cpu = least(ours, "cpu") / max(least(floor, "cpu"), 1e-3)
        print(f"{title:33}{gigabytes(size):>8}{mine:9.3f}{bare:9.3f}{mine / bare:8.2f}{cpu:12.2f}{alternative}"
              f"{max(s.peak for s in ours) / 2**20:10.1f}" + "".join(f"{text:>10}" for text in more)
              + f"{'≤ ' + target:>14}" * (self.with_targets and bool(target)), flush=True)

    def details(self, samples):
        """Prints, with --verbose, what every contestant of a race took."""
        if not self.verbose:
            return
        for name, runs in samples.items():
            wall, cpu = [s.seconds for s in runs], [s.cpu for s in runs]
            print(f"    {name:34} wall {min(wall):7.3f} median {statistics.median(wall):7.3f}  CPU {min(cpu):7.3f} "
                  f"median {statistics.median(cpu):7.3f}  read {max(s.read for s in runs) / 1e9:6.2f} GB  "
                  f"peak {max(s.peak for s in runs) / 2**20:7.1f} MiB", flush=True)
