#!/usr/bin/env python3
"""Write inputs for the fuzzer from what the source tree holds: seeds.py FOLDER [TARGET...], into FOLDER/TARGET.
SPDX-License-Identifier: Apache-2.0

The files of tests/invalid, except large and truncated ones, the installed specs, models and indexes, and those of handmade.py.  Python's standard
library only.
"""

import hashlib
import io
import re
import subprocess
import sys
import tempfile
import zipfile
from json import dumps
from pathlib import Path

here = Path(__file__).resolve().parent
sys.path[:0] = [str(here), str(here.parent / "invalid")]
import handmade  # noqa: E402
import handmade_folders  # noqa: E402
import handmade_rules  # noqa: E402
import handmade_specs  # noqa: E402
import make_tokenizers  # noqa: E402

top = here.parent.parent
MOST = 200_000  # bytes of an input
READERS = {}  # of the generated cases: name → reader, with its parameters


def tree(files):
    """One input of several files, as tests/fuzz/tree.c reads it; files: name → bytes."""
    return b"".join(f"{name} {len(data)}\n".encode() + data + b"\n" for name, data in files.items())


def chain(*lines):
    return {"chain": "".join(f"{line}\n" for line in lines).encode()}


def generated(generator):
    """The cases of a generator: name → {path: bytes}, with the files that belong to a case."""
    with tempfile.TemporaryDirectory() as folder:
        cases = Path(folder) / "cases"
        subprocess.run([sys.executable, here.parent / "invalid" / generator, cases], check=True)
        for line in (cases / "cases.tsv").read_text().splitlines():
            name, _, *rest = line.split("\t")
            READERS[name] = rest[0] if len(rest) > 1 else ""
        found = {}
        for path in sorted(cases.rglob("*")):
            name = path.relative_to(cases).parts[0]
            if not path.is_file() or path.is_symlink() or path.stat().st_size > MOST or re.match("cut-|cases.tsv", name):
                continue
            inner = str(path.relative_to(cases / name)) if path.parent != cases else name
            if re.fullmatch(r"[A-Za-z0-9._/+-]{1,99}", inner):
                found.setdefault(name, {})[inner] = path.read_bytes()
        return found


def split_parts(cases):
    """Puts the parts of one split file together."""
    joined = {}
    for name, files in cases.items():
        stem = re.sub(r"-\d{5}-of-\d{5}|_\d+$", "", name)
        joined.setdefault(stem, {}).update(files)
    return joined


def converted(cases, reader_of_all, *more):
    for name, files in cases.items():
        own = READERS.get(name, "") or READERS.get(name.rpartition(".")[0], "")
        reader = own if own.startswith(f"{reader_of_all}:") else reader_of_all
        if len(files) == 1 and "/" not in (only := next(iter(files))):
            yield tree(chain(f"in {only}", f"reader {reader}", *more) | files)
        else:
            first = sorted(files)[0]
            where = "" if any(n.endswith((".json", ".yaml", ".metadata")) for n in files) else f"in {first}"
            yield tree(chain(*filter(None, (where, f"reader {reader}")), *more) | files)


def handmade_trees(name):
    for lines, files in getattr(handmade_folders, name)():
        # Without a transform, all are tried, which takes the longest; the kind of the input is still detected.
        default = [line for line in ("transform none", "output x.safetensors") if not any(each.startswith(line.split()[0]) for each in lines)]
        yield tree(chain(*lines, *default) | files)


def gguf():
    yield from converted(split_parts(generated("make_gguf.py")), "gguf", "writer gguf", "output x.gguf")


def safetensors():
    yield from converted(generated("make_safetensors.py"), "safetensors", "output x.safetensors")


def folder():
    yield from converted(generated("make_folders.py"), "safetensors")
    yield from converted(generated("make_folders.py"), "diffusers", "writer torch", "output x.pt")
    yield from handmade_trees("folder")


def dcp():
    yield from converted(generated("make_dcp.py"), "dcp")
    yield from handmade_trees("dcp")


def torch():
    yield from converted(generated("make_pickles.py"), "torch", "writer torch", "output x.pt")
    yield from converted(generated("make_zips.py"), "torch")
    yield from handmade_trees("torch")


def imatrix():
    yield from handmade_trees("imatrix")


def lora():
    yield from handmade_trees("lora")


def sat():
    yield from handmade_trees("sat")


def zero():
    yield from handmade_trees("zero")


def megatron():
    yield from handmade_trees("megatron")


def nemo():
    yield from handmade_trees("nemo")


def tokenizer():
    yield from converted(generated("make_tokenizers.py"), "diffusers", "transform tokenizer", "writer gguf:architecture=llama", "output x.gguf")
    for files in handmade.tokenizers(make_tokenizers):
        texts = {"config.json": {"vocab_size": 264}} | files
        yield tree(chain("reader diffusers", "transform tokenizer", "writer gguf:architecture=llama", "output x.gguf")
                   | {"model.safetensors": make_tokenizers.weights(264)}
                   | {name: data if isinstance(data, bytes) else (data if isinstance(data, str) else dumps(data)).encode() for name, data in texts.items()})


def pickle():
    for files in generated("make_pickles.py").values():
        for data in files.values():
            if data[:2] != b"PK":
                yield from (bytes([first]) + data for first in (0, 2))
                continue
            try:
                with zipfile.ZipFile(io.BytesIO(data)) as archive:
                    inner = [n for n in archive.namelist() if n.endswith("/data.pkl")]
                    yield from (b"\0" + archive.read(n) for n in inner[:1])
            except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError):
                continue


