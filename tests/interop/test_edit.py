# SPDX-License-Identifier: Apache-2.0
"""Edits of safetensors and GGUF files: safetensors and gguf-py find what was asked for, and every other byte as it was."""
# Plugins: gguf safetensors torch

import json
import os
import shutil
import struct
import unittest

import gguf
import numpy as np
import safetensors
import safetensors.torch
import torch
from support import Case
from zoomake import finish

TYPES = gguf.GGUFValueType
NUMBERS = {"u8": TYPES.UINT8, "i8": TYPES.INT8, "u16": TYPES.UINT16, "i16": TYPES.INT16, "u32": TYPES.UINT32, "i32": TYPES.INT32,
           "u64": TYPES.UINT64, "i64": TYPES.INT64, "f32": TYPES.FLOAT32, "f64": TYPES.FLOAT64}
LIMITS = {"u8": (0, 255), "i8": (-128, 127), "u16": (0, 65535), "i16": (-32768, 32767), "u32": (0, 2**32 - 1),
          "i32": (-2**31, 2**31 - 1), "u64": (0, 2**64 - 1), "i64": (-2**63, 2**63 - 1)}


def header(path):
    """The text of a header, its size, and the bytes of the tensors."""
    raw = path.read_bytes()
    n = int.from_bytes(raw[:8], "little")
    return raw[8:8 + n], n, raw[8 + n:]


def identity(path):
    st = path.stat()
    return st.st_ino, st.st_mtime_ns


class Edits(Case):
    def edit(self, path, *changes, status=0):
        return self.run_fmtconv("edit", "--no-progress", *changes, path, status=status)

    def way(self, path, *changes):
        report = json.loads(self.run_fmtconv("edit", "--json", "-q", *changes, path).stdout.splitlines()[-1])
        return report["way"]

    def refused(self, path, *changes, says):
        before = identity(path), path.read_bytes()
        message = self.edit(path, *changes, status=1 if not says.startswith("USAGE ") else 2).stderr
        self.assertIn(says.removeprefix("USAGE "), message)
        self.assertEqual((identity(path), path.read_bytes()), before)
        self.assert_clean(path.parent)


