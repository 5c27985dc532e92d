#!/usr/bin/env python3
"""repair.py WHEEL FOLDER: makes a wheel for every Linux of its age in FOLDER, with the libraries and their licences.

auditwheel copies libraries into the wheel and gives it a manylinux tag; this program adds the copyright files of the
distribution's packages that these libraries are from.
"""
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HASH = re.compile(r"-[0-9a-f]{8}(?=\.so)")


def output(*command: str) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def installed(name: str) -> pathlib.Path:
    """Returns the library of the system that a copy in the wheel was made of."""
    for line in output("/sbin/ldconfig", "-p").splitlines():
        words = line.split()
        if words and words[0].startswith(name.split(".so")[0] + ".so"):
            path = pathlib.Path(words[-1]).resolve()
            if path.name == name or words[0] == name:
                return path
    sys.exit(f"repair.py: {name} is in the wheel, but not in the cache of ldconfig")


def licences(library: pathlib.Path) -> tuple[str, list[pathlib.Path]]:
    """Returns the package of a library, and the files of its licence."""
    if shutil.which("dpkg"):
        for path in (str(library), str(library).removeprefix("/usr")):
            found = subprocess.run(["dpkg", "-S", path], capture_output=True, text=True, check=False).stdout
            if found:
                package = found.split(":")[0]
                return package, [pathlib.Path("/usr/share/doc", package, "copyright")]
        sys.exit(f"repair.py: {library} belongs to no package of dpkg")
    package = output("rpm", "-qf", "--qf", "%{NAME}", str(library))
    files = output("rpm", "-q", "--licensefiles", package).split()
    return package, [pathlib.Path(file) for file in files]


def add_licences(tree: pathlib.Path) -> list[str]:
    """Adds the licences of all libraries of an unpacked wheel; returns the names of the packages."""
    target = next(tree.glob("*.dist-info")) / "licenses" / "bundled"
    packages = set()
    for library in sorted(tree.glob("*.libs/*.so*")):
        package, files = licences(installed(HASH.sub("", library.name)))
        packages.add(package)
        for file in files:
            target.mkdir(exist_ok=True)
            shutil.copyfile(file, target / f"{package}-{file.name}")
    return sorted(packages)


def main(wheel: str, folder: str) -> None:
    with tempfile.TemporaryDirectory() as work:
        subprocess.run([sys.executable, "-m", "auditwheel", "repair", "-w", work, wheel], check=True)
        repaired = next(pathlib.Path(work).glob("*.whl"))
        subprocess.run([sys.executable, "-m", "wheel", "unpack", "-d", work, str(repaired)], check=True)
        tree = next(path for path in pathlib.Path(work).iterdir() if path.is_dir())
        packages = add_licences(tree)
        pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, "-m", "wheel", "pack", "-d", folder, str(tree)], check=True)
        print("libraries are from:", *packages)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