def zip():
    for files in generated("make_zips.py").values():
        for data in files.values():
            yield from (bytes([flags]) + data for flags in (0, 3, 0x80))
    yield from handmade.zip()


def json():
    for files in (generated("make_folders.py") | generated("make_tokenizers.py")).values():
        yield from (data for name, data in files.items() if name.endswith(".json"))
    for files in generated("make_safetensors.py").values():
        yield from (data[8:] for data in files.values() if data[8:9] == b"{")
    yield from (path.read_bytes() for path in (top / "tests" / "data" / "configs").rglob("*.json"))
    yield from handmade.json()


def texts(*folders):
    return [path.read_bytes() for name in folders for path in sorted((top / name).rglob("*.yaml"))]


def yaml():
    yield from texts("pipelines", "models", "plugins", "tests/data")
    yield from handmade.yaml()


def formats(script, words):
    """The formats of printf that a test passes to its functions of these names, or writes to a file: (word, bytes)."""
    for word, text in re.findall(rf"^({words}|printf) '([^']*)'", (here.parent / "invalid" / script).read_text(), re.M):
        yield word, text.replace("%%", "%").encode().decode("unicode_escape").encode("latin-1", "replace")


def spec():
    yield from texts("pipelines")
    yield from (text.encode() for text in handmade_specs.specs())
    sound = (b"fmtconv: 1\nread: {safetensors: {path: in.safetensors}}\ntransform: [none]\n"
             b"write: {safetensors: {path: out.safetensors}}\n")
    for word, text in formats("spec.sh", "text"):
        yield text + sound if word == "text" else text
    for case in sorted((top / "tests" / "cli" / "cases").glob("*.sh")):
        for text in re.findall(r"<<'?EOF'?\n(.*?)^EOF$", case.read_text(), re.S | re.M):
            if re.search(r"^(input|pipeline|output|outputs|fmtconv):?", text, re.M):
                yield text.encode()


def model():
    yield from texts("models")


def index():
    for path in sorted((top / "plugins").glob("*/known.yaml")):
        text = "".join(f"  {line}\n" for line in path.read_text().splitlines())
        yield f"fmtconv-index: 1\nplugins:\n- name: {path.parent.name}\n  description: \"x\"\n{text}".encode()
    yield from handmade.index()


def rules():
    names = b"".join(f"blocks.{i}.{p}.weight [8, 8]\n".encode() for i in range(2) for p in ("q", "k", "v", "out"))
    names += b"embed.weight [16, 8]\nnorm.weight [8]\n"
    for text in texts("models"):
        yield tree({"rules.yaml": text, "names.txt": names})
    head, sound = b"fmtconv-rules: 1\nrules:\n", b'  - {from: "a.{i}.w", to: "b.{i}.w"}\n'
    for word, text in formats("rules.sh", "text|table|rule"):
        text = {"text": text + head + sound, "table": head + text, "rule": head + b"  - {" + text + b"}\n"}.get(word, text)
        yield tree({"rules.yaml": text, "names.txt": b"a.0.w [8, 8]\na.1.w [8, 8]\n" + names})
    for case in sorted((top / "tests" / "cli" / "cases").glob("*.sh")):
        for text in re.findall(r"<<'?EOF'?\n(.*?)^EOF$", case.read_text(), re.S | re.M):
            if "from:" in text or "rules:" in text:
                yield tree({"rules.yaml": text.encode(), "names.txt": names})
    for text in handmade_rules.texts():
        yield tree({"rules.yaml": text.encode(), "names.txt": handmade_rules.NAMES.encode()})


def verify():
    data, config = b"\x08\0\0\0\0\0\0\0{}      ", b"{}"
    digest, other = hashlib.sha256(data).hexdigest(), hashlib.sha256(config).hexdigest()
    name = "model.safetensors"
    for lines in (f"{digest}  {name}\n{other}  config.json\n", f"{digest} *{name}\r\n", f"\\{digest}  a\\nb\n", f"{'0' * 64}  {name}\n{'0' * 64}  y\n",
                  f"{digest}  {name}\n{digest}  ./{name}\n", f"{digest}  ../in/{name}\n", f"SHA256 ({name}) = {digest}\n", "x\n", f"{digest}  {name}", *handmade.sums(digest, other)):
        yield tree({"SHA256SUMS": lines.encode(), name: data, "config.json": config, "x.safetensors": data,
                    "x.safetensors.sha256": lines.replace(name, "x.safetensors").encode()})


def journal():
    head, end, owner = "fmtconv journal 1\0", "end\0", "owner 17/host\0"
    for records in ("", owner, owner + "move 0/0/.a.tmp/a\0", owner + "move 1:2:3:4/0/.a.tmp/a\0old 0/b\0peer /tmp/x\0", "old 0/../b\0",
                    "move 0/0/x/../y\0", "peer x\0", "owner 0/\0"):
        yield (head + records + end).encode()
        yield (head + records).encode()
    yield from handmade.journal()


TARGETS = {f.__name__: f for f in (dcp, folder, gguf, imatrix, index, journal, json, lora, megatron, model, nemo, pickle, rules, safetensors, sat,
                                   spec, tokenizer, torch, verify, yaml, zero, zip)}


def main():
    for name in sys.argv[2:] or TARGETS:
        where = Path(sys.argv[1]) / name
        where.mkdir(parents=True, exist_ok=True)
        for data in TARGETS[name]() if name in TARGETS else ():
            if len(data) <= MOST:
                (where / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)


if __name__ == "__main__":
    main()
