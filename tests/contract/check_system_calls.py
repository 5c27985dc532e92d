#!/usr/bin/env python3
"""tests/contract/check_system_calls.py SRCDIR: calls that not every system has occur in core/base/os-*.c alone."""
# SPDX-License-Identifier: Apache-2.0
import pathlib
import re
import sys

TOP = pathlib.Path(sys.argv[1])
HOME = {"core/base/os.h", *(str(file.relative_to(TOP)) for file in (TOP / "core/base").glob("os-*.[ch]"))}
# What the program gives up is a matter of the system alone, and not of the library.
HOME |= {"cli/sandbox.h", "cli/sandbox-calls.c", "cli/sandbox-files.c"}
# The program sees only the public header, so it asks for texts of errors, and, in a tree that was moved, for its own path
# itself; without /proc it looks where it was to be installed.
ALSO = {"cli/new-plugin.c": {"/proc", "strerror"}, "cli/plugin-test/test-plugin.c": {"strerror"}}

CALLS = """
syscall openat2 renameat2 renameatx_np linkat copy_file_range sendfile splice fallocate posix_fallocate posix_fadvise madvise
readahead flock ioctl memfd_create mkostemp getauxval issetugid secure_getenv getrandom getentropy sched_getaffinity sysconf
get_nprocs umask memmem memrchr strchrnul mempcpy rawmemchr qsort_r strerror strerror_r strerror_l strtod_l uselocale newlocale
pthread_create pthread_condattr_setclock pthread_setname_np pthread_setaffinity_np asprintf vasprintf reallocarray dup3 pipe2
statx statfs fstatfs canonicalize_file_name get_current_dir_name euidaccess eaccess explicit_bzero strlcpy strlcat
""".split()
NAMES = """
O_PATH O_TMPFILE O_SEARCH O_DIRECT O_RESOLVE_BENEATH AT_EMPTY_PATH AT_SECURE RENAME_NOREPLACE RENAME_EXCHANGE RESOLVE_BENEATH
F_GETPATH F_PREALLOCATE F_RDADVISE F_OFD_SETLK FICLONE st_mtim st_mtimespec program_invocation_name __APPLE__ __linux__ __FreeBSD__
__GLIBC__ __OpenBSD__ __NetBSD__ SEEK_HOLE SEEK_DATA d_type
""".split()
HEADERS = re.compile(r"^ *# *include <((?:linux/|asm/|bits/|sys/(?:syscall|auxv|random|sysinfo|sendfile|vfs|statfs|ioctl|file|mount|prctl)\.h|"
                     r"sched\.h|xlocale\.h|error\.h|malloc\.h|features\.h)[^>]*)>", re.M)
CALL = re.compile(r"(?<![\w.>])(" + "|".join(CALLS) + r") \(")
NAME = re.compile(r"(?<!\w)(" + "|".join(NAMES) + r"|SYS_\w+|_SC_\w+|HAVE_(?!CONFIG)\w+)(?!\w)")
PROC = re.compile(r'"(/proc|/sys)\b')
failures = []


def blank(match):
    return re.sub(r"[^\n]", " ", match.group())


def check(path, text):
    code = re.sub(r"/\*.*?\*/", blank, text, flags=re.S)
    for pattern in (CALL, NAME, HEADERS, PROC):
        for found in pattern.finditer(code):
            # A member of a table or a declaration of that name is not the call.
            if found.group(1) not in ALSO.get(path, ()):
                failures.append(f"{path}:{code.count(chr(10), 0, found.start()) + 1}: {found.group(1)}: call core/base/os.h instead")


count = 0
for folder in ("core", "cli", "plugins"):
    for file in sorted((TOP / folder).rglob("*.[ch]")):
        path = str(file.relative_to(TOP))
        if path not in HOME:
            count += 1
            check(path, file.read_text())
macros = {name for path in HOME for name in re.findall(r"\b(HAVE_\w+)", (TOP / path).read_text())}
checked = (TOP / "m4/system.m4").read_text()
for macro in sorted(macros):
    name = re.sub(r"^HAVE_(DECL_|STRUCT_STAT_|LINUX_|SYS_)?|_H$", "", macro)
    if not re.search(rf"(?<![A-Za-z]){name}", checked, re.I):
        failures.append(f"{macro} is not looked for in m4/system.m4")
print(f"{count} files, {len(macros)} features")
for failure in failures:
    print("FAIL:", failure)
sys.exit(bool(failures) or count < 400 or len(macros) < 15)
