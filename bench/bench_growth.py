#!/usr/bin/env python3
"""Measures how time and memory grow: with the tensors of every format, with bytes, entries, threads and ranks.

Each row has the exponent e of y = a + b n^e, fitted by growthfit.py; one above 1.05, or more than 512 bytes a tensor besides its
name, is marked.  Models are inspected, planned with '-n', and converted.  Memory is the peak by GNU time; without that program, that
of this script where fmtconv takes less.  Models of bytes are sparse.  Ranks are shares, one after another.
"""
# SPDX-License-Identifier: Apache-2.0

import argparse
import ctypes
import json
import mmap
import os
import shutil
import statistics
import struct
import sys

import benchkit
import growthfit
import growthmake
from benchkit import HERE, program

MIB, GIB = 1 << 20, 1 << 30
MOST = 1 << 20  # tensors of a model
FORMATS = {  # name: largest number of tensors, reader, whose limit it is
    "safetensors": (800000, "safetensors", "names of this length; more are in several files, because the safetensors library reads "
                                           "no header above 100 MB"),
    "torch": (MOST, "torch", ""),
    "old": (MOST, "torch", ""),
    "gguf": (MOST, "gguf", ""),
    "shards": (MOST, "diffusers", ""),
    "dcp": (MOST, "dcp", ""),
    "dtensor": (MOST, "dtensor", ""),
    "zero": (MOST, "zero", ""),
}
PARTS = ("tensors", "bytes", "entries", "threads", "ranks", "cache")
MODULES = ("torch",)
NUMBERS = {"tensors": (1000000, 10000, "most tensors of a model"), "gib": (64, 2, "most GiB of a model"),
           "entries": (1000000, 10000, "most entries of the metadata"), "runs": (2, 1, "runs of which the best counts")}
CHOICES = {"part": PARTS, "format": tuple(FORMATS)}
STATED, STEEPEST = 512, 1.05
ENOUGH = 1.0  # seconds of runs; short ones are repeated, as their noise counts as much
GNU_TIME = shutil.which("time")


