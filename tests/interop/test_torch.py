# SPDX-License-Identifier: Apache-2.0
"""torch.save files of every kind: the tensors are bit for bit those of torch."""
# Plugins: safetensors torch
# Marks: data

import json
import pickle
import random
import sys
import unittest
import warnings
import zipfile
from collections import OrderedDict
from pathlib import Path

sys.path.insert(1, str(Path(__file__).resolve().parent.parent / "invalid"))

import make_torch_zoo as zoo
import picklekit as kit
import safetensors.torch
import torch
from support import Case

warnings.filterwarnings("ignore")


class Torch(Case):
    def convert(self, value, wanted, reader="torch", **options):
        """Saves, converts, and compares with the expected tensors."""
        source, out = self.tmp / "in.pt", self.tmp / "out.safetensors"
        torch.save(value, source, **options)
        return self.compare(source, out, wanted, reader)

    def compare(self, source, out, wanted, reader="torch"):
        result = self.run_fmtconv("-f", "-r", reader, "-t", "none", "-w", "safetensors:tied=copy", source, out)
        wanted = {name: torch.Tensor.detach(t).as_subclass(torch.Tensor) for name, t in wanted.items()}
        self.assert_same(safetensors.torch.load_file(out), wanted, reader)
        return result

    def refuse(self, value, says, reader="torch", status=1, **options):
        source, out = self.tmp / "in.pt", self.tmp / "none.safetensors"
        torch.save(value, source, **options)
        result = self.run_fmtconv("-r", reader, "-t", "none", "-w", "safetensors", source, out, status=status)
        self.assertIn(says, result.stderr)
        self.assertFalse(out.exists())
        self.assert_clean(self.tmp)

    def inspect(self, value, reader="torch"):
        source = self.tmp / "in.pt"
        torch.save(value, source)
        said = self.run_fmtconv("inspect", "--json", "-r", reader, source).stdout
        return json.loads(said.splitlines()[-1])  # after the messages

    def test_shapes(self):
        """Every storage type in every geometry, one file and all protocols that torch writes."""
        tensors = zoo.all_shapes()
        for protocol in (2, 3, 4, 5):
            self.convert(tensors, tensors, pickle_protocol=protocol)

    def test_complex(self):
        """Types that no writer has yet are read, and named where they cannot be written."""
        source, out = self.tmp / "in.pt", self.tmp / "out.safetensors"
        tensors = {f"{str(dtype)[6:]}.{name}": t for dtype in (torch.complex32, torch.complex128)
                   for name, t in zoo.shapes(dtype).items()}
        for new in (True, False):
            torch.save(tensors, source, _use_new_zipfile_serialization=new)
            found = json.loads(self.run_fmtconv("inspect", "--json", "--tensors", source).stdout)
            shown = {t["name"]: (t["dtype"], t["shape"], t["bytes"]) for t in found["list"]}
            self.assertEqual(shown, {name: ("c32" if t.dtype == torch.complex32 else "c128", list(t.shape),
                                            t.numel() * t.itemsize) for name, t in tensors.items()})
            result = self.run_fmtconv("-r", "torch", "-t", "none", source, out, status=1)
            self.assertIn("c128", result.stderr)

    def test_before_1_6(self):
        """The format without an archive: every storage type and geometry, ties, parameters, training state."""
        old = {"_use_new_zipfile_serialization": False}
        tensors = zoo.all_shapes()
        for protocol in (2, 3, 4, 5):
            self.convert(tensors, tensors, pickle_protocol=protocol, **old)
        parameters = zoo.parameters()
        self.convert(parameters, parameters, **old)
        found = json.loads(self.run_fmtconv("inspect", "--json", self.tmp / "in.pt").stdout)
        self.assertEqual((found["format"], found["storages"]["tied"]), ("torch", 3))
        weights = zoo.module().state_dict()
        self.convert(zoo.training_state(weights), weights, **old)
        flat = torch.randn(1000)
        self.convert({"a": flat[3:10], "b": flat[500:].view(5, 100).t()}, {"a": flat[3:10], "b": flat[500:].view(5, 100).t()},
                     **old)
        self.convert(flat, {"tensor": flat}, **old)
        self.convert(zoo.module(), weights, **old)
        self.refuse({"state_dict": weights, "net": zoo.module()}, "both 'state_dict' and 'net' hold weights", **old)
        for name, (value, says) in zoo.refused().items():
            with self.subTest(name):
                self.refuse({"x": value}, says, **old)
                self.convert({"model": {"a": flat}, "x": value}, {"a": flat}, **old)
        # A storage next to a tensor of it: the first one decides how elements are counted.
        small = torch.arange(6, dtype=torch.uint8)
        for value in ([small.untyped_storage(), small], [small, small.untyped_storage()]):
            self.convert({"model": {"a": small}, "x": value}, {"a": small}, **old)

    def test_parts_of_storages(self):
        """Files as torch before 0.4 wrote them, made by hand: torch reads the same; the byte order of the machine does
        not matter."""
        source, out = self.tmp / "in.pt", self.tmp / "out.safetensors"
        part = kit.tensor((2,), of=kit.storage("7", more=(("8", 1, 3),)), offset=1)
        whole = kit.tensor((4,), of=kit.storage("7", more=(None,)))
        for little in (True, False):
            source.write_bytes(kit.legacy(kit.dict_of(("part", part), ("whole", whole)), [("7", 4, bytes(range(16)))],
                                          system=kit.dict_of(("little_endian", little))))
            wanted = torch.load(source, weights_only=False)
            self.assertTrue(torch.equal(wanted["part"], wanted["whole"][2:4]))
            self.compare(source, out, wanted)

    def test_bare_pickles(self):
        """Pickles of tensors made by Python, each with its storage inside."""
        source, out = self.tmp / "in.pkl", self.tmp / "out.safetensors"
        tensors = zoo.all_shapes()
        for protocol in (3, 4, 5):
            source.write_bytes(pickle.dumps({"state_dict": tensors, "epoch": 3}, protocol))
            self.compare(source, out, tensors)
        weights = zoo.module().state_dict()
        source.write_bytes(pickle.dumps(OrderedDict(weights)))
        self.compare(source, out, weights)
        self.assertEqual(json.loads(self.run_fmtconv("inspect", "--json", source).stdout)["format"], "torch")
        large = {"a": torch.randn(5 << 20), "b": torch.ones(2)}
        source.write_bytes(pickle.dumps(large))
        self.compare(source, out, large)
        source.write_bytes(pickle.dumps(weights, 2))  # the storages are texts
        self.compare(source, out, weights)
        source.write_bytes(pickle.dumps({"step": 3}))
        result = self.run_fmtconv("-f", "-r", "torch", source, out, status=1)
        self.assertIn("no tensors in root '.'", result.stderr)

    def test_shared(self):
        """Windows of one storage at many offsets, as ZeRO leaves them."""
        flat = torch.randn(1000, dtype=torch.float64).to(torch.bfloat16)
        cuts = sorted(random.Random(0).sample(range(1000), 40))
        tensors = {f"p{i}": flat[a:b] for i, (a, b) in enumerate(zip(cuts, cuts[1:]))}
        tensors["all"] = flat
        self.convert(tensors, tensors)
        self.assertEqual(self.inspect(tensors)["storages"]["shared"], 1)

    def test_parameters(self):
        tensors = zoo.parameters()
        self.convert(tensors, tensors)
        self.assertEqual(self.inspect(tensors)["storages"]["tied"], 3)

    def test_module(self):
        state = zoo.module().state_dict()
        self.convert(state, state)
        for key in ("state_dict", "model", "module"):
            self.convert({"epoch": 3, key: state}, state)
        self.convert({"model": {"state_dict": state}, "state_dict": 1}, state)
        self.convert(zoo.module(), state)

    def test_nesting(self):
        t = [torch.full((2,), float(i)) for i in range(5)]
        value = OrderedDict({"a": {"b": t[0], 3: t[1]}, "l": [t[2], (t[3], {"x": t[4]})], "none": None, -1: t[0]})
        self.convert(value, {"a.b": t[0], "a.3": t[1], "l.0": t[2], "l.1.0": t[3], "l.1.1.x": t[4], "-1": t[0]})
        self.convert(t[0], {"tensor": t[0]})
        self.convert([t[0], t[1]], {"0": t[0], "1": t[1]})
        self.convert(value, {"0": t[3], "1.x": t[4]}, reader="torch:root=l.1")
        self.convert(value, {"tensor": t[1]}, reader="torch:root=a.3")

    def test_training_state(self):
        weights = zoo.module().state_dict()
        self.convert(zoo.training_state(weights), weights)
        report = self.inspect(zoo.training_state(weights))
        facts = report["attributes"]["source"]["torch"]
        self.assertEqual(facts, {"global_steps": 12, "ds_version": "0.16.9", "iteration": 12, "loss": 0.25, "args": {"mode": "finetune"}})
        skipped = {line["what"].split(":")[0]: line for line in report["skipped"]}
        self.assertEqual(set(skipped), set(zoo.training_state(weights)) - {"module"})
        self.assertIn(f"{len(weights)} tensors", skipped["frozen_param_fragments"]["what"])
        self.assertEqual(skipped["frozen_param_fragments"]["bytes"],
                         sum(t.numel() * t.element_size() for t in weights.values()))

    def test_whole_training_state(self):
        """root=. reads tensors at any depth, and lists objects that cannot be tensors."""
        state = zoo.training_state(zoo.module().state_dict())
        self.refuse(state, "a sparse tensor", reader="torch:root=.")
        del state["sparse"]
        wanted = {f"module.{k}": v for k, v in state["module"].items()}
        wanted |= {f"frozen_param_fragments.{k}": v for k, v in state["frozen_param_fragments"].items()}
        array = torch.arange(6, dtype=torch.float32).reshape(2, 3)
        wanted |= {"np_rng_state.1": torch.from_numpy(state["np_rng_state"][1]), "numpy.0": array, "numpy.1": array.T}
        wanted |= {"torch_rng_state": state["torch_rng_state"], "odd.12.0.exp_avg": state["odd"][12][0]["exp_avg"]}
        self.convert(state, wanted, reader="torch:root=.")

    def test_ema(self):
        a, b = {"w": torch.zeros(2)}, {"w": torch.ones(2)}
        self.refuse({"model": a, "model_ema": b}, "root=model_ema")
        self.convert({"model": a, "model_ema": b}, b, reader="torch:root=model_ema")
        self.refuse({"params": a, "params_ema": b}, "root=params_ema")
        self.convert({"params": a, "params_ema": b}, {"params.w": a["w"], "params_ema.w": b["w"]}, reader="torch:root=.")

    def test_refused(self):
        for name, (value, says) in zoo.refused().items():
            with self.subTest(name):
                self.refuse({"x": value}, says)
                self.convert({"model": {"a": torch.ones(1)}, "x": value}, {"a": torch.ones(1)})

    def test_script(self):
        source = self.tmp / "in.pt"
        torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), source)
        result = self.run_fmtconv("inspect", "-r", "torch", source, status=1)
        self.assertIn("TorchScript", result.stderr)

    def test_archives(self):
        """No checksums, and archives that another program packed again: deflated, zip64, another root."""
        tensors, source, out = zoo.shapes(torch.float32), self.tmp / "in.pt", self.tmp / "out.safetensors"
        torch.serialization.set_crc32_options(False)
        try:
            self.convert(tensors, tensors)
        finally:
            torch.serialization.set_crc32_options(True)
        torch.save(tensors, source)
        for method, root, large in ((zipfile.ZIP_STORED, "in", False), (zipfile.ZIP_DEFLATED, "in", False),
                                    (zipfile.ZIP_STORED, "another name", True), (zipfile.ZIP_DEFLATED, "x", True)):
            packed = self.tmp / f"packed{method}{root}.pt"
            with zipfile.ZipFile(source) as old, zipfile.ZipFile(packed, "w", method) as new:
                for name in reversed(old.namelist()):
                    with new.open(f"{root}/{name.partition('/')[2]}", "w", force_zip64=large) as member:
                        member.write(old.read(name))
            self.compare(packed, out, tensors)
            found = json.loads(self.run_fmtconv("inspect", "--json", packed).stdout)
            self.assertEqual(found["format"], "torch")

    def test_big_endian(self):
        """An archive of the other byte order is swapped, with any other operations on its elements."""
        source, big, out = self.tmp / "in.pt", self.tmp / "big.pt", self.tmp / "out.safetensors"
        tensors = {f"{str(dtype)[6:]}.{name}": t for dtype in zoo.TYPED for name, t in zoo.shapes(dtype).items()}
        tensors |= {f"u8.{name}": t for name, t in zoo.shapes(torch.float8_e4m3fn).items()}
        large = torch.randn(700, 1001)
        tensors |= {"large": large, "large_t": large.t(), "large_cut": large[:, 3:990], "tied": large}
        torch.save(tensors, source)
        parts = {t.untyped_storage()._cdata: (t.dtype.itemsize // (2 if t.is_complex() else 1)) for t in tensors.values()}
        order = list(dict.fromkeys(t.untyped_storage()._cdata for t in tensors.values()))
        with zipfile.ZipFile(source) as old, zipfile.ZipFile(big, "w") as new:
            for name in old.namelist():
                data = old.read(name)
                if name.endswith("/byteorder"):
                    data = b"big"
                elif "/data/" in name:
                    part = parts[order[int(name.rpartition("/")[2])]]
                    data = b"".join(data[i:i + part][::-1] for i in range(0, len(data), part)) if part > 1 else data
                new.writestr(name, data)
        wanted = torch.load(big)
        self.assert_same(wanted, tensors)
        self.compare(big, out, wanted)
        for flags in (["-j1"], ["-j4", "--memory", "1M"], ["--verify"]):
            self.run_fmtconv("-f", "-r", "torch", "-t", "none", *flags, big, out)
            self.assert_same(safetensors.torch.load_file(out), tensors)
        floats = {name: t for name, t in tensors.items() if t.dtype == torch.float32}
        self.run_fmtconv("-f", "-r", "torch", "-t", "none", "--dtype", "bf16", big, out)
        got = safetensors.torch.load_file(out)
        self.assert_same({name: got[name] for name in floats}, {name: t.to(torch.bfloat16) for name, t in floats.items()})
        result = self.run_fmtconv("-n", "-f", "-r", "torch", "-t", "none", "--dtype", "bf16", big, out)
        self.assertRegex(result.stdout, r"large_t .*gather, swap, round bf16")

    def test_big_numbers(self):
        """A million small values next to the weights need little memory; numbers beyond 31 and 63 bits are read."""
        weights = {"a": torch.ones(2)}
        value = {"model": weights, "state": list(range(1_000_000)), "big": [1 << 31, 1 << 63, -(1 << 63)]}
        self.convert(value, weights)
        self.convert(value, weights, _use_new_zipfile_serialization=False)


if __name__ == "__main__":
    unittest.main()
