#!/usr/bin/env python3
"""Measures, on one thread and in the cache, what the scales of fp8 cost next to the cast alone.

Runs the program bench/scaled, which prints the table.  The options that concern files have no effect.
"""
# SPDX-License-Identifier: Apache-2.0

import subprocess
import sys

import benchkit
from benchkit import program

MODULES = ()
NUMBERS = {"runs": (60, 15, "runs of each row, of which the fastest counts")}


def space(_):
    """Returns the bytes of scratch files."""
    return 0


def bench(a, _):
    """Prints the table."""
    status = subprocess.run([program("FMTCONV_SCALED"), str(a.runs)]).returncode
    if status:
        sys.exit(f"bench/scaled failed with {status}")


if __name__ == "__main__":
    benchkit.main(sys.modules[__name__])
