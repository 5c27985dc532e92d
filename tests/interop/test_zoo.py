# SPDX-License-Identifier: Apache-2.0
"""A zoo of checkpoints of every container, data type and geometry, converted from every format to every other one: the
reference libraries read the same bits that they wrote, or the run lists every tensor that cannot be written."""
# Plugins: diffusers gguf safetensors sat torch

import itertools
import json
import re
import shutil
import tempfile
import unittest
import warnings
import zipfile
from pathlib import Path

import torch
import zoomake as zoo
from diffusers import CogVideoXTransformer3DModel
from pipemake import transformer
from support import Case

warnings.filterwarnings("ignore")

TORCH = {str(d)[6:] for d in zoo.DTYPES}
SAFETENSORS = set(zoo.OF_SAFETENSORS.values())
GGUF = set(zoo.OF_GGUF.values())

# Container → (how it is written, data types that it holds, most dimensions).
SOURCES = {
    "torch_p2": (zoo.torch_file(pickle_protocol=2), TORCH, 8),
    "torch_p3": (zoo.torch_file(pickle_protocol=3), TORCH, 8),
    "torch_p4": (zoo.torch_file(pickle_protocol=4), TORCH, 8),
    "torch_p5": (zoo.torch_file(pickle_protocol=5), TORCH, 8),
    "torch_without_crc": (zoo.without_crc, TORCH, 8),
    "torch_deflated": (zoo.packed_again(zipfile.ZIP_DEFLATED, False), TORCH, 8),
    "torch_zip64": (zoo.packed_again(zipfile.ZIP_STORED, True), TORCH, 8),
    "legacy_p2": (zoo.torch_file(_use_new_zipfile_serialization=False), TORCH, 8),
    "legacy_p5": (zoo.torch_file(_use_new_zipfile_serialization=False, pickle_protocol=5), TORCH, 8),
    "pickle_p3": (zoo.bare_pickle(3), TORCH, 8),
    "pickle_p5": (zoo.bare_pickle(5), TORCH, 8),
    "torch_parts": (zoo.torch_parts, TORCH, 8),
    "safetensors": (zoo.safetensors_file, SAFETENSORS, 8),
    "safetensors_parts": (zoo.safetensors_parts, SAFETENSORS, 8),
    "diffusers": (zoo.component("diffusion_pytorch_model.safetensors", zoo.save_safetensors), SAFETENSORS, 8),
    "diffusers_bin": (zoo.component("diffusion_pytorch_model.bin", torch.save), TORCH, 8),
    "gguf": (zoo.gguf_file, GGUF, 4),
    "sat": (zoo.sat_run, TORCH, 8),
}
READERS = {"sat": "sat"}


class Target:
    """How a format is written, which tensors it can hold, and how its library reads it."""

    def __init__(self, writer, name, dtypes, rank=8):
        self.writer, self.name, self.dtypes, self.rank = writer, name, dtypes, rank

    def holds(self, kind, shape):
        return kind in self.dtypes and len(shape) <= self.rank

    def read(self, out, case, wanted):
        """{name: (type, shape, bytes)}.  wanted: a state of torch, whose ties must be there; None: it had none, or lost them."""
        kind = self.writer.partition(":")[0]
        if kind in ("torch", "sat"):
            got = zoo.read_torch(out) if kind == "torch" else zoo.read_sat(out)
            if wanted is not None:
                case.assertEqual(zoo.ties(got), zoo.ties(wanted))
            return zoo.all_told(got)
        if kind == "gguf":
            return zoo.read_gguf(out)
        got, others = zoo.read_safetensors(out if out.exists() else out.parent)
        copies = "tied=copy" in self.writer or wanted is None
        case.assertEqual(len(others), 0 if copies else sum(len(g) - 1 for g in zoo.ties(wanted)))
        return got

    def expected(self, wanted):
        """Returns the tensors as its library reads them."""
        if self.name.endswith(".gguf"):
            return {n: (kind, zoo.stored_shape(kind, shape), raw) for n, (kind, shape, raw) in wanted.items()}
        return wanted


