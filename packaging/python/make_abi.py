#!/usr/bin/env python3
"""make_abi.py INCLUDE-FOLDER: prints fmtconv/_abi.py, the structs and constants of the C headers as ctypes has them.

The headers are the only place where they are written down.  tests/test_abi.py compares the result with a C compiler's.
"""
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pathlib
import re
import sys

HEADERS = ["types.h", "fmtconv.h", "checkpoint.h"]
SCALARS = {
    "int": "c_int",
    "unsigned": "c_uint",
    "double": "c_double",
    "size_t": "c_size_t",
    "uint32_t": "c_uint32",
    "uint64_t": "c_uint64",
    "char": "c_char",
}
COMMENT = re.compile(r"/\*.*?\*/", re.S)
ENUM = re.compile(r"\benum (\w+)\s*\{(.*?)\}", re.S)
STRUCT = re.compile(r"\btypedef struct (\w+)\s*\{(.*?)\}\s*(\w+);", re.S)
CALLBACK = re.compile(r"^void \(\*(\w+)\) \(void \*arg, const (\w+) \*\w+\)$")
FIELD = re.compile(r"^(?:const )?(?:struct |enum )?(\w+) ((?:const|\*|\s)*)(\w+)$")


def constants(body: str) -> list[tuple[str, int]]:
    """Returns the members of an enum with their values."""
    found, value = [], 0
    for item in filter(None, (part.strip() for part in body.split(","))):
        name, _, given = (word.strip() for word in item.partition("="))
        value = int(given, 0) if given else value
        found.append((name, value))
        value += 1
    return found


def field(text: str, structs: set[str]) -> str:
    """Returns the ctypes field of a declaration such as "const char *const *transforms"."""
    text = " ".join(text.split())
    callback = CALLBACK.match(text)
    if callback:
        return f'("{callback[1]}", C.CFUNCTYPE(None, C.c_void_p, C.POINTER({callback[2]})))'
    match = FIELD.match(text)
    if not match:
        sys.exit(f"make_abi.py: cannot read the field '{text}'")
    base, stars, name = match[1], match[2].count("*"), match[3]
    if base == "char" and stars:
        kind, stars = "C.c_char_p", stars - 1
    elif base in structs:
        kind = base
    elif base in SCALARS:
        kind = f"C.{SCALARS[base]}"
    elif stars:
        kind, stars = "C.c_void_p", stars - 1
    else:
        sys.exit(f"make_abi.py: unknown type '{base}' of the field '{name}'")
    for _ in range(stars):
        kind = f"C.POINTER({kind})"
    return f'("{name}", {kind})'


def main(include: pathlib.Path) -> None:
    text = "\n".join(COMMENT.sub("", (include / "fmtconv" / header).read_text()) for header in HEADERS)
    print('"""The structs and constants of the C headers; written by make_abi.py."""')
    print("import ctypes as C\n")
    for _, body in ENUM.findall(text):
        for name, value in constants(body):
            print(f"{name} = {value}")
    structs: set[str] = set()
    for tag, body, name in STRUCT.findall(text):
        if tag == name:
            structs.add(name)
            fields = [field(part, structs) for part in body.split(";") if part.strip()]
            print(f"\n\nclass {name}(C.Structure):\n    _fields_ = [")
            print("".join(f"        {one},\n" for one in fields) + "    ]")
    print("\n\nSTRUCTS = [" + ", ".join(sorted(structs)) + "]")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
