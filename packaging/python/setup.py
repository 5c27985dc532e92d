"""setup.py: builds the C library with its plugins and puts them into the package.

The sources are ../.. in a checkout or a release of fmtconv, and native/ in a source distribution of this package, which
carries such a release.  Environment:

  FMTCONV_CONFIGURE  further options for configure, such as --without-gguf
  CC, CFLAGS ...     as configure takes them; without CC, ccache is used if it is there
"""
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

from setuptools import Command, Distribution, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build import build
from setuptools.command.sdist import sdist

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE / "native" if (HERE / "native").is_dir() else HERE.parent.parent
# In a checkout everything is built in its folder build/, so that its tests find only sources next to this file.
BUILD = HERE / "build" if SOURCE == HERE / "native" else SOURCE / "build" / "python"
PREFIX = "/nonexistent"  # of the installed tree, which finds its folders by itself: --enable-relocatable
PARTS = ["bin", "lib", "share/fmtconv"]  # of the installed tree, in the package's _native
LEFT_OUT = [".la", ".pc"]


def version() -> str:
    """Returns the version in configure.ac, the only place where it is written down."""
    text = (SOURCE / "configure.ac").read_text(encoding="utf-8")
    match = re.search(r"^AC_INIT\(\[fmtconv\], \[([0-9.]+)\]", text, re.M)
    if not match:
        sys.exit(f"{SOURCE / 'configure.ac'}: there is no AC_INIT([fmtconv], [VERSION])")
    return match[1]


def run(*command: str, cwd: pathlib.Path, log: pathlib.Path) -> None:
    """Runs a command, and shows what it printed only if it fails."""
    with log.open("ab") as out:
        print("running", shlex.join(command), flush=True)
        code = subprocess.run(command, cwd=cwd, stdout=out, stderr=subprocess.STDOUT, check=False).returncode
    if code:
        sys.stderr.write(log.read_text(errors="replace")[-6000:])
        sys.exit(f"{shlex.join(command)} failed; its output is in {log}")


def jobs() -> str:
    return str(len(os.sched_getaffinity(0)))


def configured(folder: pathlib.Path) -> pathlib.Path:
    """Returns the folder of a configured build, and its log."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "build.log"
    if not (SOURCE / "configure").exists():
        # A checkout: bootstrap would do the same, and install what is missing.
        run("autoreconf", "--force", "--install", cwd=SOURCE, log=log)
    if not (folder / "config.status").exists():
        options = ["--enable-relocatable", f"--prefix={PREFIX}", f"--libdir={PREFIX}/lib", "--enable-silent-rules"]
        if "CC" not in os.environ and shutil.which("ccache"):
            options.append("CC=ccache cc")
            os.environ.setdefault("CCACHE_BASEDIR", str(SOURCE))
            os.environ.setdefault("CCACHE_NOHASHDIR", "1")
        options += shlex.split(os.environ.get("FMTCONV_CONFIGURE", ""))
        # A relative path, so that a checkout at another place has the same messages and finds the same cache.
        run(os.path.relpath(SOURCE / "configure", folder), *options, cwd=folder, log=log)
    return log


class build_native(Command):
    """Builds the library and copies it into the package that setuptools is building."""

    description = "build the C library with its plugins"
    user_options: list[tuple[str, str, str]] = []

    def initialize_options(self) -> None:
        self.build_lib: str | None = None
        self.build_temp: str | None = None
        self.editable_mode = False

    def finalize_options(self) -> None:
        self.set_undefined_options("build", ("build_lib", "build_lib"), ("build_temp", "build_temp"))

    def run(self) -> None:
        if self.editable_mode:
            package = HERE / "fmtconv"
        else:
            package = pathlib.Path(str(self.build_lib)).resolve() / "fmtconv"
        work = pathlib.Path(str(self.build_temp)).resolve() / "native"
        log = configured(work)
        stage = work / "stage"
        shutil.rmtree(stage, ignore_errors=True)
        run("make", "-j", jobs(), cwd=work, log=log)
        run("make", "install-strip", f"DESTDIR={stage}", cwd=work, log=log)
        self.take(stage / PREFIX.lstrip("/"), package)
        abi = subprocess.run(
            [sys.executable, str(HERE / "make_abi.py"), str(SOURCE / "include")],
            check=True,
            stdout=subprocess.PIPE,
        ).stdout
        (package / "_abi.py").write_bytes(abi)

    def take(self, tree: pathlib.Path, package: pathlib.Path) -> None:
        """Copies what the package needs of an installed tree."""
        native = package / "_native"
        shutil.rmtree(native, ignore_errors=True)
        for part in PARTS:
            shutil.copytree(tree / part, native / part, symlinks=True)
        for path in sorted(native.rglob("*")):
            if path.suffix in LEFT_OUT:
                path.unlink()
        shutil.rmtree(native / "lib" / "pkgconfig", ignore_errors=True)
        self.keep_soname(native / "lib")

    @staticmethod
    def keep_soname(lib: pathlib.Path) -> None:
        """Leaves only the name by which plugins ask for the library, as wheels have no links."""
        links = [path for path in lib.glob("lib*.so*") if path.is_symlink()]
        soname = next(path for path in links if path.suffix != ".so")
        target = soname.resolve()
        for path in links:
            path.unlink()
        target.rename(soname)

    def get_source_files(self) -> list[str]:
        return []

    def get_outputs(self) -> list[str]:
        native = pathlib.Path(str(self.build_lib)) / "fmtconv" / "_native"
        return [str(path) for path in native.rglob("*") if path.is_file()]

    def get_output_mapping(self) -> dict[str, str]:
        return {}


class build_all(build):
    """Builds the modules, then the library."""

    sub_commands = [*build.sub_commands, ("build_native", None)]

    def initialize_options(self) -> None:
        super().initialize_options()
        self.build_base = str(BUILD)


class wheel(bdist_wheel):
    """A wheel for every Python 3 of this platform: it has libraries, but none that uses Python."""

    def get_tag(self) -> tuple[str, str, str]:
        return "py3", "none", super().get_tag()[2]


class PlatformDistribution(Distribution):
    """A package with compiled files, which go where those of the platform are."""

    def has_ext_modules(self) -> bool:
        return True


class sdist_with_release(sdist):
    """A source distribution that carries a release of the C sources in native/."""

    def make_release_tree(self, base_dir: str, files: list[str]) -> None:
        super().make_release_tree(base_dir, files)
        native = pathlib.Path(base_dir).resolve() / "native"
        if native.is_dir():
            return
        if SOURCE == HERE / "native":
            shutil.copytree(SOURCE, native, symlinks=True)
            return
        work = BUILD / "sdist"
        log = configured(work)
        run("make", "distdir", cwd=work, log=log)
        shutil.move(str(work / f"fmtconv-{version()}"), str(native))
        for path in [native, *native.rglob("*")]:
            path.chmod(path.stat().st_mode | 0o200)


def take_licenses() -> None:
    """Copies the licences of the sources next to this file, where the metadata of a package wants them."""
    for name in ("LICENSE", "NOTICE"):
        shutil.copyfile(SOURCE / name, HERE / name)
    shutil.copytree(SOURCE / "LICENSES", HERE / "LICENSES", dirs_exist_ok=True)


take_licenses()
setup(
    version=version(),
    distclass=PlatformDistribution,
    cmdclass={
        "build": build_all,
        "build_native": build_native,
        "bdist_wheel": wheel,
        "sdist": sdist_with_release,
    },
)
