"""Compares packaging/debian and packaging/rpm with the sources.

Usage: check_packages.py FOLDER; prints one line for each difference.
"""
# SPDX-License-Identifier: Apache-2.0

import re
import subprocess
import sys
from pathlib import Path

TOP = Path(sys.argv[1])
DEBIAN = TOP / "packaging/debian"
SPEC = TOP / "packaging/rpm/fmtconv.spec"


def read(path):
    """Returns the text of a file, without lines of comment."""
    return "".join(line for line in path.open(encoding="utf-8") if not line.startswith("#"))


def plugins(*arguments):
    """Returns what packaging/plugins.sh prints, as words."""
    run = subprocess.run(["sh", TOP / "packaging/plugins.sh", *arguments], capture_output=True, text=True)
    if run.returncode:
        sys.exit(f"FAIL: {run.stderr}")
    return run.stdout.split()


def names(text):
    """Returns the names of packages in a list of relations."""
    return set(re.findall(r"(?:^|,)\s*([a-z][a-z0-9.+-]+)", text))


def debian_packages():
    """Returns {package: {field: text}} of debian/control; the source is ''."""
    packages = {}
    for paragraph in re.split(r"\n\n+", read(DEBIAN / "control").strip()):
        fields = dict(re.findall(r"^([\w-]+):[ \n]*((?:.*\n?)(?: .*\n?)*)", paragraph, re.MULTILINE))
        packages[fields.get("Package", "").strip()] = fields
    return packages


def rpm_packages():
    """Returns {package: {field: names}} of the spec: Requires, Recommends, Provides, and files: the lists of -f."""
    packages, package = {}, "fmtconv"
    for line in read(SPEC).replace("%{name}", "fmtconv").splitlines():
        if head := re.match(r"%(package|files)(?: ([\w-]+))?(?: -f (\S+))?$", line):
            package = f"fmtconv-{head[2]}" if head[2] else "fmtconv"
            if head[1] == "files":
                packages.setdefault(package, {})["files"] = {head[3]}
        elif relation := re.match(r"(Requires|Recommends|Provides|BuildRequires): +(\S+)", line):
            name = relation[2].replace("%{?_isa}", "")
            packages.setdefault(package, {}).setdefault(relation[1], set()).add(name)
    return packages


def closure(package, depends):
    """Returns the packages that are installed with a package."""
    found, todo = set(), {package}
    while todo:
        found |= todo
        todo = {other for name in todo for other in depends.get(name, ())} - found
    return found


GROUPS = {group: plugins("names", group) for group in plugins("groups")}
PACKAGES = {group: plugins("package", group)[0] for group in GROUPS}
GROUP_OF = {plugin: group for group, members in GROUPS.items() for plugin in members}
ASKED = set(plugins("asked"))
CONTROL = debian_packages()
RPM = rpm_packages()
RELATIONS = {  # of both kinds of packages, by the words of their policies
    "debian": ({name: names(fields.get("Depends", "")) for name, fields in CONTROL.items()},
               {name: names(fields.get("Recommends", "")) for name, fields in CONTROL.items()}),
    "rpm": ({name: fields.get("Requires", set()) for name, fields in RPM.items()},
            {name: fields.get("Recommends", set()) for name, fields in RPM.items()}),
}


def every_group():
    """Yields the packages that lack a group's plugins, and packages without a group."""
    expected = {*PACKAGES.values(), "fmtconv-plugins-all"}
    for kind, (depends, _) in RELATIONS.items():
        found = {name for name in depends if name.startswith("fmtconv-plugin")}
        if found != expected:
            yield f"{kind}: not one package for each group: {', '.join(sorted(found ^ expected))}"
    for group, package in PACKAGES.items():
        if RPM.get(package, {}).get("files") != {f"{group}.files"}:
            yield f"rpm: %files of {package} is not a list of the group: -f {group}.files"


