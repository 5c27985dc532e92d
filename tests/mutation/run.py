#!/usr/bin/env python3
"""Remove the guards of guards.txt one at a time, and count those whose removal no test notices: run.py WORK [NUMBER...].
SPDX-License-Identifier: Apache-2.0

WORK gets a copy of the source tree with all mutants and one build of it; FMTCONV_MUTANT chooses the guard that is removed.
"""

import fnmatch
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

here = Path(__file__).resolve().parent
top = here.parent.parent
ALLOWED = 2  # guards that may stay unnoticed


def guards():
    """Returns [(file, expression, form, generator, globs)]; the number of a guard is its place, from 1 on."""
    found = []
    for line in (here / "guards.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            (file, rest), test = line.split(" | ", 1), line.rsplit(" | ", 1)[1]
            expression = rest.rsplit(" | ", 1)[0]
            form, _, text = expression.rpartition(": ") if re.match("(true|skip): ", expression) else ("", "", expression)
            generator, _, globs = test.partition(":")
            found.append((file, text, form, generator, globs.split(",")))
    return found


def plant(source, number, expression, form):
    """Returns the text of a file with a mutant."""
    pattern = r"\s+".join(re.escape(word) for word in expression.split())
    places = list(re.finditer(pattern, source))
    if len(places) != 1:
        raise SystemExit(f"guard {number}: '{expression}' occurs {len(places)} times")
    old = places[0].group()
    chosen = f"FMTCONV_MUTANT ({number})"
    new = {"": f"((({old}) && !{chosen}))", "true": f"(({old}) || {chosen})", "skip": f"({chosen} ? 0 : ({old}))"}[form]
    return source[: places[0].start()] + new + source[places[0].end() :]


def build(work):
    """Copies the tree, plants the mutants, and builds the program."""
    ignore = shutil.ignore_patterns(".git", "build*", "fuzzing", "sanitized*", "mutated")
    if not work.exists():
        shutil.copytree(top, work, ignore=ignore)
    for file in {g[0] for g in guards()}:
        text = (top / file).read_text()
        for number, (where, expression, form, _, _) in enumerate(guards(), 1):
            if where == file:
                text = plant(text, number, expression, form)
        text = text.replace('#include "config.h"', '#include "config.h"\n#include "tests/mutation/mutant.h"', 1)
        (work / file).write_text(text)
    shutil.copytree(here, work / "tests" / "mutation", dirs_exist_ok=True)
    folder = work / "build"
    if not (folder / "Makefile").exists():
        folder.mkdir(exist_ok=True)
        subprocess.run(["../configure", "--disable-shared", f"CC={os.environ.get('CC', 'cc')}", "CFLAGS=-O0"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["make", "-s", f"-j{os.environ.get('JOBS', '2')}", "fmtconv"], cwd=folder, check=True)
    return folder / "fmtconv"


class Cases:
    """The cases of the generators of tests/invalid, each made once."""

    def __init__(self, work, program):
        self.work, self.program, self.made = work / "cases", program, {}
        self.environment = {**os.environ, "FMTCONV_MODEL_PATH": str(top / "models"), "FMTCONV_PIPELINE_PATH": str(top / "pipelines")}
        self.environment.setdefault("FMTCONV_PLUGIN_PATH", str(program.parent / "plugins" / ".libs"))

    def rows(self, generator):
        """Returns [(file, statuses, reader, what is said)]."""
        if generator not in self.made:
            folder = self.work / generator
            shutil.rmtree(folder, ignore_errors=True)
            folder.parent.mkdir(parents=True, exist_ok=True)
            subprocess.run([sys.executable, "-B", top / "tests" / "invalid" / f"make_{generator}.py", folder], check=True)
            rows = [line.split("\t") for line in (folder / "cases.tsv").read_text().splitlines()]
            self.made[generator] = [(name, next(folder.glob(f"{name}.*")), status.split(","), reader, re.sub(r"^@\S+ ", "", says))
                                    for name, status, reader, says in rows]
        return self.made[generator]

    def run(self, number, path, reader, command):
        """Runs the program; returns status and messages."""
        index = next(iter(sorted(path.glob("*.index.json"))), path) if path.is_dir() else path
        words = (["inspect", "-r", reader, index] if command == "inspect"
                 else ["-f", "-r", reader, "-t", "none", "-w", "safetensors", index, self.work / "out.safetensors"])
        result = subprocess.run([self.program, *words],
                                capture_output=True, text=True, errors="replace", timeout=60, env={**self.environment, "FMTCONV_MUTANT": str(number)})
        return result.returncode, result.stdout + result.stderr

    def fails(self, number, name, path, statuses, reader, says):
        """Returns whether a case does not end as its generator says; the same rules as tests/invalid/cases.sh."""
        for command, status in (("inspect", statuses[0]), ("convert", statuses[-1])):
            if command == "convert" and name.startswith(("cut-", "blocks-")):
                continue
            got, said = self.run(number, path, reader, command)
            wrong = says[1:] in said if says.startswith("!") else says not in said
            if got != int(status) or (wrong and status != "0"):
                return True
        return False

    def outcome(self, number, kind, at):
        """Converts a file while call `at` of a class fails; returns (whether there was such a call, status, files that are left)."""
        shim, out = self.work / "shim.so", self.work / "out"
        if not shim.exists():
            subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-O1", "-o", shim, top / "tests" / "faults" / "shim.c", "-ldl"], check=True)
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        hit = self.work / "hit"
        hit.unlink(missing_ok=True)
        source = next(row[1] for row in self.rows("safetensors") if row[0] == "unpadded")
        environment = {**self.environment, "FMTCONV_MUTANT": str(number), "FAULT_CLASS": kind, "FAULT_AT": str(at), "FAULT_ERRNO": "5",
                       "FAULT_HIT": str(hit), "LD_PRELOAD": str(shim)}
        result = subprocess.run([self.program, "--verify", "-r", "safetensors", "-t", "none", "-w", "safetensors", source, out / "x.safetensors"],
                                capture_output=True, env=environment, timeout=60)
        return hit.exists(), result.returncode, sorted(path.name for path in out.iterdir())

    def fault(self, number, kind):
        """Returns the first failing call after which the program ends otherwise than with the guard, or None."""
        for at in range(1, 100):
            wanted = self.outcome(0, kind, at)
            if self.outcome(number, kind, at) != wanted:
                return f"{kind} {at}"
            if not wanted[0]:
                return None
        return None

    def noticed(self, number, generator, globs):
        """Returns the first case, or failing call, that ends otherwise without guard `number`, or None."""
        if generator == "faults":
            return self.fault(number, globs[0])
        chosen = [row for row in self.rows(generator) if any(fnmatch.fnmatch(row[0], glob) for glob in globs)]
        if not chosen:
            raise SystemExit(f"guard {number}: no case is named {globs}")
        return next((row[0] for row in chosen if self.fails(number, *row)), None)


def main():
    work, only = Path(sys.argv[1]).absolute(), [int(word) for word in sys.argv[2:]]
    cases = Cases(work, build(work))
    unnoticed = 0
    for number, (file, expression, _, generator, globs) in enumerate(guards(), 1):
        if only and number not in only:
            continue
        name = cases.noticed(number, generator, globs)
        unnoticed += name is None
        print(f"{number:3} {'NOT NOTICED' if name is None else 'noticed by ' + name}: {file}: {expression}", flush=True)
    print(f"{len(only or guards())} guards, {unnoticed} whose removal nothing notices")
    sys.exit(unnoticed > ALLOWED)


if __name__ == "__main__":
    main()
