#!/usr/bin/env python3
"""Write folders of several files that must be refused, and unusual ones that must be accepted: indexes, components, pipelines.
SPDX-License-Identifier: Apache-2.0

cases.tsv there has one line per folder NAME.d: name, exit status, reader, and a part of the expected message.
Python's standard library only; the same bytes on every run.
"""

import json
import os
import sys
from pathlib import Path

from make_safetensors import BIDI, entry
from make_safetensors import file as shard
from picklekit import checkpoint, dict_of, pickle, saved, tensor

CASES = {}
SAFE, TORCH = "model.safetensors.index.json", "pytorch_model.bin.index.json"
A, B = shard({"a": entry()}), shard({"b": entry()})
WEIGHTS, CONFIG = "diffusion_pytorch_model.safetensors", "config.json"


class Link(str):
    """A link to there."""


class Sparse(int):
    """Creates a file of that size with a hole."""


class Pipe:
    """A named pipe."""


def case(name, says, files, status=1, reader="safetensors"):
    """files: by their names; bytes, texts, JSON, or one of the above; None: an empty folder."""
    assert name not in CASES, name
    CASES[name] = (status, reader, says, files)


def good(name, says, files, reader="safetensors"):
    case(name, says, files, 0, reader)


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    if content is None:
        path.mkdir()
    elif isinstance(content, Link):
        path.symlink_to(content)
    elif isinstance(content, Sparse):
        with path.open("wb") as f:
            f.truncate(content)
    elif isinstance(content, Pipe):
        os.mkfifo(path)
    elif isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content))


# ---------------------------------------------------------------- indexes


def index(weight_map, **more):
    return {"metadata": {"total_size": 8}, "weight_map": weight_map, **more}


def two(**changes):
    """An index of two files that is right; changes: of its map."""
    return index({"a": "1.safetensors", "b": "2.safetensors", **changes})


def both(the_index, **files):
    return {SAFE: the_index, "1.safetensors": A, "2.safetensors": B, **files}