def index():
    """Yields plugins whose package has another name in the index, which errors tell users to install."""
    default = re.search(r"with_plugin_package='([^']*)'", read(TOP / "m4/plugins.m4"))[1]
    run = subprocess.run(["sh", TOP / "plugins/index.sh", default], capture_output=True, text=True, check=True)
    for plugin, package in re.findall(r"^- name: (\S+)\n(?:  .*\n)*?  package: (\S+)", run.stdout, re.MULTILINE):
        if plugin not in ASKED and package != PACKAGES[GROUP_OF[plugin]]:
            yield f"m4/plugins.m4: the index has {plugin} in {package}, not in {PACKAGES[GROUP_OF[plugin]]}"


def mission():
    """Yields the packages that the program, or all plugins, leave out."""
    for kind, (depends, recommends) in RELATIONS.items():
        for package in sorted(set(PACKAGES.values()) - depends["fmtconv-plugins-all"]):
            yield f"{kind}: fmtconv-plugins-all does not depend on {package}"
        for package in sorted(set(PACKAGES.values()) - depends["fmtconv"] - recommends["fmtconv"]):
            yield f"{kind}: fmtconv does not recommend {package}"


def needs():
    """Yields relations of plugins (FC_PLUGIN_NEEDS) that their packages do not have."""
    for path in sorted(TOP.glob("plugins/*/configure.m4")):
        for plugin, other in re.findall(r"FC_PLUGIN_NEEDS\(\[([\w-]+)\], \[([\w-]+)\]\)", read(path)):
            package, needed = PACKAGES[GROUP_OF[plugin]], PACKAGES[GROUP_OF[other]]
            for kind, (depends, _) in RELATIONS.items():
                if needed not in closure(package, depends):
                    yield f"{kind}: {plugin} needs {other}, but {package} does not depend on {needed}"


def abi():
    """Yields packages that do not name the plugin ABI or the library as the sources do."""
    number = plugins("abi")[0]
    if f"%global abi {number}\n" not in read(SPEC):
        yield f"rpm: not '%global abi {number}', the number in types.h"
    for package in PACKAGES.values():
        if "${fmtconv:Abi}" not in CONTROL[package].get("Depends", ""):
            yield f"debian: {package} does not depend on ${{fmtconv:Abi}}"
        if "fmtconv(plugin-abi)" not in RPM[package].get("Requires", ()):
            yield f"rpm: {package} does not require fmtconv(plugin-abi)"
    configure = read(TOP / "configure.ac")
    current, age = re.search(r"LIBFMTCONV_VERSION\], \[(\d+):\d+:(\d+)\]", configure).groups()
    so = int(current) - int(age)
    if f"libfmtconv-core{so}" not in CONTROL:
        yield f"debian: there is no package libfmtconv-core{so}"
        return
    symbols = read(DEBIAN / f"libfmtconv-core{so}.symbols")
    if f"libfmtconv-core.so.{so} libfmtconv-core{so} #MINVER#\n" not in symbols:
        yield f"debian: the symbols are not those of libfmtconv-core.so.{so}"
    if f"libfmtconv-core.so.{so}*" not in read(SPEC):
        yield f"rpm: the library is not libfmtconv-core.so.{so}"
    nodes = set(re.findall(r"^(FMTCONV_\S+) \{", read(TOP / "core/fmtconv.map"), re.MULTILINE))
    for node in sorted(nodes ^ set(re.findall(r"^ \(symver\)(\S+) ", symbols, re.MULTILINE))):
        yield f"debian: not in both the symbols and core/fmtconv.map: the node {node}"


def versions():
    """Yields packages of another release."""
    version = re.search(r"AC_INIT\(\[fmtconv\], \[([^]]+)\]", read(TOP / "configure.ac"))[1]
    changelog = (DEBIAN / "changelog").read_text(encoding="utf-8")
    if not changelog.startswith(f"fmtconv ({version}-"):
        yield f"debian: the changelog does not begin with a package of {version}"
    if not re.search(rf"^Version: +{re.escape(version)}$", read(SPEC), re.MULTILINE):
        yield f"rpm: the version is not {version}"
    if f" - {version}-" not in read(SPEC).partition("%changelog\n")[2].partition("\n")[0]:
        yield f"rpm: the changelog does not begin with a package of {version}"