TARGETS = {
    "torch": Target("torch", "out.pt", TORCH),
    "safetensors": Target("safetensors", "out.safetensors", SAFETENSORS | set(zoo.PACKED)),
    "safetensors_copies": Target("safetensors:tied=copy", "out.safetensors", SAFETENSORS | set(zoo.PACKED)),
    "safetensors_parts": Target("safetensors:max-shard-size=3000", "out.safetensors", SAFETENSORS | set(zoo.PACKED)),
    "diffusers": Target("diffusers", "out", SAFETENSORS | set(zoo.PACKED)),
    "diffusers_parts": Target("diffusers:max-shard-size=3000", "out", SAFETENSORS | set(zoo.PACKED)),
    "gguf": Target("gguf:architecture=zoo", "out.gguf", GGUF | set(zoo.BLOCKS), 4),
    "gguf_folded": Target("gguf:architecture=zoo,fold=yes", "out.gguf", GGUF | set(zoo.BLOCKS)),
    "sat": Target("sat", "out", TORCH),
}


def whole(out):
    """Returns the path of an output: the file, or the index of its parts."""
    return out if out.exists() else out.with_name("out.safetensors.index.json")


class Zoo(Case):
    """Checkpoints are written once, and read by all tests."""

    built, shared = {}, None

    @classmethod
    def setUpClass(cls):
        cls.shared = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.shared.cleanup)
        cls.built = {}

    @classmethod
    def animal(cls, source, keep):
        """The path of a checkpoint of that container, with those of its tensors that `keep` holds, and these; with the ties
        that the container has."""
        write, dtypes, rank = SOURCES[source]
        state = {n: t for n, t in zoo.tensors().items()
                 if str(t.dtype)[6:] in dtypes and t.dim() <= rank and (keep is None or keep.holds(str(t.dtype)[6:], t.shape))}
        if source == "gguf":  # its writer has no empty tensors and no scalars of bf16
            state = {n: t for n, t in state.items() if t.numel() and (t.dim() or t.dtype is not torch.bfloat16)}
        key = source, tuple(state)
        if key not in cls.built:
            folder = Path(tempfile.mkdtemp(dir=cls.shared.name))
            cls.built[key] = write(state, folder)
        if source in ("safetensors", "safetensors_parts", "diffusers", "gguf"):
            state = zoo.dense(state)
        if source.startswith("pickle"):
            state = zoo.pickled(state)
        return cls.built[key], state

    def convert(self, source, target, path, out, *more, status=0):
        reader = READERS.get(source)
        return self.run_fmtconv(*(("-r", reader) if reader else ()), "-t", "none", "-w", target.writer, *more, path, out, status=status)

    def check_refused(self, source, target, path, wanted):
        """Exactly the tensors that the target cannot hold are named, and nothing is written."""
        bad = {n for n, (kind, shape, _) in wanted.items() if not target.holds(kind, shape)}
        (self.tmp / "refused").mkdir()
        out = self.tmp / "refused" / target.name
        run = self.convert(source, target, path, out, "--json", status=1)
        events = [json.loads(line) for line in run.stdout.splitlines()]
        error = next(e for e in events if e.get("level") == "error")
        named = [re.match(r"tensor '(.*)': (.*)", line) for line in error["details"]]
        self.assertEqual(sorted({m[1] for m in named}), sorted(bad))
        for m in named:
            kind, shape, _ = wanted[m[1]]
            self.assertIn("cannot be stored" if "dimensions" not in m[2] else f"{len(shape)} dimensions", m[2])
            self.assertTrue(kind not in target.dtypes if "cannot" in m[2] else len(shape) > target.rank, m[0])
        self.assertEqual(error["more"], 0)
        self.assertIn(f"cannot store {len(bad)} of {len(wanted)} tensors", error["text"])
        self.assertEqual(list((self.tmp / "refused").iterdir()), [])

    def check_converted(self, source, target, path, wanted, state=None):
        (self.tmp / "out").mkdir()
        out = self.tmp / "out" / target.name
        self.convert(source, target, path, out, "--verify", "-q")
        self.assert_told(target.read(out, self, state), target.expected(wanted))
        return out

    def assert_told(self, got, wanted):
        self.assertEqual(sorted(got), sorted(wanted))
        for name, w in wanted.items():
            g = got[name]
            self.assertEqual(g[:2], w[:2], name)
            self.assertEqual(g[2] == w[2], True, f"{name}: the bytes differ")


