#!/usr/bin/env python3
"""Compare fmtconv with the libraries of the formats on changed files: differential.py [-n RUNS] [-s SEED] [FORMAT...].
SPDX-License-Identifier: Apache-2.0

Each file is a valid one with one or a few changes.  If both accept it, names, types, shapes and bytes of all tensors must be
equal.  If one refuses it, the refusal must be in MEANT, with the reason why it is right.
"""

import argparse
import io
import json
import os
import pickletools
import random
import pickle
import re
import resource
import signal
import subprocess
import sys
import tempfile
import warnings
import zipfile
from collections import Counter
from pathlib import Path

import gguf
import numpy as np
import safetensors.torch
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "interop"))
import ggmlfile

# (formats, who refuses, message, why that is right).  fmtconv is stricter than the libraries where a file contradicts itself;
# it reads more where a library has a rule of its own that the format does not have.
MEANT = (
    ("torch", "library", "Unsupported global|Unsupported class|persistent_load|Unsupported operand", "fmtconv calls nothing, and steps over unknown globals that are stray data"),
    ("torch", "library", "requires_grad must be", "whether a tensor is trained does not matter for its values"),
    ("torch", "fmtconv", "follow the last storage", "torch does not look after the last storage"),
    ("torch", "fmtconv", "checksum", "torch does not compare CRCs"),
    ("torch", "fmtconv", "local header|central directory|archive|member|zip", "torch reads one of two descriptions of a member and does not compare them"),
    ("gguf ggml", "fmtconv", "the padding is not zero", "the format says that padding is zero; the library skips it"),
    ("gguf ggml", "fmtconv", "belong to no tensor", "the library does not look after the last tensor"),
    ("gguf ggml", "fmtconv", "contains a NUL byte", "a name with a NUL is another name for a program in C"),
    ("gguf ggml", "fmtconv", "general.architecture|architecture is not known", "llama.cpp needs the key; the library does not"),
    ("gguf ggml", "fmtconv", "it begins at byte|block|UTF-8|control characters|printable|true nor false|key", "the library does not check the rules of the format"),
    ("ggml", "library", "failed to read tensor data", "ggml reads the padding behind the last tensor as well; no byte of a tensor is missing"),
)
SECONDS = 1  # of the processor, for a library to read a file of a few kilobytes
SAME_SIZE = {"F32": ("F32", "I32", "U32"), "BF16": ("BF16", "F16", "I16"), "I64": ("I64", "F64", "U64")}
NUMBERS = (0, 1, 2, 3, 7, 8, 127, 128, 255, 256, 65535, 65536, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**63 - 1, 2**63, 2**64 - 1)


def raw(tensor):
    return bytes(tensor.detach().contiguous().flatten().view(torch.uint8).numpy()) if tensor.numel() else b""


class Torch:
    suffix, reader, writer = ".pt", "torch", "safetensors"

    @staticmethod
    def seeds():
        base = torch.arange(24, dtype=torch.float32)
        state = {"a.weight": base[:12].view(3, 4), "a.bias": base[12:15], "b": torch.ones(2, 3, dtype=torch.float16).t(), "n": torch.tensor(3)}
        for options in ({}, {"_use_new_zipfile_serialization": False}):
            out = io.BytesIO()
            torch.save(state, out, **options)
            yield out.getvalue()

    @staticmethod
    def reference(path):
        found = torch.load(path, weights_only=True, map_location="cpu")
        if not isinstance(found, dict) or not found or not all(isinstance(k, str) and isinstance(v, torch.Tensor) for k, v in found.items()):
            return None
        return {k: (str(v.dtype), tuple(v.shape), raw(v)) for k, v in found.items()}

    @staticmethod
    def change(data, rng):
        """Changes an opcode of the pickle in a new archive, or bytes anywhere."""
        if data[:2] != b"PK" or rng.random() < 0.2:
            return flipped(data, rng)
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
            for name in old.namelist():
                content = old.read(name)
                new.writestr(name, changed_pickle(content, rng) if name.endswith("data.pkl") else content)
        return out.getvalue()


class Safetensors:
    suffix, reader, writer = ".safetensors", "safetensors", "safetensors"

    @staticmethod
    def seeds():
        yield safetensors.torch.save({"a.weight": torch.arange(12.).view(3, 4), "b": torch.ones(3, dtype=torch.bfloat16), "c": torch.zeros(0, 2),
                                      "d": torch.tensor(7)}, {"format": "pt"})

    @staticmethod
    def reference(path):
        return {k: (str(v.dtype), tuple(v.shape), raw(v)) for k, v in safetensors.torch.load_file(path).items()}

    @staticmethod
    def change(data, rng):
        if rng.random() < 0.2:
            return flipped(data, rng)
        length = int.from_bytes(data[:8], "little")
        header = changed_text(data[8 : 8 + length], rng)
        if rng.random() < 0.5:
            header = changed_entries(json.loads(data[8 : 8 + length]), rng)
        return len(header).to_bytes(8, "little") + header + data[8 + length :]


