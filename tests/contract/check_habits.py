#!/usr/bin/env python3
"""tests/contract/check_habits.py SRCDIR: habits of the source that a machine can see."""
# SPDX-License-Identifier: Apache-2.0
import pathlib
import re
import sys

TOP = pathlib.Path(sys.argv[1])
LONGEST_FUNCTION = 60
TEST_ONLY = {  # calls that only tests use: the first line of their file says so
    "core/plan/text.c",
    "core/view/text.c",
}
failures = []


def rule(path, line, why):
    failures.append(f"{path}:{line}: {why}")


def lines_of(text, at):
    return text.count("\n", 0, at) + 1


def check_head(path, text):
    """The first line names the file and says what it is for; the SPDX line stands near it."""
    head = text[:600]
    if "SPDX-License-" + "Identifier: Apache-2.0" not in head:
        rule(path, 1, "no SPDX line")
    if path.endswith((".c", ".h")) and path.split("/", 1)[0] in ("core", "cli", "plugins"):
        if not text.startswith(f"/* {path}: "):
            rule(path, 1, "the first line is not '/* PATH: what it is for'")


def check_c(path, text):
    code = re.sub(r"/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m.group()), text, flags=re.S)
    code = re.sub(r'"(?:[^"\\\n]|\\.)*"', lambda m: '"' + " " * (len(m.group()) - 2) + '"', code)
    if path.endswith(".c"):
        first = re.search(r"^ *# *include +(\S+)", text, re.M)
        if first and first.group(1) != '"config.h"':
            rule(path, lines_of(text, first.start()), 'the first include is not "config.h"')
    for found in re.finditer(r"\breturn\b[^;{}]*?;", code):
        statement = found.group()
        if re.search(r"^return\s+\w*_(fail|refuse|fail_at)\s*\(.*\)\s*==\s*0\s*;", statement, re.S):
            rule(path, lines_of(code, found.start()), "a failure is turned to false by '== 0'")
        depth, comma = 0, False
        for character in statement[6:]:
            depth += (character in "([{") - (character in ")]}")
            comma |= character == "," and depth == 0
        if comma:
            rule(path, lines_of(code, found.start()), "a comma operator in a return")
    for found in re.finditer(r"\(\s*[\w>.-]+\s*\?[^;:?]*:[^;?]*\)\s*=[^=]", code):
        rule(path, lines_of(code, found.start()), "an assignment to a conditional lvalue")
    for found in re.finditer(r"^\w[\w ]*[\w*]\n(\w+) \([^;{}]*\)\n\{\n(.*?)^\}", code, re.M | re.S):
        length = found.group(2).count("\n")
        if length > LONGEST_FUNCTION:
            rule(path, lines_of(code, found.start()), f"{found.group(1)} has {length} lines; at most {LONGEST_FUNCTION}")


files = []
for folder in ("core", "cli", "plugins", "include", "tests", "bench", "m4", "doc", "pipelines", "models"):
    for file in sorted((TOP / folder).rglob("*")):
        path = str(file.relative_to(TOP))
        if file.suffix in (".c", ".h", ".py", ".sh", ".mk", ".m4") and "/stage/" not in path and "/data/" not in path and "cli/cases/" not in path:
            files.append((path, file.read_text()))
for path, text in files:
    if path not in ("plugins/plugins.mk", "m4/plugin-list.m4") and not re.match(r"m4/(libtool|lt)", path):
        check_head(path, text)
    if path.endswith((".c", ".h")) and path.split("/", 1)[0] in ("core", "cli", "plugins"):
        check_c(path, text)
for path, text in files:
    if path in TEST_ONLY and "test" not in text.split("\n", 1)[0]:
        rule(path, 1, "the first line does not say that only tests use it")
print(f"{len(files)} files")
for failure in failures:
    print("FAIL:", failure)
sys.exit(bool(failures) or len(files) < 500)