class Pairs(Zoo):
    """Each container to each format; test_… for each pair below."""

    def check_pair(self, source, target):
        path, state = self.animal(source, None)
        wanted = zoo.all_told(state)
        if all(target.holds(kind, shape) for kind, shape, _ in wanted.values()):
            self.check_converted(source, target, path, wanted, state)
            return
        self.check_refused(source, target, path, wanted)
        path, state = self.animal(source, target)
        self.assertGreater(len(state), 50)
        self.check_converted(source, target, path, zoo.all_told(state), state)


class Odd(Zoo):
    """Data types that torch does not have."""

    def check_odd(self, make, target):
        path, wanted = make(self.tmp)
        if any(target.holds(kind, shape) for kind, shape, _ in wanted.values()):
            self.check_converted("", target, path, wanted)
        else:
            self.check_refused("", target, path, wanted)


class RoundTrips(Zoo):
    """From a format to another one and back: the same tensors, and of safetensors the same file, byte by byte."""

    def check_round_trip(self, first, second):
        a, b = TARGETS[first], TARGETS[second]
        both = Target("", "", a.dtypes & b.dtypes, min(a.rank, b.rank))
        path, state = self.animal("torch_p2", both)
        outs = []
        for n, (target, reader) in enumerate(((a, ""), (b, first), (a, second))):
            (self.tmp / str(n)).mkdir()
            outs.append(self.tmp / str(n) / target.name)
            self.convert(reader, target, path, outs[-1], "-q")
            path = whole(outs[-1])
        keeps_ties = not second.startswith("gguf") and second != "safetensors_copies"
        got = a.read(outs[2], self, state if keeps_ties else None)
        self.assert_told(got, a.expected(zoo.all_told(state)))
        if (first == "safetensors" and keeps_ties) or first == "safetensors_copies":
            self.assertEqual(outs[2].read_bytes() == outs[0].read_bytes(), True, "the files differ")


class Classes(Zoo):
    """A model of diffusers in each data type that it is computed in: through any format, from_pretrained finds the same."""

    def test_through_every_format(self):
        for dtype in (torch.float32, torch.float16, torch.bfloat16):
            model, ref = transformer(dtype=dtype), self.tmp / f"ref-{str(dtype)[6:]}"
            model.save_pretrained(ref)
            for name, target in TARGETS.items():
                with self.subTest(dtype=dtype, through=name):
                    between, back = self.tmp / f"{dtype}-{name}", self.tmp / f"{dtype}-{name}-back"
                    between.mkdir()
                    out = between / target.name
                    self.convert("", target, ref, out, "-q")
                    self.convert(name, TARGETS["diffusers"], whole(out), f"{back}/", "-q")
                    shutil.copy(ref / "config.json", back)
                    loaded, info = CogVideoXTransformer3DModel.from_pretrained(back, torch_dtype=dtype, output_loading_info=True)
                    self.assertFalse(info["missing_keys"] or info["unexpected_keys"] or info["mismatched_keys"])
                    self.assert_same(loaded.state_dict(), model.state_dict(), name)


def add_tests():
    """One method a pair, so that each has its name."""
    for (source, (target, how)) in itertools.product(SOURCES, TARGETS.items()):
        setattr(Pairs, f"test_{source}_to_{target}", lambda self, s=source, t=how: self.check_pair(s, t))
    for (kind, make), (target, how) in itertools.product({"packed": zoo.packed_safetensors, "blocks": zoo.block_gguf}.items(),
                                                         TARGETS.items()):
        setattr(Odd, f"test_{kind}_to_{target}", lambda self, m=make, t=how: self.check_odd(m, t))
    for first, second in itertools.permutations(TARGETS, 2):
        setattr(RoundTrips, f"test_{first}_{second}_and_back", lambda self, a=first, b=second: self.check_round_trip(a, b))


add_tests()

if __name__ == "__main__":
    unittest.main()