class Gguf:
    suffix, reader, writer = ".gguf", "gguf", "gguf"

    @staticmethod
    def seeds():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "x.gguf"
            writer = gguf.GGUFWriter(path, "test")
            writer.add_uint32("test.count", 3)
            writer.add_array("test.list", [1, 2, 3])
            writer.add_string("test.text", "text")
            writer.add_tensor("a.weight", np.arange(12, dtype=np.float32).reshape(3, 4))
            writer.add_tensor("b", np.ones(3, np.float16))
            writer.add_tensor("q.weight", np.arange(68, dtype=np.uint8).reshape(2, 34), raw_dtype=gguf.GGMLQuantizationType.Q8_0)
            writer.write_header_to_file()
            writer.write_kv_data_to_file()
            writer.write_tensors_to_file()
            writer.close()
            yield path.read_bytes()

    @staticmethod
    def reference(path):
        found = {}
        for t in gguf.GGUFReader(path).tensors:
            found[t.name] = (t.tensor_type.name, tuple(int(n) for n in t.shape), bytes(np.ascontiguousarray(t.data).view(np.uint8).reshape(-1)))
        return found

    @staticmethod
    def change(data, rng):
        return flipped(data, rng, 520)


class Refused(Exception):
    """The library does not read the file, and says why."""


class Ggml(Gguf):
    """The files of Gguf, read by ggml itself, which ends the process for some: so it reads in one of its own."""

    @staticmethod
    def reference(path):
        with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as found:
            child = os.fork()
            if child == 0:
                Ggml.read(path, said, found)
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            said.seek(0)
            found.seek(0)
            tensors = pickle.loads(found.read() or pickle.dumps(None))
            if tensors is None:
                raise Refused(f"exit status {status}: {said.read().decode(errors='replace')}")
            return tensors

    @staticmethod
    def read(path, said, found):
        """Writes names, types and bytes of all tensors to `found` if ggml accepts the file, and ends the process."""
        os.dup2(said.fileno(), 2)
        os.environ["GGML_NO_BACKTRACE"] = "1"  # else it starts a debugger
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        try:
            whole = ggmlfile.read(path)
            if whole:
                found.write(pickle.dumps({name: (number, data.tobytes()) for name, (number, data) in whole[2].items()}))
                found.flush()
        except Exception as error:  # noqa: BLE001 a name that is not UTF-8, a tensor outside of the file
            os.write(2, f"{type(error).__name__}: {error}".encode())
        os._exit(0)


FORMATS = {"torch": Torch, "safetensors": Safetensors, "gguf": Gguf, "ggml": Ggml}


def flipped(data, rng, most=None):
    """Overwrites, removes or repeats a few bytes, in the first `most`."""
    data = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2))):
        at = rng.randrange(min(len(data), most or len(data)))
        how = rng.randrange(4)
        if how == 0:
            data[at] ^= 1 << rng.randrange(8)
        elif how == 1:
            width = rng.choice((1, 2, 4, 8))
            data[at : at + width] = (rng.choice(NUMBERS) % 256**width).to_bytes(width, "little")
        elif how == 2:
            del data[at : at + rng.choice((1, 4, 8))]
        else:
            data[at:at] = data[at : at + rng.choice((1, 4, 8))]
    return bytes(data)


def changed_text(text, rng):
    """Removes, repeats, exchanges or replaces a token of a JSON text."""
    tokens = re.findall(rb'"(?:[^"\\]|\\.)*"|-?\d+|\s+|.', text, re.S)
    i, k = rng.randrange(len(tokens)), rng.randrange(len(tokens))
    how = rng.randrange(4)
    if how == 0:
        del tokens[i]
    elif how == 1:
        tokens.insert(i, tokens[k])
    elif how == 2:
        tokens[i], tokens[k] = tokens[k], tokens[i]
    else:
        numbers = [n for n, token in enumerate(tokens) if token.isdigit()]
        tokens[rng.choice(numbers)] = str(rng.choice(NUMBERS)).encode()
    return b"".join(tokens)


def changed_entries(entries, rng):
    """Changes the header of a safetensors file in ways that keep it valid: order, names, shapes, types of the same size, spaces."""
    for name in [n for n in entries if n != "__metadata__"]:
        entry, how = entries[name], rng.randrange(5)
        if how == 0:
            entry["shape"].insert(rng.randrange(len(entry["shape"]) + 1), 1)
        elif how == 1:
            entry["shape"].reverse()
        elif how == 2:
            same = rng.choice(SAME_SIZE[entry["dtype"]])
            entry["dtype"] = same
        elif how == 3:
            entries[rng.choice((name.upper(), name + ".x", "\u00e9" + name, name + "\"\\", " " + name))] = entries.pop(name)
    if rng.random() < 0.3:
        entries.pop("__metadata__", None)
    names = list(entries)
    rng.shuffle(names)
    text = json.dumps({n: entries[n] for n in names}, ensure_ascii=rng.random() < 0.5, indent=rng.choice((None, 0, 1)))
    return text.encode() + b" " * rng.randrange(9)


