#!/usr/bin/env python3
"""Runs the benches, all of them or those that are named, each in a process of its own; 'make bench' calls it.

run.py [NAME...]

Every bench runs, whatever became of those before it.  The exit status is 1 if one failed or could not run.
Environment: BENCH_QUICK=1 takes small sizes and few runs, BENCH_DIR names the folder for scratch files.
"""
# SPDX-License-Identifier: Apache-2.0

import argparse
import importlib
import subprocess
import sys
import time

import benchkit
from benchkit import HERE

NAMES = sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))


def obstacle(name, folder):
    """Returns why a bench cannot run, or None."""
    module = importlib.import_module(f"bench_{name}")
    if missing := benchkit.missing_modules(module):
        return f"needs {', '.join(missing)}, which {sys.executable} lacks"
    return benchkit.too_little_space(module.space(benchkit.parse(module, [])), folder)


def run(name, folder):
    """Runs a bench; returns why it failed, or None."""
    process = subprocess.Popen([sys.executable, HERE / f"bench_{name}.py", "--scratch", folder])
    try:
        status = process.wait()
    finally:
        if process.returncode is None:
            process.terminate()
            process.wait()
    return f"failed with status {status}" if status else None


def needed(names):
    """Returns the bytes of scratch files: the most that one of the benches needs, as they run one after the other."""
    modules = (importlib.import_module(f"bench_{name}") for name in names)
    return max(module.space(benchkit.parse(module, [])) for module in modules)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", metavar="NAME", nargs="*", help=f"{', '.join(NAMES)} (default: all)")
    names = parser.parse_args().names or NAMES
    if unknown := sorted(set(names) - set(NAMES)):
        parser.error(f"not a bench: {', '.join(unknown)}; benches: {', '.join(NAMES)}")
    base = benchkit.scratch_base()
    if not base.is_dir():
        sys.exit(f"{base} is not a folder; set BENCH_DIR to one")
    begin, results = time.monotonic(), {}
    with benchkit.scratch(base) as folder:
        print(f"{'quick' if benchkit.is_quick() else 'full'} run of {', '.join(names)}\n"
              f"scratch files: {folder}, deleted at the end; at most {benchkit.gigabytes(needed(names))}, BENCH_DIR chooses "
              "another place", flush=True)
        for name in names:
            print(f"\n== {name}", flush=True)
            start = time.monotonic()
            results[name] = obstacle(name, folder) or run(name, folder)
            print(f"{results[name] or 'done'} after {time.monotonic() - start:.0f} s", flush=True)
    failed = {name: reason for name, reason in results.items() if reason}
    print(f"\n== {len(names) - len(failed)} of {len(names)} benches ran, in {time.monotonic() - begin:.0f} s")
    for name, reason in failed.items():
        print(f"{name}: {reason}")
    if any("lacks" in reason for reason in failed.values()):
        print(benchkit.TO_GET)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
