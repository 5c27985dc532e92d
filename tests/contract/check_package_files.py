"""Compares the lists of files in packaging/ with what 'make install' installs: each file is in exactly one package.

Usage: check_package_files.py FOLDER, in a build folder with tests/stage; prints one line for each difference.
"""
# SPDX-License-Identifier: Apache-2.0

import fnmatch
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from check_packages import ASKED, DEBIAN, GROUPS, PACKAGES, SPEC, TOP, plugins, read

STAGE = Path("tests/stage").resolve()
FOLDERS = ("bindir", "datadir", "includedir", "libdir", "mandir")
DEBIAN_FOLDERS = {"usr/bin": "bindir", "usr/share/man": "mandir", "usr/share": "datadir", "usr/include": "includedir",
                  "usr/lib/*": "libdir"}
RPM_NAMES = {"libfmtconv-core0": "fmtconv-libs", "libfmtconv-dev": "fmtconv-devel"}
DEVELOPMENT = re.compile(r"includedir/|libdir/pkgconfig/|libdir/[^/]*\.so$|datadir/fmtconv/examples/|mandir/man3/")


def configured():
    """Returns {folder: its name in FOLDERS}, as the Makefile has them; a folder in another one comes before that."""
    makefile = dict(re.findall(r"^(\w+) = (.*)$", Path("Makefile").read_text(encoding="utf-8"), re.MULTILINE))

    def value(name):
        return re.sub(r"\$[({](\w+)[)}]", lambda match: value(match[1]), makefile[name])

    return {value(name): name for name in sorted(FOLDERS, key=lambda name: -len(value(name)))}


def renamed(path, folders):
    """Returns a path with the name of its folder: libdir/pkgconfig/fmtconv.pc."""
    for folder, name in folders.items():
        if path.startswith(folder + "/"):
            return name + path[len(folder):]
    return path


def staged():
    """Returns the installed files.  No package has what configure can add: static libraries, plugins that are asked for."""
    folders = configured()
    files = (f"/{path.relative_to(STAGE)}" for path in STAGE.rglob("*") if path.is_symlink() or path.is_file())
    added = (".a", *(end for name in ASKED for end in (f"/{name}.so", f"/fmtconv-{name}.7")))
    return sorted(renamed(path, folders) for path in files if not path.endswith(added))


def debian_lists():
    """Returns {package of RPM: patterns of the files in Debian's package}."""
    lists = {}
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "debian").mkdir()
        subprocess.run(["sh", TOP.resolve() / "packaging/plugins.sh", "debian"], cwd=folder, check=True)
        for path in (*DEBIAN.iterdir(), *(Path(folder) / "debian").iterdir()):
            if path.suffix in (".install", ".manpages"):
                package = RPM_NAMES.get(path.stem, path.stem)
                lists.setdefault(package, []).extend(renamed(line, DEBIAN_FOLDERS) for line in read(path).split())
    return lists


def rpm_lists():
    """Returns {package: patterns of its files}."""
    lists = {}
    for part in read(SPEC).partition("%changelog")[0].split("\n%files")[1:]:
        head, *lines = part.splitlines()
        package = f"fmtconv-{head.split()[0]}" if head else "fmtconv"
        lists[package] = [line for line in lines if line.startswith("%{")]
    for group in GROUPS:
        lists[PACKAGES[group]] += plugins("rpm", group)
    return {package: [re.sub(r"^%\{_(\w+)\}", r"\1", line) for line in lines] for package, lines in lists.items()}


def holders(path, lists):
    """Returns the packages with a file."""
    return [package for package, patterns in lists.items()
            if any(fnmatch.fnmatchcase(path, pattern) or path.startswith(pattern + "/") for pattern in patterns)]


def differences():
    """Yields files that are in no package, in several, or in different ones of Debian and of RPM."""
    debian, rpm = debian_lists(), rpm_lists()
    files = staged()
    if "bindir/fmtconv" not in files:
        yield f"tests/stage is not an installation: the first file is {files[:1]}"
    for path in files:
        of_debian, of_rpm = holders(path, debian), holders(path, rpm)
        for kind, found in (("debian", of_debian), ("rpm", of_rpm)):
            if len(found) != 1:
                yield f"{kind}: not in one package, but in {len(found)}: {path}"
        if of_debian != of_rpm:
            yield f"{path}: {of_debian} of Debian, but {of_rpm} of RPM"
        elif DEVELOPMENT.match(path) and of_rpm != ["fmtconv-devel"]:
            yield f"{path}: in {of_rpm}, not with the development files"


def main():
    failed = list(differences())
    for message in failed:
        print(f"FAIL: {message}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
