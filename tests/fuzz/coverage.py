#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Report how many lines the stored inputs of the fuzzer reach, and fail below the floors.

coverage.py FUZZER PROFILE FLOORS [-v] [-u PATH]...: FLOORS names what is compared: "parser NAME PERCENT PATH... [-PATH...]" is the
code that decodes what a file holds, and needs at least 95 percent; "other NAME PERCENT PATH... [-PATH...]" is the rest.  A PATH is a
folder or a file; -PATH leaves it out.  -v: print the figures of each file; -u: list the lines of files below PATH that are not reached.

Two figures are printed.  The first is of all lines, as llvm-cov counts them.  The second, which the floors are compared with, is of
the lines that an input can reach.  It leaves out unreached branches that do nothing but
  - return an error that a called function has reported, or
  - report that there is no memory or that a call of the system failed (REPORTS_SYSTEM), and clean up.
No content of a file takes these; tests/faults takes them, by failing each allocation and each call.  A branch that can report
anything else is counted.
SPDX-License-Identifier: Apache-2.0
"""

import argparse
import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent
LEAST_OF_PARSER = 95  # percent
# "return NULL;", "return ctx->failed;", "return fmtconv_ctx_failed (load->ctx);", "return FMTCONV_E_NOMEM;" and nothing else
PASSED_ON = re.compile(r"\s*return (NULL|-1|code|FMTCONV_E_NOMEM|[\w>.-]*\bfailed|\w*_failed \(([\w>.-]*|\w+ \([\w>.-]*\))\));\s*")
REPORTS_SYSTEM = re.compile(r"\bfci_nomem \(|\bfci_fail_io \(|\bFMTCONV_E_NOMEM\b|\"out of memory\"|\bno_memory;")
REPORTS = re.compile(r"\b(fmtconv_fail\w*|fci_fail\w*|fci_zip_(bad|refuse)|fci_table_bad|fci_expr_bad|fci_yaml_fail|fail\w*|refuse\w*|\w+_fail) \(")
SYSTEM_CALLS = re.compile(r"\b(fci_nomem|fci_fail_io) \(|\w+ \([^;]*\"out of memory\"[^;]*;")


def counts(fuzzer, profile):
    """How often each line ran: path in the source tree → {number of the line: count}."""
    text = subprocess.run([os.environ.get("LLVM_COV", "llvm-cov"), "export", "-format=lcov", f"-instr-profile={profile}", fuzzer],
                          check=True, capture_output=True, text=True).stdout
    found, lines = {}, None
    for entry in text.splitlines():
        word, _, value = entry.partition(":")
        if word == "SF":
            path = Path(os.path.abspath(value))
            lines = found.setdefault(str(path.relative_to(TOP)), {}) if path.is_relative_to(TOP) else {}
        elif word == "DA":
            number, count = value.split(",")[:2]
            lines[int(number)] = max(int(count), lines.get(int(number), 0))
    return found


def follows_test(text, number):
    """Whether the line is the whole of a branch: the line before it ends a condition."""
    return number > 1 and text[number - 2].rstrip().endswith(")")


def branch(text, number):
    """The lines of the branch that begins at a line: those of a block in braces, or of one statement."""
    first, last = text[number - 1], number
    if first.strip() == "{":
        while last < len(text) and text[last - 1] != first.replace("{", "}"):
            last += 1
    else:
        while last < len(text) and not text[last - 1].rstrip().endswith(";"):
            last += 1
    return range(number, last + 1)


def reports_system_alone(lines):
    """Whether lines report that memory or a call of the system failed, and cannot report anything else."""
    body = " ".join(line.strip() for line in lines)
    return bool(REPORTS_SYSTEM.search(body)) and not REPORTS.search(SYSTEM_CALLS.sub("", body))


def unreachable(text, unreached):
    """The numbers of unreached lines that no content of a file reaches: see above."""
    found = set()
    for number in sorted(unreached):
        if number in found or not (follows_test(text, number) or text[number - 2].strip() == "else"):
            continue
        numbers = branch(text, number)
        if PASSED_ON.fullmatch(text[number - 1]) or reports_system_alone(text[n - 1] for n in numbers):
            found.update(n for n in numbers if n in unreached)
    return found


class Share:
    """Lines of a file or of several: all, reached, and those that no content of a file reaches."""

    def __init__(self):
        self.all = self.reached = self.unreachable = 0

    def add(self, other):
        self.all, self.reached, self.unreachable = self.all + other.all, self.reached + other.reached, self.unreachable + other.unreachable

    def of_all(self):
        return 100 * self.reached / self.all

    def of_reachable(self):
        return 100 * self.reached / max(self.all - self.unreachable, 1)

    def text(self, what):
        return f"{self.of_all():6.1f} %, {self.of_reachable():6.1f} % of the reachable of {self.all:5} lines  {what}"


def measure(path, lines, is_listed):
    share, text = Share(), (TOP / path).read_text().splitlines()
    unreached = {number for number, count in lines.items() if not count}
    skipped = unreachable(text, unreached)
    share.all, share.reached, share.unreachable = len(lines), len(lines) - len(unreached), len(skipped)
    for number in sorted(unreached - skipped) if is_listed else ():
        print(f"{path}:{number}: {text[number - 1]}")
    return share


def is_below(path, places):
    return any(path == place or path.startswith(place + "/") for place in places)


def compare(floors, by_file):
    """Prints the share of each line of the floors.  Returns whether all are reached."""
    good = True
    for kind, name, floor, *places in (line.split() for line in floors.read_text().splitlines() if line and not line.startswith("#")):
        share, wanted, left_out = Share(), [p for p in places if p[0] != "-"], [p[1:] for p in places if p[0] == "-"]
        for path in (p for p in by_file if is_below(p, wanted) and not is_below(p, left_out)):
            share.add(by_file[path])
        absent = [p for p in wanted + left_out if not (TOP / p).exists()]
        if absent or kind not in ("parser", "other") or (kind == "parser" and float(floor) < LEAST_OF_PARSER):
            print(f"{floors}: wrong line of {name} {' '.join(absent)}", file=sys.stderr)
            good = False
        elif not share.all or share.of_reachable() < float(floor):
            print(f"{name}: {share.of_reachable() if share.all else 0:.1f} % of the reachable lines are reached, less than {floor} %", file=sys.stderr)
            good = False
        if share.all:
            print(share.text(f"{kind} {name}"))
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("fuzzer")
    parser.add_argument("profile")
    parser.add_argument("floors", type=Path)
    parser.add_argument("-v", action="store_true", dest="verbose")
    parser.add_argument("-u", action="append", default=[], metavar="PATH", dest="unreached")
    options = parser.parse_args()
    by_file, by_folder = {}, defaultdict(Share)
    for path, lines in sorted(counts(options.fuzzer, options.profile).items()):
        if lines:
            by_file[path] = measure(path, lines, is_below(path, options.unreached))
            by_folder[str(Path(path).parent)].add(by_file[path])
    for place, share in sorted((by_folder | (by_file if options.verbose else {})).items()):
        print(share.text(place))
    sys.exit(not compare(options.floors, by_file))


if __name__ == "__main__":
    main()