def space(a):
    """Returns the bytes of scratch files: of a dcp folder and its copy, or of a quarter of a sparse model and other files."""
    return max(3000 * a.tensors, a.gib * GIB // 4 + 3 * GIB)


def counts(most):
    """Returns 100, 1000, … up to `most`, which is the last."""
    return [10**i for i in range(2, 9) if 10**i < most] + [most]


def shown(e, width=7):
    return f"{'-':>{width}} " if e is None else f"{e:{width}.2f}{'!' if e > STEEPEST else ' '}"


def measure(a, *arguments, threads=benchkit.THREADS, clean=None):
    """Returns the seconds and the bytes of memory that fmtconv takes, both the least of some runs."""
    found = []
    while len(found) < a.runs or (a.runs > 1 and sum(seconds for seconds, _ in found) < ENOUGH):
        if clean:
            clean()
        found.append(run_once([program("FMTCONV"), *map(str, arguments), f"-j{threads}", "--parse-memory", "16G", "-qq"]))
    return tuple(map(min, zip(*found)))


def run_once(command):
    """Returns the seconds and the bytes of memory of a command.  The system counts the peak of this script as that of its child, but
    not as that of the child of GNU time."""
    if not GNU_TIME:
        sample = benchkit.timed(["sh", "-c", 'exec "$@" >/dev/null', "sh", *command])
        return sample.seconds, sample.peak
    sample = benchkit.timed(["sh", "-c", 'exec "$0" -q -f %M -o /dev/fd/4 "$@" 4>&1 >/dev/null', GNU_TIME, *command])
    return sample.seconds, 1024 * int(sample.output)


def remove(path):
    shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


class Rows:
    """Prints a line for each thing that is measured at several sizes."""

    def __init__(self, what, sizes):
        print(f"\n{what + ':':30}" + "".join(f"{n:>16,}" for n in sizes) + f"{'time n^':>9}{'memory n^':>11}{'bytes each':>12}")

    def row(self, title, points, names=0, each=True):
        """points: (size, seconds, bytes); names: bytes of a name, which do not count."""
        e = growthfit.exponent([(n, s) for n, s, _ in points], 0.02)
        m = growthfit.exponent([(n, b) for n, _, b in points], 2 * MIB)
        (n0, _, b0), (n1, _, b1) = points[-2:]
        more = (b1 - b0) / (n1 - n0) - names
        mark = "!" if each and more > STATED else " "
        print(f"{title:30}" + "".join(f"{f'{s:.2f} s {b / MIB:.0f} M':>16}" for _, s, b in points) + f"{shown(e):>10}{shown(m):>11}"
              + (f"{more:11.0f}{mark}" if each else ""), flush=True)


# ---- Tensors

def make_model(folder, kind, count):
    """Makes a model of that format and number of tensors; gguf is written by fmtconv."""
    path = folder / f"{kind}-{count}"
    base = "shards" if kind == "gguf" else kind
    made = folder / f"made-{count}" if kind == "gguf" else path
    benchkit.make(HERE / "growthmake.py", base, count, made)
    if kind == "gguf":
        benchkit.timed([program("FMTCONV"), "-qq", "-t", "none", "--parse-memory", "16G", "-w", "gguf:architecture=bench", made, path])
        remove(made)
    return path


def measure_tensors(a, folder):
    """Reads, plans and converts models of few and many tensors."""
    for kind in a.format or FORMATS:
        most, reader, limit = FORMATS[kind]
        sizes, out = counts(min(a.tensors, most)), folder / "out"
        rows = Rows(kind, sizes)
        models = {n: make_model(folder, kind, n) for n in sizes}
        if a.tensors > most:
            print(f"  up to {most:,} tensors: {limit or 'the most of a model'}")
        name = statistics.fmean(len(n) + 1 for n in growthmake.names(sizes[-1]))
        write = ["-w", "diffusers"]  # several files where one has no room for the names
        for title, arguments in (("inspect", ["inspect", "-r", reader]), ("plan", ["-n", "-t", "none", "-r", reader, *write]),
                                 ("convert", ["-t", "none", "-r", reader, *write])):
            def run(n, arguments=arguments, title=title):
                source = [models[n]] if title == "inspect" else [models[n], out]
                return measure(a, *arguments, *source, clean=lambda: remove(out))
            rows.row(f"  {title}", [(n, *run(n)) for n in sizes], name)
        if kind == "safetensors":
            for writer in ("torch", "gguf:architecture=bench", "dcp"):
                rows.row(f"  to {writer.split(':')[0]}", [
                    (n, *measure(a, "-t", "none", "-r", reader, "-w", writer, models[n], out, clean=lambda: remove(out)))
                    for n in sizes], name)
        for path in (*models.values(), out):
            remove(path)


# ---- Bytes

def sparse(path, gib):
    """Writes a model of matrices of 256 MiB that has no blocks on the disk."""
    rows, count = 8192, 4 * gib
    size = 4 * rows * rows
    text = json.dumps({f"layer.{i}": {"dtype": "F32", "shape": [rows, rows], "data_offsets": [i * size, (i + 1) * size]}
                       for i in range(count)}).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(file.tell() + size * count)
    return path


def measure_bytes(a, folder):
    """Reads all bytes, and converts them to a quarter of their size."""
    sizes = [1 << i for i in range(a.gib.bit_length())]
    rows = Rows("GiB, of a sparse file", sizes)
    out = folder / "out.safetensors"
    for title, arguments in (("inspect --stats", ["inspect", "--stats"]), ("cast to f8_e4m3", ["-t", "cast:to=f8_e4m3"])):
        points = []
        for gib in sizes:
            model = sparse(folder / "model.safetensors", gib)
            points.append((gib, *measure(a, *arguments, model, *([out] if arguments[0] == "-t" else []), clean=lambda: remove(out))))
        rows.row(f"  {title}", points, each=False)
    remove(out)
    remove(folder / "model.safetensors")


# ---- Entries

def measure_entries(a, folder):
    """Reads and writes many texts of metadata next to one tensor."""
    sizes, model, out = counts(a.entries), folder / "model.safetensors", folder / "out.safetensors"
    rows = Rows("entries of __metadata__", sizes)
    for title, arguments in (("inspect", ["inspect"]), ("convert", ["-t", "none"])):
        points = []
        for n in sizes:
            growthmake.write_safetensors(model, ["weight"], ((f"key.{i:08}", "value") for i in range(n)))
            points.append((n, *measure(a, *arguments, model, *([out] if arguments[0] == "-t" else []), clean=lambda: remove(out))))
        rows.row(f"  {title}", points, each=False)
    remove(model)
    remove(out)


# ---- Threads

def measure_threads(a, folder):
    """Converts a model with more and more threads, whose memory together has a limit."""
    sizes, out = [1, 2, 4, 8, 16, 32, 64], folder / "out.safetensors"
    model = sparse(folder / "model.safetensors", 1)
    rows = Rows("threads", sizes)
    for title, transform in (("cast to f8_e4m3", "cast:to=f8_e4m3"),):
        rows.row(f"  {title}", [(n, *measure(a, "-t", transform, model, out, threads=n, clean=lambda: remove(out))) for n in sizes],
                 each=False)
    remove(model)
    remove(out)


# ---- Ranks

def measure_shares(a, options, model, out, n):
    """Returns what all shares take together, the seconds in sum, and what publishing them takes."""
    remove(out)
    shares = [measure(a, *options, "--share", f"{i + 1}/{n}", model, out) for i in range(n)]
    seconds, peaks = zip(*shares)
    return (sum(seconds), max(peaks)), measure(a, *options, "--publish", model, out)


def measure_ranks(a, folder):
    """Converts a model in more and more shares, and publishes them."""
    sizes, out, model = [1, 2, 4, 8, 16, 32, 64], folder / "out.safetensors", sparse(folder / "model.safetensors", 1)
    once = argparse.Namespace(**{**vars(a), "runs": 1})  # what is written is not written again, and published once
    rows = Rows("ranks", sizes)
    found = {n: measure_shares(once, ["-t", "cast:to=f8_e4m3"], model, out, n) for n in sizes}
    for i, title in enumerate(("all shares", "publish")):
        rows.row(f"  {title}", [(n, *found[n][i]) for n in sizes], each=False)
    remove(model)
    remove(out)


# ---- The page cache

def cached(path):
    """Returns the bytes of a file that are in the page cache."""
    size = path.stat().st_size
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mincore.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p]
    with open(path, "r+b") as file, mmap.mmap(file.fileno(), size) as mapped:
        pages = (ctypes.c_ubyte * -(-size // mmap.PAGESIZE))()
        start = ctypes.c_char.from_buffer(mapped)
        failed = libc.mincore(ctypes.addressof(start), size, pages)
        del start
        if failed:
            raise OSError(ctypes.get_errno(), "mincore")
        return sum(p & 1 for p in pages) * mmap.PAGESIZE


def fill(path, size):
    block = os.urandom(MIB)
    with open(path, "wb") as file:
        for _ in range(size // MIB):
            file.write(block)
        os.fsync(file.fileno())


def larger_than_memory():
    """Returns GiB."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") * 5 // 4 // GIB + 1


def put_in_cache(path, wanted):
    """Reads a file, or takes it off the page cache."""
    with open(path, "rb") as file:
        if not wanted:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        while wanted and file.read(MIB):
            pass


def measure_cache(a, folder):
    """Converts models, of which one is larger than the memory, and counts what that leaves of the model, of the output and of another
    file in the page cache."""
    model, out, other = folder / "model.safetensors", folder / "out.safetensors", folder / "other"
    sparse(model, 1)
    with open(model, "r+b") as file:  # real bytes, so that they are read
        file.seek(4096)
        block = bytes(MIB)
        for _ in range(1000):
            file.write(block)
        os.fsync(file.fileno())
    fill(other, 256 * MIB)

    def row(title, *options):
        measure(a, *options, model, out, clean=lambda: remove(out))
        print(f"{title:30}{cached(model) / MIB:10.0f}{cached(out) / MIB:10.0f}{cached(other) / MIB:12.0f}", flush=True)

    print(f"\n{'page cache, MiB:':30}{'model':>10}{'output':>10}{'other file':>12}")
    for title, is_cached in (("  model not in it before", False), ("  model in it before", True)):
        put_in_cache(model, is_cached)
        row(title, "-t", "none")
    gib = larger_than_memory()
    if gib <= a.gib:
        sparse(model, gib)
        row(f"  {gib} GiB to f8_e4m3", "-t", "cast:to=f8_e4m3")
    for path in (model, out, other):
        remove(path)


def bench(a, folder):
    """Prints the tables."""
    print(f"the least of {a.runs} runs, {benchkit.THREADS} threads; '!': above n^{STEEPEST}, or above {STATED} bytes a tensor without "
          "its name")
    for part in a.part or PARTS:
        globals()[f"measure_{part}"](a, folder)


if __name__ == "__main__":
    benchkit.main(sys.modules[__name__])
