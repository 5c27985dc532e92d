# SPDX-License-Identifier: Apache-2.0
"""Files of the torch and sat writers: torch.load opens them, zipfile accepts all checksums, and SAT's loader works."""
# Plugins: cast safetensors sat torch
# Marks: data

import json
import struct
import subprocess
import unittest
import warnings
import zipfile
from collections import OrderedDict

import make_torch_zoo as zoo
import safetensors.torch
import torch
from support import Case

warnings.filterwarnings("ignore")


def every_tensor():
    """Every data type that torch has in every geometry."""
    types = zoo.TYPED + zoo.UNTYPED + [torch.complex128, torch.complex32]
    return OrderedDict((f"{str(d)[6:]}.{name}", t) for d in types for name, t in zoo.shapes(d).items())


def starts(path):
    """Returns the offset of every member's bytes: local headers have the length of the padding."""
    data = path.read_bytes()
    for info in zipfile.ZipFile(path).infolist():
        name, extra = struct.unpack_from("<HH", data, info.header_offset + 26)
        yield info, info.header_offset + 30 + name + extra


def sat_load(folder):
    """As SAT's load_checkpoint: the iteration in latest, its file, of that the module."""
    word = (folder / "latest").read_text().strip()
    iteration = 0 if word == "release" else int(word)
    name = "release" if word == "release" else str(iteration)
    path = folder / name / f"mp_rank_{0:02d}_model_states.pt"
    return torch.load(path, map_location="cpu", weights_only=True)["module"]


class Written(Case):
    def save(self, tensors, name="in.pt"):
        path = self.tmp / name
        torch.save(tensors, path)
        return path

    def write(self, source, *more, writer="torch", out="out.pt"):
        path = self.tmp / out
        self.run_fmtconv("-f", "--verify", "-t", "none", "-w", writer, *more, source, path)
        return path

    def loaded(self, path):
        self.assertIsNone(zipfile.ZipFile(path).testzip())
        return torch.load(path, weights_only=True)


