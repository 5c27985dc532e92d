#!/usr/bin/env python3
"""Pack inputs of the fuzzer: corpus.py pack FOLDER CORPUS [NAME...], and unpack them: corpus.py unpack CORPUS FOLDER [NAME...].
SPDX-License-Identifier: Apache-2.0

CORPUS/NAME.zip holds the files of FOLDER/NAME, each named by its digest: the same bytes on every run.
"""

import hashlib
import sys
import zipfile
from pathlib import Path


def pack(folder, archive):
    contents = {hashlib.sha256(path.read_bytes()).hexdigest()[:16]: path for path in folder.iterdir()}
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as out:
        for name, path in sorted(contents.items()):
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            out.writestr(info, path.read_bytes(), compresslevel=9)


def unpack(archive, folder):
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(archive) as stored:
        for name in stored.namelist():
            (folder / Path(name).name).write_bytes(stored.read(name))


def main():
    command, source, target, names = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4:]
    if command == "pack":
        target.mkdir(parents=True, exist_ok=True)
        for name in names or sorted(path.name for path in source.iterdir()):
            pack(source / name, target / f"{name}.zip")
    else:
        for name in names or sorted(path.stem for path in source.glob("*.zip")):
            unpack(source / f"{name}.zip", target / name)


if __name__ == "__main__":
    main()
