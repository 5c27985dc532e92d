#!/usr/bin/env python3
"""Keep the inputs of conversions that tests run, as inputs of the fuzzer: FMTCONV=record.py runs FMTCONV_REAL with its arguments.
SPDX-License-Identifier: Apache-2.0

FMTCONV_SEEDS: a folder; an input goes to FMTCONV_SEEDS/TARGET, if it is small.  So the samples that tests/interop makes with
torch and others become seeds of the fuzzer, which then needs none of them.
"""

import hashlib
import io
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from seeds import chain, tree  # noqa: E402

MOST = 1_000_000  # bytes of an input
PLAIN = 20_000  # bytes of a file that stays as it is: the tensors of larger ones become zeros, which are stored small
WORDS = {"-r": "reader", "-t": "transform", "-w": "writer", "-d": "dtype"}
TARGETS = (("lora", "lora"), ("dequant", "dequantize"), ("imatrix", "imatrix"), ("tokenizer", "tokenizer"), ("cogvideox", "cogvideox"),
           ("qweight", "cogvideox"), ("t5-encoder", "cogvideox"), ("quantize", "imatrix"))
KINDS = ((r"\.metadata$", "dcp"), (r"optim_states\.pt$", "zero"), (r"_model_states\.pt$", "sat"), (r"\.gguf$", "gguf"), (r"\.json$", "folder"),
         (r"\.safetensors$", "safetensors"), ("", "torch"))


def parse(arguments):
    """Splits a command line: (lines of the chain, paths); None: another command, or options that are not kept."""
    lines, paths, i = [], [], 0
    while i < len(arguments):
        word = arguments[i]
        if word in WORDS:
            lines.append((WORDS[word], arguments[i + 1]))
            i += 1
        elif not word.startswith("-"):
            paths.append(word)
        elif word in ("-p", "-D", "-c", "-o", "-m", "--manifest") or i == 0 and word == "-n":
            return None
        i += 1
    return (lines, paths) if len(paths) == 2 and paths[0] not in ("inspect", "diff", "verify", "map") else None


def emptied(data):
    """Returns a large file with zeros for the elements of tensors."""
    if len(data) < PLAIN:
        return data
    if data[:2] == b"PK":
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
            for name in old.namelist():
                content = old.read(name)
                new.writestr(zipfile.ZipInfo(name), bytes(len(content)) if re.search(r"/data/\d+$", name) else content)
        return out.getvalue()
    header = 8 + int.from_bytes(data[:8], "little")
    return data[:header] + bytes(len(data) - header) if header < len(data) and data[8:9] == b"{" else data


class Files:
    """The files of an input, under names of their own."""

    def __init__(self):
        self.found, self.size = {}, 0

    def add(self, name, path):
        if not re.fullmatch(r"[A-Za-z0-9._/+-]{1,99}", name):
            raise ValueError(name)
        self.size += path.stat().st_size
        if self.size > MOST or len(self.found) > 60:
            raise ValueError("large")
        self.found[name] = emptied(path.read_bytes())

    def put(self, path, name):
        """Adds a file or a folder; returns the path within the input."""
        path = Path(path)
        if path.is_dir():
            for each in sorted(path.rglob("*")):
                if each.is_file():
                    self.add(f"{name}/{each.relative_to(path)}", each)
            return name
        if path.name.endswith((".index.json",)) or re.search(r"-of-\d{5}", path.name):
            self.put(path.parent, name)
            return f"{name}/{path.name}"
        self.add(f"{name}/{path.name}", path)
        return f"{name}/{path.name}"


def keep(arguments, seeds):
    parsed = parse(arguments)
    if not parsed:
        return
    lines, (source, output) = parsed
    files = Files()
    text = [f"in {files.put(source, 'a')}"]
    for number, (word, value) in enumerate(lines):
        for path in re.findall(r"=(/[^,]+)", value):
            if Path(path).exists():
                value = value.replace(path, "in/" + files.put(path, f"b{number}"))
        text.append(f"{word} {value}")
    suffix = Path(output).suffix
    text.append(f"output x{suffix or '/'}")
    words = " ".join(value for _, value in lines) + " " + str(source)
    name = next((t for word, t in TARGETS if word in words), None) or next(
        t for pattern, t in KINDS if any(re.search(pattern, n) for n in files.found))
    data = tree(chain(*text) | files.found)
    (seeds / name).mkdir(parents=True, exist_ok=True)
    (seeds / name / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)


def main():
    try:
        keep(sys.argv[1:], Path(os.environ["FMTCONV_SEEDS"]))
    except (OSError, ValueError):
        pass  # this one is not kept
    sys.exit(subprocess.run([os.environ["FMTCONV_REAL"], *sys.argv[1:]]).returncode)


if __name__ == "__main__":
    main()
