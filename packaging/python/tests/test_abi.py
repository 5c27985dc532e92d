"""The structs of ctypes are laid out as those of a C compiler.

Also a program, for a tree that is not installed: test_abi.py _ABI.PY INCLUDE-FOLDER
"""
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import ctypes
import importlib.util
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile

CC = shlex.split(os.environ.get("CC") or "cc")


def expected(abi):
    """Returns lines of C that print sizes, offsets and numbers, and what they should print."""
    code, wanted = [], []
    for struct in abi.STRUCTS:
        name = struct.__name__
        code.append(f'printf ("{name} %zu\\n", sizeof ({name}));')
        wanted.append(f"{name} {ctypes.sizeof(struct)}")
        for field, kind in struct._fields_:
            where = f"offsetof ({name}, {field}), sizeof (({name} *) 0)->{field}"
            code.append(f'printf ("{name}.{field} %zu %zu\\n", {where});')
            wanted.append(f"{name}.{field} {getattr(struct, field).offset} {ctypes.sizeof(kind)}")
    for name in dir(abi):
        if name.startswith("FMTCONV_"):
            code.append(f'printf ("{name} %d\\n", (int) {name});')
            wanted.append(f"{name} {getattr(abi, name)}")
    return code, wanted


def compare(abi, include):
    """Returns the lines that a C compiler and ctypes do not agree on."""
    code, wanted = expected(abi)
    assert len(wanted) > 150
    with tempfile.TemporaryDirectory() as folder:
        source, program = pathlib.Path(folder, "layout.c"), pathlib.Path(folder, "layout")
        body = "\n".join(code)
        source.write_text(
            f"#include <fmtconv/checkpoint.h>\n#include <stdio.h>\nint main (void)\n{{\n{body}\nreturn 0;\n}}\n"
        )
        subprocess.run([*CC, f"-I{include}", "-o", program, source], check=True)
        found = subprocess.run([program], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    return [f"C has {a}, ctypes has {b}" for a, b in zip(found, wanted) if a != b]


def test_layouts():
    from fmtconv import _abi

    package = pathlib.Path(__file__).resolve().parents[1]
    source = package / "native" if (package / "native").is_dir() else package.parents[1]
    assert compare(_abi, source / "include") == []


def main(path, include):
    spec = importlib.util.spec_from_file_location("abi", path)
    abi = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(abi)
    differ = compare(abi, include)
    print("\n".join(differ) or f"{len(abi.STRUCTS)} structs are laid out alike")
    sys.exit(bool(differ))


if __name__ == "__main__":
    main(*sys.argv[1:])