class SafeTensors(Edits):
    def setUp(self):
        super().setUp()
        generator = torch.Generator().manual_seed(1)
        self.tensors = {f"block.{i}.weight": torch.randn(64, 96, generator=generator) for i in range(12)} | {"b": torch.arange(7)}
        self.path = self.tmp / "x.safetensors"
        self.metadata = {"format": "pt", "title": "hello", "odd\"\\": "ü\t\"x\""}
        safetensors.torch.save_file(self.tensors, self.path, self.metadata)

    def check(self, metadata, renamed=()):
        """The official reader finds these metadata and all tensors; the bytes of the tensors follow the header."""
        names = dict(renamed)
        with safetensors.safe_open(self.path, "pt") as f:
            self.assertEqual(f.metadata() or {}, metadata)
            self.assert_same({n: f.get_tensor(n) for n in f.keys()}, {names.get(n, n): t for n, t in self.tensors.items()})
        self.run_fmtconv("verify", self.path)
        self.assert_clean(self.tmp)

    def test_values(self):
        """Values are set, added and removed; each other entry and its place stay."""
        data = header(self.path)[2]
        self.edit(self.path, "--set", "title=a longer title ü \"", "--set", "new=1=2", "--set", "odd\"\\=", "--unset", "format")
        self.check({"title": "a longer title ü \"", "odd\"\\": "", "new": "1=2"})
        text, n, after = header(self.path)
        self.assertEqual(after, data)
        self.assertEqual([*json.loads(text)["__metadata__"]], [k for k in self.written() if k != "format"] + ["new"])
        self.edit(self.path, "--unset", "title", "--unset", "odd\"\\", "--unset", "new")
        self.check({})
        self.assertEqual(header(self.path)[1], n)  # removed text leaves room
        self.assertEqual([*json.loads(header(self.path)[0])], ["__metadata__", *[k for k in json.loads(text) if k != "__metadata__"]])
        self.edit(self.path, "--set", "format=pt")
        self.check({"format": "pt"})

    def written(self):
        """The keys in the order that the official writer gave them, which is not that of a dict."""
        safetensors.torch.save_file(self.tensors, self.tmp / "y.safetensors", self.metadata)
        order = [*json.loads(header(self.tmp / "y.safetensors")[0])["__metadata__"]]
        (self.tmp / "y.safetensors").unlink()
        now = [*json.loads(header(self.path)[0])["__metadata__"]]
        return sorted(order, key=lambda k: now.index(k) if k in now else -1)

    def test_every_subset_is_removed(self):
        """Commas are right whichever entries go, and others are added."""
        for mask in range(1, 8):
            for more in ([], ["--set", "z=1"]):
                safetensors.torch.save_file(self.tensors, self.path, self.metadata)
                gone = [k for i, k in enumerate(self.metadata) if mask >> i & 1]
                self.edit(self.path, *[w for k in gone for w in ("--unset", k)], *more)
                self.check({k: v for k, v in self.metadata.items() if k not in gone} | ({"z": "1"} if more else {}))

    def test_without_metadata(self):
        for value in (None, "null"):
            safetensors.torch.save_file(self.tensors, self.path)
            if value:
                text, _, data = header(self.path)
                text = text.rstrip()[:-1] + b',"__metadata__": null }   '
                self.path.write_bytes(len(text).to_bytes(8, "little") + text + data)
            self.edit(self.path, "--set", "a=b", "--set", "c=d")
            self.check({"a": "b", "c": "d"})
        safetensors.torch.save_file({}, self.path)
        self.tensors = {}
        self.edit(self.path, "--set", "a=b")
        self.check({"a": "b"})

    def test_names(self):
        swap = {"block.1.weight": "block.2.weight", "block.2.weight": "block.1.weight", "b": "a name \"with\" ü\\"}
        order = [k for k in json.loads(header(self.path)[0]) if k != "__metadata__"]
        self.edit(self.path, *[w for old, new in swap.items() for w in ("--rename", f"{old}={new}")], "--rename", "title=name")
        self.check({"format": "pt", "name": "hello", "odd\"\\": self.metadata["odd\"\\"]}, swap)
        self.assertEqual([k for k in json.loads(header(self.path)[0]) if k != "__metadata__"], [swap.get(k, k) for k in order])

    def test_tied(self):
        """The entry that names a tied tensor follows the name of the tensor."""
        safetensors.torch.save_file(self.tensors, self.path, {"format": "pt", "head.weight": "block.3.weight", "note": "b"})
        self.edit(self.path, "--rename", "block.3.weight=block.99.weight", "--rename", "b=c")
        self.check({"format": "pt", "head.weight": "block.99.weight", "note": "b"}, {"block.3.weight": "block.99.weight", "b": "c"})

    def test_ways(self):
        """A small change is made in the file; a larger one makes a new file, once: its header has room then."""
        before = self.path.stat()
        self.assertEqual(self.way(self.path, "--set", "title=hallo"), "in-place")
        self.assertEqual(self.way(self.path, "--set", "title=a"), "in-place")
        self.assertEqual(self.way(self.path, "--set", "title=hello"), "in-place")
        after = self.path.stat()
        self.assertEqual((after.st_ino, after.st_size), (before.st_ino, before.st_size))
        self.assertEqual(self.way(self.path, "--set", "title=hello", "--set", "format=pt"), "nothing")
        self.assertEqual(identity(self.path), (after.st_ino, after.st_mtime_ns))
        self.path.chmod(0o640)
        n = header(self.path)[1]
        self.assertEqual(self.way(self.path, "--set", "long=" + "x" * 2000), "replaced")
        self.assertEqual(header(self.path)[1], n + 4096)
        self.assertEqual(self.path.stat().st_mode & 0o777, 0o640)
        self.assertEqual(self.way(self.path, "--set", "more=" + "y" * 1000), "replaced")
        self.assertEqual(header(self.path)[1], n + 4096)
        self.check(self.metadata | {"long": "x" * 2000, "more": "y" * 1000})

    def test_dry_run(self):
        before = identity(self.path), self.path.read_bytes()
        for change, says in (("title=hallo", "would be changed in place"), ("title=" + "x" * 99, "would be replaced")):
            self.assertIn(says, self.edit(self.path, "-n", "--set", change).stdout)
            self.assertEqual((identity(self.path), self.path.read_bytes()), before)

    def test_links(self):
        """A link stays one, and its target is edited; that other hard links keep the old file is said."""
        link, other = self.tmp / "link.safetensors", self.tmp / "other.safetensors"
        link.symlink_to("x.safetensors")
        os.link(self.path, other)
        self.edit(link, "--set", "title=hallo")
        self.assertTrue(link.is_symlink())
        self.assertEqual(other.read_bytes(), self.path.read_bytes())
        self.assertIn("hard links", self.edit(link, "--set", "title=" + "x" * 99).stderr)
        self.assertTrue(link.is_symlink())
        with safetensors.safe_open(other, "pt") as f:
            self.assertEqual(f.metadata()["title"], "hallo")
        self.check(self.metadata | {"title": "x" * 99})
        blobs, snapshot = self.tmp / "models--a--b/blobs", self.tmp / "models--a--b/snapshots/1"
        for folder in (blobs, snapshot):
            folder.mkdir(parents=True)
        shutil.copy(self.path, blobs / "0123")
        (snapshot / "x.safetensors").symlink_to("../../blobs/0123")
        self.refused(snapshot / "x.safetensors", "--set", "title=a", says="copy the file out of the cache")

    def test_manifest(self):
        """A manifest that would no longer be true is an error, or is removed with -f."""
        self.run_fmtconv("-t", "none", "--manifest", self.path, self.tmp / "m.safetensors")
        for title in ("hallo", "x" * 99):
            self.refused(self.tmp / "m.safetensors", "--set", f"title={title}", says="-f")
        self.edit(self.tmp / "m.safetensors", "-f", "--set", "title=hallo")
        self.assertFalse((self.tmp / "m.safetensors.sha256").exists())

    def test_refusals(self):
        for changes, says in [
                (["--set", "a=1", "--unset", "a"], "USAGE two changes concern 'a'"),
                (["--unset", "none"], "no metadata entry 'none'"),
                (["--rename", "none=a"], "neither a tensor nor a metadata entry 'none'"),
                (["--rename", "b=block.0.weight"], "USAGE the name 'block.0.weight' exists already"),
                (["--rename", "b=__metadata__"], "USAGE does not allow the new name"),
                (["--rename", "__metadata__=a"], "neither a tensor"),
                (["--rename", "b="], "USAGE the new name is empty"),
                (["--rename", "b=c", "--rename", "block.0.weight=c"], "USAGE the name 'c' exists already"),
                (["--rename", "title=new", "--set", "new=1"], "USAGE two changes make a metadata entry 'new'"),
                (["--rename", "title=format"], "USAGE the name 'format' exists already"),
                (["--set", "a\nb=1"], "control character in a key"),
                (["--rename", "b=a\nb"], "control character in a key"),
                (["--set", "=1"], "USAGE --set takes KEY=VALUE"),
                (["--rename", "a"], "USAGE --rename takes OLD=NEW"),
                ([], "USAGE edit needs a change")]:
            with self.subTest(changes):
                self.refused(self.path, *changes, says=says)
        self.path.chmod(0o400)
        if os.geteuid() != 0:
            self.refused(self.path, "--set", "title=a", says="read-only")
        self.path.chmod(0o600)
        torch.save(self.tensors, self.tmp / "x.pt")
        self.refused(self.tmp / "x.pt", "--set", "a=b", says="the format 'torch' cannot be edited")
        self.path.write_bytes(self.path.read_bytes()[:-1])
        self.refused(self.path, "--set", "title=a", says="bytes")

    def test_split(self):
        """The metadata of a shard can be edited; the names are in the index, too."""
        self.run_fmtconv("-t", "none", "-w", "safetensors:max-shard-size=100KB", self.path, self.tmp / "s.safetensors")
        shard = min(self.tmp.glob("s-*.safetensors"))
        self.edit(shard, "--set", "title=other")
        with safetensors.safe_open(shard, "pt") as f:
            self.assertEqual(f.metadata()["title"], "other")
            name = next(iter(f.keys()))
        self.refused(shard, "--rename", f"{name}=x", says="USAGE the index of a split model has its name")
        self.refused(self.tmp / "s.safetensors.index.json", "--set", "a=b", says="index of a split model")


