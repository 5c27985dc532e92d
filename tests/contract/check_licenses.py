#!/usr/bin/env python3
"""tests/contract/check_licenses.py SRCDIR: each source names its license; foreign authors stand in it and in NOTICE.

REUSE.toml gives the copyright of all files at once; `reuse lint` checks that nothing is missing."""
# SPDX-License-Identifier: Apache-2.0
import pathlib
import re
import sys

TOP = pathlib.Path(sys.argv[1])
OURS = "2026 The fmtconv authors"
FOLDERS = "cli core include plugins tests bench m4 doc pipelines models packaging".split()
MANUAL = r'\.\\" (?:.*  )?'
# How a line of the head begins, by the language of the file.
COMMENT = {".c": "[/ ]\\* ", ".h": "[/ ]\\* ", ".py": "(?:# )?", ".sh": "# ", ".mk": "# ", ".m4": "# ", ".ac": "# ", ".am": "# ", ".map": "[# /]\\*? ",
           ".1": MANUAL, ".3": MANUAL, ".5": MANUAL, ".7": MANUAL, ".yaml": "# ", ".toml": "# "}
GENERATED = {"plugins/plugins.mk", "m4/plugin-list.m4", "m4/libtool.m4", "m4/ltoptions.m4", "m4/ltsugar.m4", "m4/ltversion.m4", "m4/lt~obsolete.m4"}
NO_HEAD = ("tests/data/", "tests/cli/cases/")  # samples, and scripts that are shown with what they print
# The tag is cut in two, so that this file has only its own.
TAG = "SPDX-License-" + "Identifier:"
AUTHOR = re.compile("SPDX-FileCopyright" + r"Text: (.*?)(?: \*/)?$", re.M)
failures = []


def sources():
    """Yields the paths and texts of the files that must have a head."""
    for folder in FOLDERS:
        for file in sorted((TOP / folder).rglob("*")):
            path = str(file.relative_to(TOP))
            if file.suffix in COMMENT and path not in GENERATED and not path.startswith(NO_HEAD) and "/stage/" not in path:
                yield path, file.read_text()
    for path in ("configure.ac", "Makefile.am", "bootstrap", "REUSE.toml"):
        yield path, (TOP / path).read_text()


def check_head(path, text):
    """Returns the licenses that the head names."""
    comment = COMMENT.get(pathlib.PurePath(path).suffix, "# ")
    found = re.search(rf"^{comment}{TAG} (.*?)(?: \*/)?$", "\n".join(text.split("\n")[:20]), re.M)
    if not found:
        failures.append(f"{path}: no line '{TAG} …' in a comment at the top")
        return {"Apache-2.0"}
    return set(found.group(1).split(" AND "))


def check_authors(path, text, licenses, notice):
    authors = AUTHOR.findall(text[:1000])
    foreign = [a for a in authors if a != OURS]
    if authors and OURS not in authors:
        failures.append(f"{path}: without '{OURS}', although REUSE.toml does not count for a file with authors")
    if bool(foreign) != (licenses != {"Apache-2.0"}):
        failures.append(f"{path}: another license needs its authors, and other authors their license")
    if bool(foreign) != (f" {path}\n" in notice):
        failures.append(f"{path}: NOTICE and the file differ in whether it follows another work")
    for author in foreign:
        if author not in notice:
            failures.append(f"{path}: NOTICE does not name '{author}'")


notice = (TOP / "NOTICE").read_text()
count, used = 0, set()
for path, text in sources():
    count += 1
    licenses = check_head(path, text)
    used |= licenses
    if path != "core/kernel/quant/make_grids.py":  # it holds the head of the file that it writes
        check_authors(path, text, licenses, notice)
for path in re.findall(r"^ +((?:core|plugins|cli|include)/\S+\.[ch])$", notice, re.M):
    if not (TOP / path).exists():
        failures.append(f"NOTICE names {path}, which does not exist")
for license in used:
    if not (TOP / "LICENSES" / f"{license}.txt").exists():
        failures.append(f"LICENSES/{license}.txt is missing")
rule = (TOP / "REUSE.toml").read_text()
if 'path = "**"' not in rule or f'Text = "{OURS}"' not in rule or f"Copyright (C) {OURS}" not in notice:
    failures.append(f"REUSE.toml and NOTICE must name '{OURS}'")
if (TOP / "LICENSE").read_bytes() != (TOP / "LICENSES/Apache-2.0.txt").read_bytes():
    failures.append("LICENSE and LICENSES/Apache-2.0.txt differ")
print(f"{count} files, licenses: {', '.join(sorted(used))}")
for failure in failures:
    print("FAIL:", failure)
sys.exit(bool(failures) or count < 900)