def texts():
    def text(name, says, content, **options):
        case("index-" + name, says, both(content), **options)

    text("empty", "the file is empty", "")
    text("lfs", "a Git LFS pointer, not a checkpoint", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    text("page", "a web page, not a checkpoint", "<!DOCTYPE html><html></html>")
    text("no-json", "at byte 0x5: malformed JSON: invalid token near 'hello'", "hello")
    text("cut", "malformed JSON", json.dumps(two())[:-1])
    text("tail", "malformed JSON: end of file expected", json.dumps(two()) + "x")
    text("nul", "malformed JSON", json.dumps(two()) + "\0")
    text("not-utf8", "malformed JSON: unable to decode byte 0xff", json.dumps(two()).encode().replace(b'"a"', b'"\xff"'))
    text("array", "no weight_map that is an object", "[]")
    text("number", "no weight_map that is an object", "17")
    text("no-map", "no weight_map that is an object", {})
    for name, value in (("null", None), ("array", []), ("text", "a"), ("number", 1)):
        text("map-" + name, "no weight_map that is an object", {"weight_map": value})
    text("twice", "duplicate object key", '{"weight_map":{"a":"1.safetensors","a":"1.safetensors","b":"2.safetensors"}}')
    text("map-twice", "duplicate object key", '{"weight_map":{},"weight_map":{}}')
    text("twice-escaped", "duplicate object key", '{"weight_map":{"a":"1.safetensors","\\u0061":"1.safetensors"}}')
    text("control", "a control character in a key", '{"weight_map":{"a\\nb":"1.safetensors"}}')
    for depth, says in ((7, ""), (8, ""), (9, "values are nested too deeply")):
        nested = "[" * (depth - 1) + "]" * (depth - 1)
        text(f"depth-{depth}", says, json.dumps(two())[:-1] + f',"x":{nested}}}', status=1 if says else 0)
    limit = 256 << 20
    case("index-long", "the index has 268435457 bytes, more than the limit of 268435456", both(Sparse(limit + 1)))
    case("index-as-long-as-may-be", "takes more memory than the limit of 256.0 MiB", both(Sparse(limit)))
    for n, says in ((99_999, "which is not next to it"), (100_000, "which is not next to it"),
                    (100_001, "the index names 100001 files, more than the limit of 100000")):
        text(f"files-{n}", says, index({str(i): f"{i}.safetensors" for i in range(n)}))


def file_names():
    says = "which is not the plain name of a safetensors or .bin file"
    outside = {"up.safetensors": A}
    for name, path in (("up", "../up.safetensors"), ("dots", ".."), ("dot", "."), ("none", ""), ("suffix", ".safetensors"),
                       ("inside", "x/1.safetensors"), ("absolute", "/tmp/1.safetensors"), ("other", "config.json"),
                       ("index", SAFE), ("case", "1.SAFETENSORS"), ("hidden", ".1.safetensors"), ("hidden-bin", ".1.bin"),
                       ("backslash", "x\\1.safetensors"), ("backslash-up", "..\\1.safetensors")):
        shown = path.replace("\\", "\\\\")
        case("name-" + name, f"tensor 'a': the index places it in '{shown}', {says}", both(two(a=path)))
    for name, character, shown in (("newline", "\n", "\\x0a"), ("escape", "\x1b", "\\x1b"), ("delete", "\x7f", "\\x7f"), ("c1", "\x9b", "\\u009b"),
                                   *((f"bidi-{ord(c):04x}", c, f"\\u{ord(c):04x}") for c in BIDI)):
        case("name-" + name, f"tensor 'a': the index places it in '1{shown}.safetensors', {says}", both(two(a=f"1{character}.safetensors")))
    for name, value in (("number", 7), ("null", None), ("list", ["1.safetensors"]), ("object", {})):
        case("name-" + name, "tensor 'a': the index places it in a value that is not a string", both(two(a=value)))
    case("name-nul", "malformed JSON", both(json.dumps(two(a="1.safetensors\0"))))
    case("file-missing", "the index names '3.safetensors', which is not next to it (hint: check that the copy is complete)",
         both(two(a="3.safetensors"), **outside))
    for name, content, what in (("folder", None, "a folder"), ("pipe", Pipe(), "a named pipe")):
        case("file-is-" + name, f"@file-is-{name}.d/3.safetensors this is {what}",
             both(two(a="3.safetensors"), **{"3.safetensors": content}))
    case("link-out", "@link-out.d/3.safetensors this link points outside the input folder", both(two(a="3.safetensors"), **{"3.safetensors": Link("../up.safetensors")}))
    case("link-loop", "@link-loop.d/3.safetensors cannot be examined", both(two(a="3.safetensors"), **{"3.safetensors": Link("3.safetensors")}))
    case("link-device", "@link-device.d/3.safetensors this is a character device", both(two(a="3.safetensors"), **{"3.safetensors": Link("/dev/zero")}))
    good("link-inside", "", both(two(a="3.safetensors"), **{"1.safetensors": b"", "3.safetensors": Link("x/1"), "x/1": A}))


def contents():
    case("tensor-missing", "tensor 'c': the index places it in '2.safetensors', but it is not there", both(two(c="2.safetensors")))
    case("tensor-unlisted", "@tensor-unlisted.d/model.safetensors.index.json tensor 'b': it is in '1.safetensors', but the index does not list it",
         {SAFE: index({"a": "1.safetensors"}), "1.safetensors": shard({"a": entry(), "b": entry(start=8, end=16)}, bytes(16))})
    case("tensor-elsewhere", "tensor 'a': it is in '1.safetensors', but the index places it in '2.safetensors'",
         both(index({"a": "2.safetensors", "b": "2.safetensors", "c": "1.safetensors"})))
    case("tensor-twice", "tensor 'a': it is in '2.safetensors', but the index places it in '1.safetensors'",
         {**both(two()), "2.safetensors": shard({"a": entry(), "b": entry(start=8, end=16)}, bytes(16))})
    case("shard-broken", "@shard-broken.d/2.safetensors the header claims", {**both(two()), "2.safetensors": B[:20]})
    case("shard-empty", "@shard-empty.d/2.safetensors the file is empty", {**both(two()), "2.safetensors": b""})
    case("shard-lfs", "@shard-lfs.d/2.safetensors a Git LFS pointer",
         {**both(two()), "2.safetensors": "version https://git-lfs.github.com/spec/v1\n"})
    good("two", "2 tensors", both(two()))
    case("no-tensors", "the index lists no tensors: its weight_map is empty", {SAFE: index({})})
    case("no-tensors-beside", "the index lists no tensors: its weight_map is empty", both(index({})))
    good("bare", "2 tensors", both({"weight_map": two()["weight_map"]}))
    good("more", "2 tensors", both({**two(), "x": [1, {}], "metadata": None}))
    good("others-beside", "2 tensors", both(two(), **{"3.safetensors": b"", "x/4": b""}))


def torch_indexes():
    files = {"1.bin": saved(checkpoint(("a", tensor()))), "2.bin": saved(checkpoint(("b", tensor())))}
    names = {"a": "1.bin", "b": "2.bin"}

    def torch(name, says, weight_map, status=1, reader="torch", **more):
        case("torch-" + name, says, {TORCH: index(weight_map), **files, **more}, status, reader)

    torch("two", "2 tensors", names, 0)
    torch("mixed", "2 tensors", {**names, "b": "2.safetensors"}, 0, **{"2.safetensors": B})
    torch("empty-map", "the index lists no tensors: its weight_map is empty", {})
    torch("bidi", "@torch-bidi.d/2.bin a tensor's name contains control characters", {**names, "b\u2066": "2.bin"},
          **{"2.bin": saved(checkpoint(("b\u2066", tensor())))})
    torch("hidden", "not the plain name of a safetensors or .bin file", {**names, "b": ".2.bin"})
    torch("root", "root= selects a part of one file; an index already lists its tensors", names, 2, reader="torch:root=model")
    torch("missing", "the index names '3.bin', which is not next to it", {**names, "b": "3.bin"})
    torch("name", "not the plain name of a safetensors or .bin file", {**names, "b": "2.pt"})
    torch("unlisted", "it is in '2.bin', but the index does not list it", {"a": "1.bin", "c": "2.bin"})
    torch("tensor-missing", "tensor 'c': the index places it in '2.bin', but it is not there", {**names, "c": "2.bin"})
    torch("no-tensors", "@torch-no-tensors.d/2.bin no tensors in root '.'", names, **{"2.bin": saved(pickle(dict_of(("x", 1))))})
    torch("broken", "@torch-broken.d/2.bin not a torch.save file", names, **{"2.bin": b"x" * 100})
    torch("empty", "@torch-empty.d/2.bin the file is empty", names, **{"2.bin": b""})
    torch("code", "@torch-code.d/2.bin archive/data.pkl: at byte 0x2: pickle opcode INST", names, **{"2.bin": saved(pickle(b"ios\nsystem\n"))})
    torch("no-json", "malformed JSON", names, **{TORCH: "{"})


# ---------------------------------------------------------------- components and pipelines of diffusers


def components():
    def component(name, says, files, status=1, reader="diffusers"):
        case("component-" + name, says, files, status, reader)

    def config(name, says, content, status=1):
        says = f"@component-config-{name}.d/config.json {says}" if says else ""
        component("config-" + name, says, {**weights, CONFIG: content}, status)

    weights = {WEIGHTS: A}
    component("good", "1 tensor", {**weights, CONFIG: {"_class_name": "X"}}, 0)
    config("no-json", "at byte 0x1: malformed JSON", "{")
    config("empty", "at byte 0x0: malformed JSON: unexpected token near end of file", "")
    for name, text in (("array", "[]"), ("number", "1"), ("null", "null")):
        config(name, "at byte 0x0: the file is not a JSON object", text)
    config("twice", "duplicate object key", '{"a":1,"a":2}')
    config("nan", "at byte 0x8: malformed JSON: invalid token near 'NaN'", '{"a":NaN}')
    config("infinite", "malformed JSON: real number overflow", '{"a":1e999}')
    for depth, says in ((31, ""), (32, ""), (33, "values are nested too deeply")):
        config(f"{depth}-deep", says, '{"a":' + "[" * (depth - 1) + "]" * (depth - 1) + "}", 1 if says else 0)
    for size, says in (((16 << 20) + 1, "16777217 bytes, more than the limit of 16777216"), (16 << 20, "malformed JSON")):
        config(str(size), f"at byte 0x0: {says}" if size > 16 << 20 else says, Sparse(size))
    config("pipe", "this is a named pipe", Pipe())
    config("folder", "this is a folder", None)
    component("no-weights", "no weights in", {CONFIG: {"_class_name": "X"}})
    component("parts", "says that it is one of 2 files, but only 1 is there. Missing:",
              {"diffusion_pytorch_model-00001-of-00002.safetensors": A, CONFIG: {}})
    component("variants", "has weights of several variants. Select one with variant=",
              {"diffusion_pytorch_model.fp16.safetensors": A, "diffusion_pytorch_model.ema.safetensors": A, CONFIG: {}})
    component("variant", "has no weights of the variant 'fp16'. Variants in the folder", {**weights, CONFIG: {}},
              reader="diffusers:variant=fp16")
    component("weights-pipe", "@component-weights-pipe.d/" + WEIGHTS + " this is a named pipe", {WEIGHTS: Pipe(), CONFIG: {}})
    component("weights-broken", "@component-weights-broken.d/" + WEIGHTS + " the header claims", {WEIGHTS: A[:30], CONFIG: {}})
    component("nothing", "has no files", {"x": None})
    component("tokenizer", "@component-tokenizer.d/tokenizer_config.json this is a folder, not a file (hint: name a regular file)",
              {"tokenizer_config.json": None})


def pipelines():
    def pipeline(name, says, model_index, status=1, reader="diffusers", **more):
        if isinstance(model_index, str):
            says = f"@pipeline-{name}.d/model_index.json {says}"
        files = {"model_index.json": model_index, "vae/" + WEIGHTS: A, "vae/" + CONFIG: {"_class_name": "V"}}
        case("pipeline-" + name, says, {**files, **more}, status, reader)

    vae = {"vae": ["diffusers", "V"]}
    pipeline("no-json", "malformed JSON", "{")
    pipeline("array", "at byte 0x0: the file is not a JSON object", "[]")
    pipeline("empty", "malformed JSON", "")
    pipeline("none", "does not name a component", {"_class_name": "P"})
    pipeline("half", "'vae' has only one of library and class", {"vae": ["diffusers", None]})
    pipeline("half-class", "'vae' has only one of library and class", {"vae": [None, "V"]})
    pipeline("missing", "names the component 'unet', but there is no such folder (hint: check that the copy is complete)",
             {**vae, "unet": ["diffusers", "U"]})
    pipeline("file", "the component 'unet' is not a folder", {**vae, "unet": ["diffusers", "U"]}, **{"unet": "text"})
    for name in ("..", ".hidden", "a/b", "-x", "a b", "x" * 65):
        pipeline("name-" + str(len(name)) + name.strip(".").replace("/", "s").replace(" ", "b")[:3], f"'{name}' is not a valid component name",
                 {**vae, name: ["diffusers", "U"]})
    pipeline("many", "a model has more than 64 components", {f"c{i}": [None, None] for i in range(65)})
    pipeline("variant", "no component has weights of the variant 'fp16'", vae, reader="diffusers:variant=fp16")
    pipeline("link", "@pipeline-link.d/unet this link points outside the input folder", {**vae, "unet": ["diffusers", "U"]}, **{"unet": Link("../two.d")})
    pipeline("broken", "@pipeline-broken.d/vae/" + WEIGHTS + " the header claims", vae, **{"vae/" + WEIGHTS: A[:30]})


# ---------------------------------------------------------------- the configuration next to a checkpoint of SAT


def configurations():
    """YAML of another program: unreadable parts and their consequence are reported; the checkpoint is read."""
    consequence = "alpha, rank and sizes stay unknown"

    def config(name, why, text, status=0):
        says = f"training_config.yaml ({why}); {consequence}" if why and not status else why or "!cannot read"
        case("config-" + name, says, {"latest": "1", "1/mp_rank_00_model_states.pt": saved(checkpoint(("module", dict_of(("a", tensor()))))),
                                      "training_config.yaml": text}, status, "sat")

    config("good", "", "model: {a: 1}\n")
    config("aliases", "", "a: &x {b: [1, 2]}\nc: *x\nd: {<<: *x}\n")
    config("tags", "", "a: !!python/object:os.system {b: 1}\nc: !Mine 1\n")
    config("twice", "", "a: 1\na: 2\n")
    config("unclosed", "line 2: did not find expected ',' or ']'", "model: [unclosed\n")
    config("empty", "it has no document", "")
    config("comment", "it has no document", "# nothing\n")
    config("documents", "line 2: more than one document", "a: 1\n---\nb: 2\n")
    config("nul", "line 1: control characters are not allowed", "a: \0\n")
    config("nul-escaped", "line 1: a scalar contains a NUL byte or is not valid UTF-8", 'a: "\\0"\n')
    config("key-control", "line 1: a control character in a key", '"a\\x1b": 1\n')
    config("utf8", "line 1: invalid leading UTF-8 octet", b"a: \xff\n")
    config("key-list", "line 1: a key is not a plain text", "? [a]\n: b\n")
    config("alias-unknown", "line 1: an alias to itself or to an unknown anchor", "a: *x\n")
    config("alias-itself", "line 1: an alias to itself or to an unknown anchor", "a: &x [*x]\n")
    for n, why in ((31, ""), (32, ""), (33, "line 1: nested deeper than 32")):
        config(f"depth-{n}", why, "a: " + "[" * (n - 1) + "]" * (n - 1) + "\n")
    config("depth-of-aliases", "line 2: nested deeper than 32",
           "a: &x " + "[" * 20 + "]" * 20 + "\nb: " + "[" * 20 + "*x" + "]" * 20 + "\n")
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12))
    config("bomb", "line 5: more than 100000 events, including expanded aliases", bomb)
    config("bomb-text", "line 2: anchors and aliases expand to more than 8 MiB of text",
           "a: &a " + "x" * 100_000 + "\nb: [" + ", ".join(["*a"] * 100) + "]\n")
    # The stream's and the document's events, a map's, a list's and their key's are eleven.
    for n, why in ((99_990, ""), (99_991, ""), (99_992, "line 99994: more than 100000 events, including expanded aliases")):
        config(f"events-{n}", why, "a:\n" + "- b\n" * n)
    for n, why in ((-1, ""), (0, ""), (1, "longer than 1 MiB")):
        config(f"size{n:+}", why, "a: 1\n#" + "x" * ((1 << 20) - 6 + n))
    config("pipe", "@config-pipe.d/training_config.yaml this is a named pipe", Pipe(), 1)
    config("folder", "@config-folder.d/training_config.yaml this is a folder, not a file", None, 1)


def main():
    out = Path(sys.argv[1])
    out.mkdir(parents=True)
    for part in (texts, file_names, contents, torch_indexes, components, pipelines, configurations):
        part()
    (out / "up.safetensors").write_bytes(A)
    with (out / "cases.tsv").open("w") as table:
        for name, (status, reader, says, files) in CASES.items():
            for path, content in files.items():
                write(out / f"{name}.d" / path, content)
            table.write(f"{name}\t{status}\t{reader}\t{says}\n")


if __name__ == "__main__":
    main()
