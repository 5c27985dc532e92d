#!/usr/bin/env python3
"""tests/contract/check_language.py SRCDIR: the part of the language rules that a program can check.

Looks at the strings of messages and help, at comments of C code, and at the sentences of pages.  Each match of a rule is
an error unless tests/contract/language.allow lists the line: "PATH: TEXT", where TEXT is a part of the line.
"""
# SPDX-License-Identifier: Apache-2.0
import pathlib
import re
import sys

TOP = pathlib.Path(sys.argv[1])
LONGEST_SENTENCE = 40  # words in lower case; names and macros do not count

# Ruled out in messages, pages and comments: words for place and possession that readers have to translate.
WORDS = [
    (r"(?<!there )\b(is|are|was|were) no (?!longer\b|more\b|less\b)", "write 'is not a'"),
    (r"\bbehind\b", "write 'after'"),
    (r"\bbeside\b", "write 'next to'"),
    (r"\bbeneath\b", "write 'inside' or 'below'"),
    (r"\b(is|are) told\b|\btells? of\b", "name what is printed"),
    (r"\bwhere there (is|are) (none|no)\b", "write 'if no … exists'"),
    (r"\bof (its|their) own\b", "write 'separate', or leave it out"),
    (r"\btheirs\b|\bours\b", "name the thing"),
    (r"\bwhole numbers?\b", "write 'integer'"),
    (r"\blets? go\b", "write 'releases'"),
    (r"\b(quanti|recogni|normali|optimi|initiali)s(e|ed|es|ing|ation)\b|\bbehaviour\b|\bcolour\b", "American spelling"),
]
# Ruled out in messages only.
MESSAGES = [
    (r"\bby hand\b", "name the command or option"),
    (r"\b(made to mislead|hostile|malicious)\b", "a hint does not accuse a file"),
    (r"\.\s*$", "a message has no full stop at its end"),
    (r"^[A-Z][a-z]+ (?!LFS)", "a message starts with a lower-case word"),
]
CALLS = r"\b(?:fmtconv_(?:fail|fail_at|warn|note|lossy)|fci_fail_(?:io|file)|\w+_fail|\w+_refuse)"
STRING = r'"(?:[^"\\\n]|\\.)*"'

allowed = [line.rstrip("\n") for line in open(TOP / "tests/contract/language.allow") if line.strip() and line[0] != "#"]
used = set()
failures = []


def report(path, line, text, why):
    for entry in allowed:
        file, _, part = entry.partition(": ")
        if file == path and part in text:
            used.add(entry)
            return
    failures.append(f"{path}:{line}: {why}: {text.strip()[:150]}")


def check(path, line, text, rules):
    for pattern, why in rules:
        if re.search(pattern, text, re.I if pattern[0] != "^" else 0):
            report(path, line, text, why)


def literals(text):
    """Yields (offset, value) of each string of a C file; adjacent literals are one, macros between them a space."""
    for found in re.finditer(rf"{STRING}(?:\s*(?:PRI\w+\s*)?{STRING})*", text):
        parts = re.findall(STRING, found.group())
        yield found.start(), "".join(part[1:-1] for part in parts).replace('\\"', '"').replace("\\n", "\n")


def check_c(file):
    path = str(file.relative_to(TOP))
    text = file.read_text()
    code = re.sub(r"/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m.group()), text, flags=re.S)
    for at, value in literals(code):
        line = code.count("\n", 0, at) + 1
        if " " not in value:
            continue
        check(path, line, value, WORDS)
        before = code[max(0, at - 300) : at]
        if re.search(CALLS + r"\s*\((?:[^;{}]*,)?\s*$", before):
            check(path, line, value, MESSAGES)
    for comment in re.finditer(r"/\*(.*?)\*/", text, re.S):
        line = text.count("\n", 0, comment.start()) + 1
        check(path, line, re.sub(r"\s*\n\s*\*?\s*", " ", comment.group(1)), WORDS)


def plain(text, suffix):
    """Returns the prose of a page: no macros, no literal blocks, no tables."""
    if suffix == ".md":
        text = re.sub(r"```.*?```", "\n\n", text, flags=re.S)
        return re.sub(r"^[|#].*$|^\s*[-*|+].*?$(?=\n\|)", "\n", text, flags=re.M)
    text = re.sub(r"^\.Bd.*?^\.Ed$", "\n\n", text, flags=re.S | re.M)
    text = re.sub(r"^\.(Pp|Sh|Ss|It|El|Bl|Dl|Bd|Ed|Xr|Dd|Dt|Os|Nd)\b.*$", "\n\n", text, flags=re.M)
    return re.sub(r"^\.[A-Z][a-z] ?", "", text, flags=re.M)


def check_page(file):
    path = str(file.relative_to(TOP))
    prose = plain(file.read_text(), file.suffix)
    for paragraph in re.split(r"\n\s*\n", prose):
        line = prose.count("\n", 0, prose.find(paragraph)) + 1
        paragraph = " ".join(paragraph.split())
        check(path, line, paragraph, WORDS)
        for sentence in re.split(r"(?<=[.:;?!])\s+", paragraph):
            words = sum(word.strip(",.:;()'").isalpha() and word[:1].islower() for word in sentence.split())
            if words > LONGEST_SENTENCE:
                report(path, line, sentence, f"a sentence of {words} words")


pages = [TOP / name for name in ("README.md", "NEWS", "CONTRIBUTING.md", "SECURITY.md", "doc/architecture.md")]
pages += sorted((TOP / "doc").glob("*.[0-9]")) + sorted((TOP / "plugins").glob("*/*.7"))
sources = [f for d in ("include", "core", "plugins", "cli") for e in ("*.c", "*.h") for f in sorted((TOP / d).rglob(e))]
for file in sources:
    check_c(file)
for file in pages:
    check_page(file)
for entry in allowed:
    if entry not in used:
        failures.append(f"tests/contract/language.allow: nothing needs '{entry}'")
print(f"{len(sources)} sources, {len(pages)} pages, {len(allowed)} exceptions")
for failure in failures:
    print("FAIL:", failure)
sys.exit(bool(failures) or len(sources) < 300)
