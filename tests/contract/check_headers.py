#!/usr/bin/env python3
"""tests/contract/check_headers.py SRCDIR [LIBRARY]: the public headers, the export list and the library agree."""
# SPDX-License-Identifier: Apache-2.0
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(sys.argv[1])
HEADERS = sorted((TOP / "include/fmtconv").glob("*.h"))
COMMENT = re.compile(r"/\*.*?\*/", re.S)
CALL = re.compile(r"\b(fmtconv_[a-z0-9_]+) \((?!\*)")
CONTRACT = re.compile(r"Errors: .*?Thread: (context|any)\.\s+Since: \d+\.\d+\.", re.S)
NEWCOMER = {"types.h", "attr.h", "input.h", "view.h", "model.h", "rules.h", "layout.h", "plugin.h"}
MOST_CALLS_OF_NEWCOMERS = 89

failures = []


def prototypes(text):
    """Yields (call, comment before its group) for each function declaration outside of structs and macros."""
    text = re.sub(r"^#define .*?[^\\]\n", "", text, flags=re.M | re.S)
    text = re.sub(r"\{[^{}]*\}", "{}", re.sub(r"\{[^{}]*\}", "{}", text))
    comment = ""
    for part in re.split(r"(/\*.*?\*/)", text, flags=re.S):
        if part.startswith("/*"):
            comment = part
            continue
        for declaration in part.split(";"):
            if "typedef" in declaration:
                continue
            call = CALL.search(declaration)
            if call:
                yield call.group(1), comment
                blank = declaration.startswith("\n\n")
                if blank:
                    failures.append(f"{call.group(1)} has no comment of its group")


def declared():
    calls = {}
    for header in HEADERS:
        for call, comment in prototypes(header.read_text()):
            calls[call] = header.name
            if not CONTRACT.search(comment.replace("\n *", " ")):
                failures.append(f"{header.name}: {call}: its comment does not end with Errors, Thread and Since")
    return calls


def exported():
    text = re.sub(r"#.*", "", (TOP / "core/fmtconv.map").read_text())
    return set(re.findall(r"\b(fmtconv_\w+);", text))


def defined(library):
    out = subprocess.run(["nm", "-D", "--defined-only", library], capture_output=True, text=True, check=True).stdout
    names = (line.split()[-1].split("@")[0] for line in out.splitlines())
    return {name for name in names if name.startswith("fmtconv_")}


calls = declared()
for name, one, other in [
    ("in core/fmtconv.map, but in no header", exported(), set(calls)),
    ("in a header, but not in core/fmtconv.map", set(calls), exported()),
]:
    if one - other:
        failures.append(f"{name}: {' '.join(sorted(one - other))}")
if len(sys.argv) > 2:
    found = defined(sys.argv[2])
    if found != exported():
        failures.append(f"library and core/fmtconv.map differ: {' '.join(sorted(found ^ exported()))}")
listed = set(re.findall(r"^\.It Fn (fmtconv_\w+)$", (TOP / "doc/fmtconv-plugin.3").read_text(), re.M))
if listed != set(calls):
    failures.append(f"the table of doc/fmtconv-plugin.3 and the headers differ: {' '.join(sorted(listed ^ set(calls)))}")
shown = set(re.findall(r"^\.It Fn (fmtconv_\w+)$", (TOP / "doc/fmtconv-api.3").read_text(), re.M))
wanted = {call for call, header in calls.items() if header in {"fmtconv.h", "checkpoint.h"}}
if shown != wanted:
    failures.append(f"the table of doc/fmtconv-api.3 and the headers of applications differ: {' '.join(sorted(shown ^ wanted))}")
newcomer = [call for call, header in calls.items() if header in NEWCOMER]
if len(newcomer) > MOST_CALLS_OF_NEWCOMERS:
    failures.append(f"{len(newcomer)} calls without fmtconv/formats.h; at most {MOST_CALLS_OF_NEWCOMERS}")
if len(calls) < 100:
    failures.append(f"only {len(calls)} calls found")
print(f"{len(calls)} calls, {len(newcomer)} of them without fmtconv/fmtconv.h and fmtconv/formats.h")
for failure in failures:
    print("FAIL:", failure)
sys.exit(bool(failures))