class Gguf(Edits):
    def setUp(self):
        super().setUp()
        self.path, self.old = self.tmp / "x.gguf", self.tmp / "old.gguf"
        self.write(gguf.GGUFEndian.LITTLE)

    def write(self, endian):
        writer = gguf.GGUFWriter(self.path, "test", endianess=endian)
        writer.add_name("a model")
        for name, kind in NUMBERS.items():
            writer.add_key_value(f"x.{name}", 1, kind)
            writer.add_key_value(f"y.{name}", [1, 2], TYPES.ARRAY, sub_type=kind)
        writer.add_bool("x.bool", False)
        writer.add_key_value("words", [str(i) * (i % 9) for i in range(9000)], TYPES.ARRAY, sub_type=TYPES.STRING)
        writer.add_custom_alignment(64)
        writer.add_string("last", "ü")
        rows = np.random.default_rng(1)
        for i in range(5):
            writer.add_tensor(f"blk.{i}.weight", rows.standard_normal((32, 96)).astype(np.float32))
        writer.add_tensor("half", rows.standard_normal((3, 64)).astype(np.float16))
        finish(writer)
        shutil.copy(self.path, self.old)

    @staticmethod
    def keys(path):
        return {n: (tuple(f.types), f.contents()) for n, f in gguf.GGUFReader(path).fields.items() if not n.startswith("GGUF.")}

    @staticmethod
    def tensors(path):
        return [(t.name, t.tensor_type, t.shape.tolist(), t.data.tobytes()) for t in gguf.GGUFReader(path).tensors]

    def check(self, keys=None, gone=(), names=None):
        """gguf-py finds the keys in the old order with these changes, and the tensors with their bytes."""
        wanted = {n: v for n, v in self.keys(self.old).items() if n not in gone} | (keys or {})
        self.assertEqual([*self.keys(self.path).items()], [*wanted.items()])
        self.assertEqual(self.tensors(self.path), [((names or {}).get(n, n), *rest) for n, *rest in self.tensors(self.old)])
        self.run_fmtconv("verify", self.path)
        self.assert_clean(self.tmp)

    def test_numbers(self):
        """A key keeps its type; all values that the type holds are written, and no other.  A number that does not lie across
        two sectors is written in place."""
        for endian in gguf.GGUFEndian.LITTLE, gguf.GGUFEndian.BIG:
            self.write(endian)
            for name, limits in LIMITS.items():
                for value in limits:
                    at = gguf.GGUFReader(self.path).fields[f"x.{name}"].parts[-1].ctypes.data  # only its place in the map counts
                    across = at % 512 > 512 - int(name[1:]) // 8
                    self.assertEqual(self.way(self.path, "--set", f"x.{name}={value}") == "replaced", across)
                    self.assertEqual(self.keys(self.path)[f"x.{name}"], ((NUMBERS[name],), value))
                for value in (limits[0] - 1, limits[1] + 1) if endian is gguf.GGUFEndian.LITTLE else ():
                    self.refused(self.path, "--set", f"x.{name}={value}", says="USAGE not a value of the type" if abs(value) < 2**63 else "USAGE ")
            for value in ("1.5", "true", "x", "", "[1]"):
                self.refused(self.path, "--set", f"x.i32={value}", says="USAGE not a value of the type i32")
            for name, value in (("f32", 0.1), ("f64", -1e300), ("f32", 7)):
                self.edit(self.path, "--set", f"x.{name}={value}")
                self.assertEqual(self.keys(self.path)[f"x.{name}"][1], np.float32(value) if name == "f32" else value)
            self.refused(self.path, "--set", "x.f32=1e39", says="USAGE not a value of the type f32")
            self.edit(self.path, "--set", "x.bool=true")
            self.assertEqual(self.keys(self.path)["x.bool"], ((TYPES.BOOL,), True))
            self.assertEqual(self.tensors(self.path), self.tensors(self.old))

    def test_strings_and_arrays(self):
        for changes, keys in [
                ({"general.name": "another, longer model ü"}, {"general.name": ((TYPES.STRING,), "another, longer model ü")}),
                ({"y.i16": "[-1, 2,3]"}, {"y.i16": ((TYPES.ARRAY, TYPES.INT16), [-1, 2, 3])}),
                ({"words": '["a","b\\n"]'}, {"words": ((TYPES.ARRAY, TYPES.STRING), ["a", "b\n"])}),
                ({"a.new:[f32]": "[0.5,1]"}, {"a.new": ((TYPES.ARRAY, TYPES.FLOAT32), [0.5, 1])}),
                ({"a:b:str": "1"}, {"a:b": ((TYPES.STRING,), "1")}),
                ({"a:b": "2"}, {"a:b": ((TYPES.STRING,), "2")}),
                ({"x.u8:i64": "-1"}, {"x.u8": ((TYPES.INT64,), -1)})]:
            shutil.copy(self.path, self.old)
            self.edit(self.path, *[w for k, v in changes.items() for w in ("--set", f"{k}={v}")])
            self.check(keys)

    def test_big_endian(self):
        self.write(gguf.GGUFEndian.BIG)
        self.edit(self.path, "--set", "general.name=b", "--set", "y.u16=[7]", "--set", "n:u32=5", "--unset", "last", "--rename", "half=full")
        self.check({"general.name": ((TYPES.STRING,), "b"), "y.u16": ((TYPES.ARRAY, TYPES.UINT16), [7]), "n": ((TYPES.UINT32,), 5)},
                   ["last"], {"half": "full"})

    def test_like_gguf_py(self):
        """All of it at once equals the file that gguf-py writes, byte for byte."""
        self.edit(self.path, "--set", "general.name=b", "--unset", "last", "--unset", "words", "--rename", "x.u8=z.u8",
                  "--rename", "blk.0.weight=first", "--rename", "blk.1.weight=blk.0.weight", "--set", "new:u16=9", "--set", "s:str=t")
        writer = gguf.GGUFWriter(self.tmp / "wanted.gguf", "test")
        names = {"x.u8": "z.u8"}
        for name, (types, value) in self.keys(self.old).items():
            if name not in ("general.architecture", "last", "words"):
                writer.add_key_value(names.get(name, name), "b" if name == "general.name" else value, types[0],
                                     sub_type=types[1] if len(types) > 1 else None)
        writer.add_uint16("new", 9)
        writer.add_string("s", "t")
        writer.data_alignment = 64
        renamed = {"blk.0.weight": "first", "blk.1.weight": "blk.0.weight"}
        for t in gguf.GGUFReader(self.old).tensors:
            writer.add_tensor(renamed.get(t.name, t.name), t.data)
        finish(writer)
        self.assertEqual(self.path.read_bytes(), (self.tmp / "wanted.gguf").read_bytes())
        (self.tmp / "wanted.gguf").unlink()

    def test_shapes(self):
        """The key with the original shape of a tensor follows its name."""
        key = "comfy.gguf.orig_shape."
        writer = gguf.GGUFWriter(self.path, "flux")
        writer.add_array(key + "a", [2, 3, 16])
        writer.add_tensor("a", np.ones((3, 32), np.float32))
        finish(writer)
        self.edit(self.path, "--rename", "a=b")
        self.assertEqual([*self.keys(self.path)][1:], [key + "b"])
        self.run_fmtconv("-t", "none", self.path, self.tmp / "o.safetensors")
        self.assertEqual(safetensors.torch.load_file(self.tmp / "o.safetensors")["b"].shape, (2, 3, 16))

    def test_without_tensors(self):
        """A file of keys alone, as of a vocabulary."""
        writer = gguf.GGUFWriter(self.path, "test")
        writer.add_string("a", "b")
        finish(writer)
        shutil.copy(self.path, self.old)
        self.edit(self.path, "--set", "a=longer", "--set", "c:bool=true")
        self.check({"a": ((TYPES.STRING,), "longer"), "c": ((TYPES.BOOL,), True)})

    def test_refusals(self):
        for changes, says in [
                (["--set", "general.alignment=32"], "USAGE describes how the tensors are stored"),
                (["--unset", "general.alignment"], "USAGE describes how the tensors are stored"),
                (["--set", "split.count:u16=2"], "USAGE describes how the tensors are stored"),
                (["--rename", "last=split.no"], "USAGE describes how the tensors are stored"),
                (["--set", "none=1"], "USAGE give its type"),
                (["--set", "none:u99=1"], "USAGE 'u99' is not a type of GGUF"),
                (["--set", "ü:u8=1"], "USAGE not printable ASCII"),
                (["--set", "y.i32=1"], "USAGE is not an array"),
                (["--set", "y.i32=[1,\"a\"]"], "USAGE not a value of the type i32"),
                (["--set", "y.i32=[1"], "USAGE "),
                (["--set", "a:u8=1", "--set", "a:u16=1"], "USAGE two changes make a key 'a'"),
                (["--set", "last=1", "--set", "last:u8=1"], "USAGE two changes concern the same entry"),
                (["--unset", "last", "--set", "last:u8=1"], "USAGE two changes concern the key 'last'"),
                (["--unset", "none"], "no key 'none'"),
                (["--rename", "none=a"], "neither a tensor nor a key 'none'"),
                (["--rename", "half=blk.0.weight"], "USAGE the name 'blk.0.weight' exists already"),
                (["--rename", "half=" + "x" * 64], "USAGE does not have 1 to 63 bytes"),
                (["--rename", "last=words"], "USAGE the key 'words' exists already")]:
            with self.subTest(changes):
                self.refused(self.path, *changes, says=says)

    def test_split(self):
        self.run_fmtconv("-t", "none", "-w", "gguf:split-max-size=20K", self.path, self.tmp / "s.gguf")
        first, second = sorted(self.tmp.glob("s-*.gguf"))[:2]
        self.edit(first, "--set", "general.name=b")
        self.assertEqual(self.keys(first)["general.name"][1], "b")
        self.run_fmtconv("verify", first)
        self.refused(second, "--set", "a:u8=1", says="a later file of a split model")
        self.refused(first, "--rename", f"{self.tensors(first)[0][0]}=a", says="USAGE several files")


if __name__ == "__main__":
    unittest.main()
