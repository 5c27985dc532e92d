#!/usr/bin/env python3
"""Write the pickles of tests/invalid, except the large ones, as seeds into a folder, each after a byte of 0 to 3; or the
GGUF files: seeds.py FOLDER [gguf].
SPDX-License-Identifier: Apache-2.0
"""

import io
import sys
import zipfile
from pathlib import Path

here = Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent / "invalid"))
import make_gguf  # noqa: E402
import make_pickles  # noqa: E402


def gguf(folder):
    make_gguf.make()
    for name, (_, _, data, _) in make_gguf.CASES.items():
        if len(data) <= 4096 and not name.startswith("cut-"):
            (folder / name).write_bytes(data)


def pickles(folder):
    for name, (_, _, _, data) in make_pickles.cases().items():
        if isinstance(data, tuple):  # the beginning of a file that is too large for a seed, and its size
            continue
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                content = archive.read("archive/data.pkl")
            modes = (b"\0", b"\1")
        except KeyError:
            continue
        except zipfile.BadZipFile:
            content, modes = data, (b"\0", b"\1", b"\2", b"\3")
        if len(content) <= 4096 and not name.startswith("cut-"):
            for first in modes:
                (folder / f"{name}-{first[0]}").write_bytes(first + content)


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    (gguf if "gguf" in sys.argv[2:] else pickles)(folder)


if __name__ == "__main__":
    main()