def changed_pickle(data, rng):
    """Removes, repeats, exchanges or changes an opcode."""
    places = [at for _, _, at in pickletools.genops(data)] + [len(data)]
    parts = [data[a:b] for a, b in zip(places, places[1:])]
    i, k = rng.randrange(len(parts)), rng.randrange(len(parts))
    how = rng.randrange(5)
    if how == 0:
        del parts[i]
    elif how == 1:
        parts.insert(i, parts[k])
    elif how == 2:
        parts[i], parts[k] = parts[k], parts[i]
    elif how == 3:
        numbers = [n for n, part in enumerate(parts) if part[:1] in b"KMJ"]
        parts[rng.choice(numbers)] = b"J" + (rng.choice(NUMBERS) % 2**32).to_bytes(4, "little")
    else:
        parts[i] = flipped(parts[i], rng)
    return b"".join(parts)


def too_long(*_):
    raise TimeoutError("it takes too long")


class Runner:
    def __init__(self, folder):
        self.folder, self.counts, self.wrong = Path(folder), Counter(), []
        signal.signal(signal.SIGVTALRM, too_long)  # gguf-py reads any number of items that a file claims

    def fmtconv(self, path, form):
        """Returns the tensors, or the message of a refusal."""
        out = self.folder / ("out." + form.writer)
        out.unlink(missing_ok=True)
        result = subprocess.run([os.environ["FMTCONV"], "-r", form.reader, "-t", "none", "-w", form.writer, path, out],
                                capture_output=True, text=True, timeout=60)
        if result.returncode not in (0, 1):
            raise AssertionError(f"exit status {result.returncode}: {result.stderr}")
        if result.returncode:
            return result.stderr
        try:
            return (form if form.writer == "gguf" else Safetensors).reference(out)
        except Exception as error:  # noqa: BLE001 libraries raise anything
            return {"the output cannot be read": str(error)[:200]}

    def check(self, name, data):
        """Reads one file with both, and sorts the outcome."""
        form = FORMATS[name]
        path = self.folder / ("x" + form.suffix)
        path.write_bytes(data)
        signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                theirs = form.reference(path)
        except Exception as error:  # noqa: BLE001 libraries raise anything
            theirs = f"{type(error).__name__}: {error}"
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        if theirs is None or theirs == {}:
            return self.counts.update([f"{name}: not a set of tensors"])
        ours = self.fmtconv(path, form)
        if isinstance(ours, str) and isinstance(theirs, str):
            return self.counts.update([f"{name}: both refuse"])
        if ours == theirs:
            return self.counts.update([f"{name}: both accept, equal"])
        who, said = ("fmtconv", ours) if isinstance(ours, str) else ("library", theirs) if isinstance(theirs, str) else ("neither", "values")
        for formats, refuser, pattern, why in MEANT:
            if name in formats.split() and refuser == who and re.search(pattern, said, re.S):
                return self.counts.update([f"{name}: {who} refuses: {why}"])
        self.wrong.append((name, who, said.strip()[-400:], data))
        print(f"{name}: {who}: {said.strip()[-400:]}", flush=True)
        return None


def run(names, runs, seed, folder):
    """Runs the changes; returns the runner with its counts and what is not meant."""
    runner = Runner(folder)
    for name in names:
        rng, form = random.Random(f"{seed}{name}"), FORMATS[name]
        seeds = list(form.seeds())
        for data in seeds:
            runner.check(name, data)
        for i in range(runs):
            data = form.change(seeds[i % len(seeds)], rng)
            runner.check(name, data)
    return runner


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", type=int, default=1000, help="changed files of each format")
    parser.add_argument("-s", type=int, default=0, help="seed of the changes")
    parser.add_argument("-k", type=Path, help="folder for the files that differ otherwise than meant")
    parser.add_argument("formats", nargs="*", default=list(FORMATS))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        runner = run(options.formats, options.n, options.s, folder)
    for what, count in sorted(runner.counts.items()):
        print(f"{count:6} {what}")
    for i, (name, _, _, data) in enumerate(runner.wrong):
        if options.k:
            options.k.mkdir(parents=True, exist_ok=True)
            (options.k / f"{name}-{i}{FORMATS[name].suffix}").write_bytes(data)
    sys.exit(bool(runner.wrong))


if __name__ == "__main__":
    main()