# The modules of pkg-config, with the packages of Debian.
LIBRARIES = {"jansson": "libjansson-dev", "libzip": "libzip-dev", "yaml-0.1": "libyaml-dev", "zlib": "zlib1g-dev"}
PLUGIN_LIBRARY = r"FC_PLUGIN_LIBRARY\(\[[^]]*\], \[[^]]*\], \[([^] ]+)[^]]*\], \[([^]]*)\]"


def libraries():
    """Yields libraries that configure looks for and a build in a bare system, or users of fmtconv.pc, would lack."""
    needed = {module: LIBRARIES.get(module, "") for module in
              re.findall(r"PKG_CHECK_MODULES\(\[(?!CRITERION)\w+\], \[(\S+)", read(TOP / "m4/toolchain.m4"))}
    private = re.search(r"^Requires.private: (.*)", read(TOP / "core/fmtconv.pc.in"), re.MULTILINE)[1]
    for module in re.findall(r"([a-z][\w.-]*) >= ", private):
        if needed.get(module) not in names(CONTROL["libfmtconv-dev"]["Depends"]):
            yield f"debian: libfmtconv-dev does not depend on {module} of fmtconv.pc"
    for path in sorted(TOP.glob("plugins/*/configure.m4")):
        needed.update(re.findall(PLUGIN_LIBRARY, read(path)))
    for module, package in needed.items():
        if package not in names(CONTROL[""]["Build-Depends"]):
            yield f"debian: Build-Depends lacks {package or module}"
        if f"pkgconfig({module})" not in RPM["fmtconv"]["BuildRequires"]:
            yield f"rpm: BuildRequires lacks pkgconfig({module})"


def processors():
    """Yields an instruction set of configure that an architecture of Debian does not always have."""
    early = CONTROL["libfmtconv-core0"]["Pre-Depends"]
    if "-msse2" in read(TOP / "m4/arithmetic.m4") and "sse2-support [i386]" not in early:
        yield "debian: libfmtconv-core0 does not pre-depend on sse2-support [i386], which m4/arithmetic.m4 needs"


def copyright_lines():
    """Yields files that are not in both NOTICE and debian/copyright, and libraries without the text of NOTICE."""
    named = set(re.findall(r"\b(?:core|plugins)/\S+\.[ch]\b", (DEBIAN / "copyright").read_text(encoding="utf-8")))
    for name in sorted(named ^ set(re.findall(r"^    (\S+)$", read(TOP / "NOTICE"), re.MULTILINE))):
        yield f"debian: not in both NOTICE and debian/copyright: {name}"
    if "NOTICE" not in read(DEBIAN / "libfmtconv-core0.docs").split():
        yield "debian: libfmtconv-core0 is without NOTICE"
    if "\n%files libs\n%license LICENSE LICENSES/MIT.txt NOTICE\n" not in read(SPEC):
        yield "rpm: fmtconv-libs is without 'LICENSE LICENSES/MIT.txt NOTICE'"


def distribution():
    """Yields files of packaging/ that the distribution would lack."""
    listed = (TOP / "packaging/distributions.mk").read_text(encoding="utf-8").replace("$(debian)", "packaging/debian")
    for folder in ("packaging/debian", "packaging/rpm"):
        for path in sorted((TOP / folder).rglob("*")):
            name = str(path.relative_to(TOP))
            if path.is_file() and name not in listed.split():
                yield f"packaging/distributions.mk does not list {name}"


def main():
    checks = (every_group, index, mission, needs, abi, versions, libraries, processors, copyright_lines,
              distribution)
    failed = [message for check in checks for message in check()]
    for message in failed:
        print(f"FAIL: {message}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