class Writer(Written):
    def test_every_type_and_shape(self):
        tensors = every_tensor()
        got = self.loaded(self.write(self.save(tensors)))
        self.assertIs(type(got), OrderedDict)
        self.assertEqual(list(got), list(tensors))
        self.assert_same(got, tensors)
        for name, t in got.items():
            self.assertEqual(t.stride(), torch.empty(t.shape).stride(), name)
            self.assertFalse(t.requires_grad)

    def test_members_are_those_of_torch(self):
        """Names, order, contents, alignment; only the pickle differs, and the number computed of it."""
        tensors = {"a": torch.arange(5), "b": torch.zeros(0, 3), "c": torch.randn(7, 3), "d": torch.ones(())}
        ours = self.write(self.save(tensors), out="model.v1.pt")
        (self.tmp / "theirs").mkdir()
        theirs = self.save(tensors, "theirs/model.v1.pt")
        a, b = (zipfile.ZipFile(p) for p in (ours, theirs))
        self.assertEqual(a.namelist(), b.namelist())
        for name in a.namelist():
            if not name.endswith(("/data.pkl", "/serialization_id")):
                self.assertEqual(a.read(name), b.read(name), name)
        for info, start in starts(ours):
            self.assertEqual(start % 64, 0, info.filename)
            self.assertEqual((info.compress_type, info.flag_bits), (0, 0x0808 if info.file_size else 0x0800))

    def test_names_of_the_archive(self):
        """The name of the folder inside as torch chooses it, or "archive" if the file's name is not suitable."""
        source = self.save({"a": torch.ones(2)})
        for out, folder in (("x.pth", "x"), ("a-b.bin", "a-b"), ("ä.pt", "archive"), ("a b.ckpt", "archive"), ("...pt", "archive")):
            names = zipfile.ZipFile(self.write(source, out=out)).namelist()
            self.assertEqual({n.split("/")[0] for n in names}, {folder}, out)

    def test_ties(self):
        """Two names for the same bytes share a storage, in the file and in torch."""
        a, b = torch.randn(64, 8), torch.randn(64, 8).half()
        tensors = OrderedDict(first=a, other=b, again=a, alone=a.clone(), more=b, last=a)
        path = self.write(self.save(tensors))
        got = self.loaded(path)
        self.assert_same(got, tensors)
        pointers = {name: t.data_ptr() for name, t in got.items()}
        self.assertEqual(len(set(pointers.values())), 3)
        self.assertTrue(pointers["first"] == pointers["again"] == pointers["last"])
        self.assertEqual(len([n for n in zipfile.ZipFile(path).namelist() if "/data/" in n]), 3)
        report = json.loads(self.run_fmtconv("inspect", "--json", path).stdout)
        self.assertEqual(report["storages"]["tied"], 5)

    def test_many(self):
        """More tensors than a batch of the pickle, a byte or 16 bits can count."""
        safetensors.torch.save_file({}, self.tmp / "in.safetensors")
        error = self.run_fmtconv("-t", "none", "-w", "torch", self.tmp / "in.safetensors", self.tmp / "none.pt", status=1).stderr
        self.assertIn("nothing to write", error)  # torch.load would return an empty dictionary, which is no model
        for n in (1, 999, 1000, 1001, 2001, 70000):
            tensors = OrderedDict((f"layer.{i}.weight", torch.full((1 + i % 3,), i, dtype=torch.int32)) for i in range(n))
            source = self.tmp / "in.safetensors"
            safetensors.torch.save_file(tensors, source)
            got = torch.load(self.write(source), weights_only=True)
            self.assertEqual(len(got), n)
            self.assertTrue(all(torch.equal(t, tensors[name]) for name, t in got.items()))

    def test_names(self):
        """Whatever a name may be."""
        tensors = {"ö.é漢": 1, "a\\b'\"": 2, "x" * 4000: 3, "/": 4, "..": 5, "module": 6, "state_dict": 7}
        tensors = OrderedDict((k, torch.tensor([v])) for k, v in tensors.items())
        self.assert_same(self.loaded(self.write(self.save(tensors))), tensors)

    def test_large_numbers(self):
        """Strides that need more than 31 bits, of tensors without elements."""
        tensors = {"a": torch.empty(0, 70000, 70000), "b": torch.empty(300, 0, 66000)}
        self.assert_same(self.loaded(self.write(self.save(tensors))), tensors)

    def test_there_and_back(self):
        """safetensors → torch → safetensors gives the very bytes."""
        tensors = {n: t.contiguous().clone() for n, t in every_tensor().items() if "complex32" not in n and "complex128" not in n}
        source = self.tmp / "in.safetensors"
        safetensors.torch.save_file(tensors, source, {"format": "pt"})
        back = self.write(self.write(source), writer="safetensors", out="back.safetensors")
        self.assertEqual(back.read_bytes(), source.read_bytes())

    def test_same_bytes(self):
        """Whatever the threads and the memory, converted or copied."""
        source = self.save({f"w{i}": torch.randn(300, 1000 + i) for i in range(9)})
        for more in ((), ("--dtype", "bf16")):
            first = None
            for threads, memory in ((1, "64M"), (2, "2M"), (5, "1M"), (5, "64M")):
                path = self.write(source, "--threads", threads, "--memory", memory, *more)
                self.loaded(path)
                first = first or path.read_bytes()
                self.assertEqual(path.read_bytes(), first, (threads, memory))

    def test_root(self):
        tensors = {"a.b": torch.ones(3)}
        source = self.save(tensors)
        self.assert_same(self.loaded(self.write(source, writer="torch:root=module"))["module"], tensors)
        self.assert_same(self.loaded(self.write(source, writer="torch:root=x.y"))["x"]["y"], tensors)
        self.assert_same(self.loaded(self.write(source, writer="torch:root=.")), tensors)
        for bad in ("a..b", ".a", "a.", ".".join("a" * 17)):
            result = self.run_fmtconv("-t", "none", "-w", f"torch:root={bad}", source, self.tmp / "no.pt", status=2)
            self.assertIn("keys joined by dots", result.stderr)

    def test_metadata_is_named(self):
        source = self.tmp / "in.safetensors"
        safetensors.torch.save_file({"a": torch.ones(2)}, source, {"format": "pt", "lora_adapter_metadata": "{}"})
        result = self.run_fmtconv("-t", "none", source, self.tmp / "out.pt")
        self.assertIn("torch files cannot hold metadata", result.stderr)
        self.assertIn("lora_adapter_metadata", result.stderr)

    def test_damage_is_seen(self):
        """The checksums are of the data: one wrong bit is found, by our reader and by zipfile."""
        path = self.write(self.save({"a": torch.randn(1000)}))
        data = bytearray(path.read_bytes())
        start = next(s for info, s in starts(path) if info.filename.endswith("data/0"))
        data[start + 77] ^= 4
        path.write_bytes(data)
        self.assertIsNotNone(zipfile.ZipFile(path).testzip())
        result = self.run_fmtconv("-t", "none", path, self.tmp / "x.safetensors", status=1)
        self.assertIn("checksum mismatch", result.stderr)

    def test_unzip(self):
        path = self.write(self.save(every_tensor()))
        try:
            result = subprocess.run(["unzip", "-tq", path], capture_output=True, text=True)
        except FileNotFoundError:
            self.skipTest("there is no unzip")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)


class Sat(Written):
    def test_loads_as_sat_does(self):
        tensors = {"model.diffusion_model.a": torch.randn(5, 3).half(), "b.c": torch.arange(4)}
        source = self.save({"module": tensors})
        for params, word in (("", "1"), (":iteration=1000", "1000"), (":iteration=release", "release")):
            out = self.write(source, writer="sat" + params, out=f"run-{word}")
            self.assertEqual((out / "latest").read_text(), word)
            self.assertEqual(sorted(p.name for p in out.iterdir()), sorted([word, "latest"]))
            self.assert_same(sat_load(out), tensors)
            again = self.write(out, writer="safetensors", out="again.safetensors")
            self.assert_same(safetensors.torch.load_file(again), tensors)

    def test_refused(self):
        source = self.save({"a": torch.ones(1)})
        for bad in ("0", "01", "-1", "x", "1/2", "1234567890", ""):
            result = self.run_fmtconv("-t", "none", "-w", f"sat:iteration={bad}", source, self.tmp / "no", status=2)
            self.assertIn("neither a number", result.stderr)
        self.assertFalse((self.tmp / "no").exists())


if __name__ == "__main__":
    unittest.main()
