#!/usr/bin/env python3
"""tests/contract/check_layers.py SRCDIR BUILDDIR: every folder uses only those above it in the table, calls included."""
# SPDX-License-Identifier: Apache-2.0
import collections
import pathlib
import re
import subprocess
import sys

SRC, BUILD = map(pathlib.Path, sys.argv[1:3])

# The rooms of the core from the bottom up: each may use itself and every room before it.  doc/architecture.md says what
# each is for.
ROOMS = """
core/base
core/source
core/zip
core/attr
core/view
core/pickle
core/model
core/rules
core/kernel
core/layout
core/plan
core/exec/worker
core/exec/eval
core/exec/write
core/exec/check
core/exec/publish
core/exec
core/plugin
core/convert
core/spec
core/api
""".split()
# Kernels are pure: of the rooms before them they use only the names of data types.
KERNEL_USES = {"core/base", "core/kernel"}
MOST_CIRCLES = 10
# Only one of these is built.
EITHER = {"core/plugin/module.c", "core/plugin/no-modules.c"}

INCLUDE = re.compile(r'^ *# *include "([^"]*)"', re.M)
PUBLIC = re.compile(r"^ *# *include <(fmtconv/[^>]*)>", re.M)
failures = []


def room_of(path):
    """Returns the room that holds a file of the core: the longest that is a folder above it."""
    fits = [room for room in ROOMS if path.startswith(room + "/")]
    return max(fits, key=len) if fits else None


def check_use(user, used, how):
    """Records a failure if a file of the core uses a file of a room that its room may not use."""
    one, other = room_of(user), room_of(used)
    if one is None or other is None:
        failures.append(f"{user}: {how} {used}: one of them is in no room")
    elif ROOMS.index(other) > ROOMS.index(one) or (one == "core/kernel" and other not in KERNEL_USES):
        failures.append(f"{user} {how} {used}, a file of a room above")


def sources(folder):
    return sorted(str(p.relative_to(SRC)) for e in ("*.c", "*.h") for p in (SRC / folder).rglob(e))


def check_includes():
    for file in sources("core"):
        for used in INCLUDE.findall((SRC / file).read_text()):
            if used != "config.h":
                check_use(file, used, "includes")
    for file in sources("plugins") + sources("cli"):
        text, folder = (SRC / file).read_text(), file.rsplit("/", 1)[0]
        # The program is an application: it has the headers for these.  test-plugin makes models as plugins do, too.
        allowed = {"cli": ("cli/", "fmtconv/fmtconv.h", "fmtconv/checkpoint.h"),
                   "cli/plugin-test": ("cli/", "fmtconv/checkpoint.h", "fmtconv/formats.h")}.get(
            folder, (folder + "/", "fmtconv/plugin.h", "fmtconv/formats.h", "fmtconv/pickle.h"))
        for used in INCLUDE.findall(text):
            if used != "config.h" and "/" in used and not used.startswith((allowed[0], "plugins/common/")):
                failures.append(f"{file} includes {used}")
        for used in PUBLIC.findall(text):
            if used not in allowed[1:]:
                failures.append(f"{file} includes <{used}>")


def objects():
    """Yields (source file, symbols it defines, symbols it needs) of the core's objects."""
    for file in sources("core"):
        if not file.endswith(".c"):
            continue
        folder, name = file.rsplit("/", 1)
        found = [f for f in (BUILD / folder).rglob("*.o") if re.fullmatch(rf"lib\w+_la-{re.escape(name[:-2])}\.o", f.name)]
        found = [f for f in found if f.parent in (BUILD / folder, BUILD / folder / ".libs")]
        if not found and file not in EITHER:
            failures.append(f"{file}: is not built")
        if not found:
            continue
        out = subprocess.run(["nm", "-P", str(found[0])], capture_output=True, text=True, check=True).stdout
        rows = [line.split() for line in out.splitlines()]
        yield file, {r[0] for r in rows if r[1] in "TDBRVW"}, {r[0] for r in rows if r[1] == "U"}


def circles(uses):
    """Returns the strongly connected components with more than one node (Tarjan's algorithm)."""
    index, low, stack, found = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in uses[node]:
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            part = []
            while True:
                part.append(stack.pop())
                if part[-1] == node:
                    break
            if len(part) > 1:
                found.append(sorted(part))

    for node in list(uses):
        if node not in index:
            visit(node)
    return found


def check_calls():
    built = list(objects())
    home = {symbol: file for file, defines, _ in built for symbol in defines}
    uses = collections.defaultdict(set)
    for file, _, needs in built:
        uses[file] |= set()
        for symbol in needs:
            if symbol in home and home[symbol] != file:
                uses[file].add(home[symbol])
                check_use(file, home[symbol], f"calls {symbol} of")
    found = circles(uses)
    for circle in found:
        print("circle:", *circle)
    print(f"{len(built)} files, {len(found)} circles with {sum(map(len, found))} files")
    if len(found) > MOST_CIRCLES:
        failures.append(f"{len(found)} circles of files; at most {MOST_CIRCLES}")
    if len(built) < 200:
        failures.append(f"only {len(built)} objects")


sys.setrecursionlimit(10000)
check_includes()
check_calls()
for failure in failures:
    print("FAIL:", failure)
sys.exit(bool(failures))
