#!/usr/bin/env python3
"""tests/contract/check_read_calls.py SRCDIR: each call that looks for a file, or reads one, stands in a list here."""
# SPDX-License-Identifier: Apache-2.0
import pathlib
import re
import sys

EXPLANATION = """
A call that fails is no absence: only ENOENT and ENOTDIR mean "not there" (core/base/presence.h).  Whoever adds a call says here
what a failure of it does:

  fails    an error that names the call and the file; ENOENT and ENOTDIR may mean that there is no such file
  caller   errno is left to the callers, which are in this list
  plain    nothing depends on it but the text of a message, or a way that is tried first
  test     a command for authors of plugins, whose tests compare what it says
"""
TOP = pathlib.Path(sys.argv[1])
CALLS = """open openat fopen fdopen opendir fdopendir readdir stat lstat fstat fstatat access faccessat readlink readlinkat realpath
read pread fread fgets fgetc getline mmap dlopen scandir glob nftw ftw stat64 creat openat2 statx readv preadv fscanf getdelim
fci_os_open_beneath fci_os_open_unnamed""".split()
# The names that outputs get, with rules of their own; tests/faults makes each of their calls fail.
FOLDERS = {"core/exec/publish"}
FILES = {
    "core/base/os-folder.c": ("plain", "opendir 1 readdir 1 stat 1 fstatat 1"),
    "core/base/os-memory.c": ("plain", "open 1 read 1"),
    "core/base/os-open.c": ("caller", "fci_os_open_beneath 1 openat 2 fstatat 1 fci_os_open_unnamed 1 open 1"),
    "core/base/os-process.c": ("caller", "open 2 read 2"),
    "core/base/os-rename.c": ("caller", "fstatat 1 openat 1"),
    "core/base/os.h": ("caller", "fci_os_open_beneath 1 fci_os_open_unnamed 1"),
    "core/base/presence.c": ("fails", "fstatat 1"),
    "core/convert/edit.c": ("fails", "realpath 1 faccessat 1"),
    "core/convert/sums.c": ("fails", "open 1 openat 1 fstat 2 fci_os_open_beneath 1"),
    "core/exec/against.c": ("fails", "open 2 fstat 1"),
    "core/exec/patch.c": ("fails", "open 1 fstat 1"),
    "core/exec/write/map.c": ("fails", "pread 1 fstat 1"),
    "core/exec/worker/reread.c": ("caller", "pread 1"),
    "core/plugin/installed.c": ("plain", "realpath 1"),
    "core/plugin/module.c": ("fails", "dlopen 1 fopen 1 fread 1"),
    "core/plugin/search.c": ("fails", "opendir 2 readdir 1 fstat 2 realpath 1 stat 1"),
    "core/plugin/segments.c": ("plain", "fopen 1 fstat 1 fread 2"),
    "core/plugin/trust.c": ("fails", "realpath 1"),
    "core/source/descriptors.c": ("caller", "open 1 fstat 1"),
    "core/exec/write/map.c": ("caller", "pread 1 fstat 1"),
    "core/source/disk.c": ("fails", "fstat 2"),
    "core/source/folder.c": ("fails", "openat 1 fdopendir 1 readdir 1"),
    "core/source/follow.c": ("fails", "openat 2 readlinkat 1"),
    "core/source/input.c": ("fails", "fstat 1 stat 1 open 1 fstatat 1"),
    "core/source/journal.c": ("fails", "openat 1 open 1 fstat 1 pread 1 realpath 1"),
    "core/source/leads-out.c": ("caller", "openat 1 readlinkat 1 open 1 fstat 1"),
    "core/source/safe-open.c": ("fails", "fci_os_open_beneath 1 openat 1"),
    "core/source/source.c": ("fails", "pread 1"),
    "core/source/within.c": ("fails", "open 1 openat 3 fstat 4 fstatat 1"),
    "core/spec/find.c": ("fails", "fopen 1 fgets 2"),
    "core/zip/inflate.c": ("fails", "fstat 1 fci_os_open_unnamed 1"),
    "cli/new-plugin.c": ("fails", "readlink 1 fopen 2 fread 1 access 1"),
    "cli/sandbox-files.c": ("plain", "open 1"),
    "cli/startup.c": ("fails", "open 1"),
    "cli/plugin-test/child.c": ("test", "open 1"),
    "cli/plugin-test/codec.c": ("test", "mmap 1"),
    "cli/plugin-test/files.c": ("test", "fopen 2 stat 3 fread 1 opendir 2 readdir 2"),
    "cli/plugin-test/reader.c": ("test", "opendir 1 readdir 1 stat 1"),
    "cli/plugin-test/test-plugin.c": ("test", "realpath 1 mmap 1"),
}
CALL = re.compile(r"(?<![\w.>])(" + "|".join(CALLS) + r") \(")
failures = []


def blank(match):
    return re.sub(r"[^\n]", " ", match.group())


def counted(text):
    """Returns the calls of a file: name → number; not those of members of a struct."""
    code = re.sub(r"/\*.*?\*/|\"(?:\\.|[^\"\\])*\"", blank, text, flags=re.S)
    found = {}
    for match in CALL.finditer(code):
        found[match.group(1)] = found.get(match.group(1), 0) + 1
    return found


def listed(text):
    words = text.split()
    return {name: int(n) for name, n in zip(words[::2], words[1::2])}


seen = set()
for folder in ("core", "cli", "plugins"):
    for file in sorted((TOP / folder).rglob("*.[ch]")):
        path = str(file.relative_to(TOP))
        calls = {} if str(pathlib.PurePath(path).parent) in FOLDERS else counted(file.read_text())
        kind, words = FILES.get(path, ("", ""))
        seen.add(path)
        if calls != listed(words):
            now = " ".join(f"{name} {n}" for name, n in calls.items())
            failures.append(f"{path}: calls '{now}', listed as '{words}': \n{EXPLANATION}")
        if path.startswith("plugins/") and calls:
            failures.append(f"{path}: plugins open nothing by themselves")
for path in sorted(set(FILES) - seen):
    failures.append(f"{path} is listed, but not there")
print(f"{len(seen)} files, {len(FILES)} with calls")
for failure in failures:
    print("FAIL:", failure)
sys.exit(bool(failures) or len(seen) < 400)
