# SPDX-License-Identifier: Apache-2.0
"""Distributed checkpoints that processes of torch.distributed write give the tensors that torch itself loads."""
# Plugins: dcp safetensors torch

import pickle
import shutil
import tempfile
import unittest
from pathlib import Path

import dcpmake
import safetensors.torch
import torch
import torch.distributed.checkpoint as dcp
from support import Case
from torch.distributed.checkpoint.filesystem import SerializationFormat


class Dcp(Case):
    def convert(self, folder, wanted, *options):
        out = self.tmp / "out.safetensors"
        result = self.run_fmtconv("-f", "--verify", "-t", "none", *options, folder, out)
        self.assert_same(safetensors.torch.load_file(out), wanted, str(folder))
        return result

    def refuse(self, folder, *says, options=()):
        out = self.tmp / "none.safetensors"
        result = self.run_fmtconv("-t", "none", *options, folder, out, status=1)
        for text in says:
            self.assertIn(text, result.stderr)
        self.assertFalse(out.exists())
        return result

    def save(self, state, name="saved", **more):
        folder = self.tmp / name
        dcp.save(state, storage_writer=dcp.FileSystemWriter(folder, **more), no_dist=True)
        return folder

    def ranks(self, function, world, name=None, **more):
        folder = self.tmp / (name or f"{function.__name__}-{world}")
        dcpmake.run_ranks(world, self.tmp, function, folder, more)
        return folder


class Written(Dcp):
    """What torch.distributed.checkpoint loads of folders that fmtconv wrote."""

    def setUp(self):
        super().setUp()
        generator = torch.Generator().manual_seed(1)
        types = (torch.float32, torch.float16, torch.bfloat16, torch.float64, torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8,
                 torch.bool, torch.uint16, torch.uint32, torch.uint64, torch.float8_e4m3fn, torch.float8_e5m2, torch.complex64)
        self.tensors = {f"types.{str(d)[6:]}": (torch.rand(3, 5, generator=generator) * 4).to(d) for d in types}
        self.tensors |= {"scalar": torch.tensor(2.5), "empty": torch.empty(0, 3), "line": torch.arange(7.0),
                         "deep": torch.rand(2, 3, 2, 2, 1, generator=generator)}
        safetensors.torch.save_file(self.tensors, self.tmp / "in.safetensors")

    def write(self, *options, name="written", source="in.safetensors"):
        self.run_fmtconv("-f", "--verify", *options, self.tmp / source, self.tmp / name)
        return self.tmp / name

    def loaded(self, folder, prefix="", tensors=None):
        """All tensors, as a load into tensors of zeros gives them."""
        state = {n: torch.zeros_like(t) for n, t in (tensors or self.tensors).items()}
        dcp.load({prefix: state} if prefix else state, checkpoint_id=folder, no_dist=True)
        return state

    def test_all_types(self):
        folder = self.write("-w", "dcp")
        self.assertEqual(sorted(p.name for p in folder.iterdir()), [".metadata", "__0_0.distcp"])
        self.assert_same(self.loaded(folder), self.tensors)
        self.assert_same(dcpmake.load_all(folder), self.tensors)
        self.convert(folder, self.tensors)

    def test_metadata(self):
        """The same metadata as torch's, but for the places of records."""
        ours = pickle.loads((self.write("-w", "dcp") / ".metadata").read_bytes())
        theirs = pickle.loads((self.save(dict(self.tensors)) / ".metadata").read_bytes())
        self.assertEqual(ours.state_dict_metadata, theirs.state_dict_metadata)
        self.assertEqual(ours.planner_data, theirs.planner_data)
        self.assertEqual(set(ours.storage_data), set(theirs.storage_data))
        self.assertEqual(ours.version, theirs.version)

    def test_root(self):
        for root, path in (("model", ["model"]), ("app.model", ["app", "model"])):
            folder = self.write("-w", f"dcp:root={root}")
            state = {n: torch.zeros_like(t) for n, t in self.tensors.items()}
            whole = state
            for key in reversed(path):
                whole = {key: whole}
            dcp.load(whole, checkpoint_id=folder, no_dist=True)
            self.assert_same(state, self.tensors)
            metadata = pickle.loads((folder / ".metadata").read_bytes())
            self.assertEqual(metadata.planner_data[f"{root}.types.bool"], (*path, "types.bool"))
            self.convert(folder, self.tensors)
        self.assert_same(self.loaded(self.write("-w", "dcp:root=.")), self.tensors)
        for root in ("", ".a", "a.", "a..b"):
            self.run_fmtconv("-w", f"dcp:root={root}", self.tmp / "in.safetensors", self.tmp / "no", status=2)

    def test_files(self):
        tensors = {f"{i:04}": torch.full((100,), float(i)) for i in range(2500)}
        safetensors.torch.save_file(tensors, self.tmp / "many.safetensors")
        folder = self.write("-w", "dcp:max-shard-size=300K", source="many.safetensors")
        self.assertEqual(sorted(p.name for p in folder.glob("*")), [".metadata", *(f"__0_{i}.distcp" for i in range(4))])
        self.assert_same(self.loaded(folder, tensors=tensors), tensors)
        folder = self.write("-w", "dcp", source="many.safetensors")  # the other files are gone
        self.assertEqual(sorted(p.name for p in folder.glob("*")), [".metadata", "__0_0.distcp"])
        self.convert(folder, tensors)

    def test_processes(self):
        """Two processes load their parts of a model that is sharded."""
        model = {n: torch.rand(t.shape, generator=torch.Generator().manual_seed(len(n))).to(t.dtype) if t.is_floating_point() else t
                 for n, t in dcpmake.Net(half=True).state_dict().items()}
        safetensors.torch.save_file(model, self.tmp / "net.safetensors")
        folder = self.write("-w", "dcp:root=model", source="net.safetensors")
        dcpmake.run_ranks(2, self.tmp, dcpmake.load_sharded, folder, model)

    def test_from_ranks(self):
        """A checkpoint of four ranks becomes one of one, tied tensors in full."""
        folder = self.ranks(dcpmake.fsdp2, 4)
        wanted = dcpmake.tensors_of(folder, "model.")
        self.run_fmtconv("-w", "dcp", folder, self.tmp / "joined")
        self.assert_same(self.loaded(self.tmp / "joined", tensors=wanted), wanted)
        torch.save({"a": (a := torch.rand(3)), "b": a}, self.tmp / "tied.pt")
        self.assert_same(self.loaded(self.write("-w", "dcp", source="tied.pt"), tensors={"a": a, "b": a}), {"a": a, "b": a})

    def test_refused(self):
        self.run_fmtconv("-w", "dcp", self.tmp / "in.safetensors", self.tmp / "no" / "where", status=1)
        safetensors.torch.save_file({"w": torch.ones(2, 32)}, self.tmp / "w.safetensors")
        told = self.run_fmtconv("-t", "quantize:to=q8_0,rule=w=q8_0", "-w", "dcp", self.tmp / "w.safetensors", self.tmp / "no", status=1)
        self.assertIn("q8_0", told.stderr)
        self.assertFalse((self.tmp / "no").exists())


class Saved(Dcp):
    def test_fsdp2(self):
        """fully_shard, uneven shards, ranks without a share; a mesh that replicates."""
        for world, more in ((1, {}), (3, {}), (5, {}), (4, {"mesh": (2, 2)})):
            with self.subTest(world=world):
                folder = self.ranks(dcpmake.fsdp2, world, **more)
                wanted = dcpmake.tensors_of(folder, "model.")
                self.assertEqual(len(wanted), 8)
                said = self.convert(folder, wanted).stderr
                self.assertIn("reading 'model' without these", said)
                self.assertIn("optimizer: ", said)
                everything = dcpmake.tensors_of(folder)
                self.assertIn("optimizer.state.up.weight.exp_avg", everything)
                self.convert(folder, everything, "-r", "dcp:root=.")
                self.convert(folder, dcpmake.tensors_of(folder, "optimizer.state."), "-r", "dcp:root=optimizer.state")

    def test_fsdp1(self):
        for world, more in ((3, {}), (2, {"use_mesh": True})):
            with self.subTest(world=world):
                folder = self.ranks(dcpmake.fsdp1, world, **more)
                wanted = dcpmake.tensors_of(folder, "model.")
                self.assertEqual(sorted(wanted), sorted(dcpmake.Net().state_dict()))
                self.convert(folder, wanted)
                self.convert(folder, dcpmake.tensors_of(folder), "-r", "dcp:root=.")

    def test_tensor_parallel(self):
        """Chunks in rows and columns."""
        for mesh in ((2, 2), (1, 3)):
            with self.subTest(mesh=mesh):
                folder = self.ranks(dcpmake.parallel, mesh[0] * mesh[1], mesh=mesh, name=f"tp-{mesh}")
                self.convert(folder, dcpmake.tensors_of(folder, "model."))

    def test_placements(self):
        """Tensors at the top; the optimizer and the data loader beside them are left out."""
        for mesh in ((2, 2),):
            folder = self.ranks(dcpmake.placed, mesh[0] * mesh[1], mesh=mesh, name=f"placed-{mesh}")
            wanted = {name: value for name, value in dcpmake.tensors_of(folder).items()
                      if not name.startswith(("optimizer.", "dataloader."))}
            self.assertEqual(len(wanted), 29)
            said = self.convert(folder, wanted).stderr
            self.assertIn("reading the tensors at the top without these", said)
            self.assertIn("dataloader: 1 tensors", said)

    def test_files_of_ranks(self):
        """Several threads, a file for each record, and any file of the folder as input."""
        folder = self.ranks(dcpmake.fsdp2, 2, thread_count=3)
        self.assertGreater(len(list(folder.glob("*.distcp"))), 2)
        wanted = dcpmake.tensors_of(folder, "model.")
        for source in (folder, folder / ".metadata", folder / "__1_0.distcp"):
            self.convert(source, wanted)
        many = self.ranks(dcpmake.fsdp2, 2, "many", single_file_per_rank=False)
        self.convert(many, dcpmake.tensors_of(many, "model."))

    def test_all_types(self):
        state = {"none": torch.empty(0), "scalar": torch.tensor(2.5), "strided": torch.arange(24.0).reshape(4, 6).t(),
                 "channels": torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last),
                 "expanded": torch.ones(3, 1).expand(3, 4), "part": torch.arange(100)[20:30],
                 "parameter": torch.nn.Parameter(torch.randn(3))}
        for dtype in (torch.bfloat16, torch.float16, torch.float64, torch.int8, torch.uint8, torch.int16, torch.int32,
                      torch.bool, torch.float8_e4m3fn, torch.float8_e5m2, torch.complex64, torch.uint16):
            state[str(dtype)] = torch.randint(0, 2, (3, 5)).to(dtype)
        folder = self.save({"model": state})
        self.convert(folder, {name: value.detach().contiguous() for name, value in state.items()})

    def test_safetensors_records(self):
        """Tensors in a safetensors file after the pickled values."""
        state = {"model": {"a.weight": torch.randn(3, 4), "b": torch.arange(5, dtype=torch.bfloat16),
                           "scalar": torch.tensor(1.5)}, "optimizer": {"x": torch.ones(3)}, "step": 3}
        folder = self.save(state, serialization_format=SerializationFormat.SAFETENSORS)
        self.convert(folder, state["model"])
        folder = self.save({"model": state["model"]}, "plain", serialization_format=SerializationFormat.SAFETENSORS)
        raw = safetensors.torch.load((folder / "__0_0.distcp").read_bytes())
        self.convert(folder, {name.removeprefix("model."): value for name, value in raw.items()})
        for world in (2,):
            folder = self.ranks(dcpmake.fsdp2, world, "sharded", serialization_format=SerializationFormat.SAFETENSORS)
            plain = self.ranks(dcpmake.fsdp2, world, "same")
            self.convert(folder, dcpmake.tensors_of(plain, "model."))
            shutil.rmtree(folder)
            shutil.rmtree(plain)


class Root(Dcp):
    w = {"w": torch.ones(2, 3)}

    def test_root(self):
        w, optimizer = self.w, {"state": {"w": {"exp_avg": torch.zeros(2, 3)}}}
        for n, (state, prefix) in enumerate((
                ({"model": w, "optim": optimizer}, ""), ({"app": {"model": w, "optim": optimizer}}, ""),
                (w, ""), ({"module": w, "lr_scheduler": {"t": torch.ones(1)}}, ""),
                ({"net": w, "optimizer_0": optimizer}, ""), ({"net": w}, ""), ({"model.a": torch.ones(2, 3)}, "model."))):
            folder = self.save(state, f"saved{n}")
            wanted = w if not prefix else {"model.a": torch.ones(2, 3)}
            self.convert(folder, wanted)
        # Names that look like a root, of tensors at the top.
        model = {"model.layers.0.weight": torch.ones(2), "lm_head.weight": torch.zeros(3)}
        self.convert(self.save(model, "hf"), model)

    def test_several(self):
        folder = self.save({"generator": self.w, "discriminator": self.w})
        self.refuse(folder, "several dictionaries hold weights", "root=generator", "root=discriminator")
        self.convert(folder, self.w, "-r", "dcp:root=generator")
        self.refuse(folder, "no tensors in root 'none'", "root=generator", options=("-r", "dcp:root=none"))
        only = self.save({"optimizer": {"state": self.w}}, "only")
        self.refuse(only, "the state of a training, but no model")
        self.refuse(self.save({"step": 3}, "step"), "it holds no tensors")


class Broken(Dcp):
    @classmethod
    def setUpClass(cls):
        whole = tempfile.TemporaryDirectory()
        cls.addClassCleanup(whole.cleanup)
        cls.whole = Path(whole.name)
        for world in (2, 3):
            dcpmake.run_ranks(world, cls.whole, dcpmake.fsdp2, cls.whole / f"run{world}", {})

    def setUp(self):
        super().setUp()
        self.checkpoint = self.tmp / "run"
        shutil.copytree(self.whole / "run2", self.checkpoint)

    def test_missing_files(self):
        (self.checkpoint / "__1_0.distcp").unlink()
        self.refuse(self.checkpoint, "1 of 2 files", "__1_0.distcp")
        (self.checkpoint / "__0_0.distcp").unlink()
        for path in (self.checkpoint, self.checkpoint / ".metadata"):
            self.refuse(path, "2 of 2 files", "__0_0.distcp")

    def test_no_metadata(self):
        (self.checkpoint / ".metadata").rename(self.checkpoint / "__0.metadata")
        self.refuse(self.checkpoint, "one metadata for each rank")
        (self.checkpoint / "__0.metadata").unlink()
        self.refuse(self.checkpoint, "no .metadata in", "interrupted")

    def test_torn_metadata(self):
        whole = (self.checkpoint / ".metadata").read_bytes()
        for n in (0, 1, 40, len(whole) // 2, len(whole) - 1):
            (self.checkpoint / ".metadata").write_bytes(whole[:n])
            self.refuse(self.checkpoint, ".metadata")

    def test_two_runs(self):
        """Files of a save with other shapes, or with more ranks, in the same folder."""
        other = self.tmp / "other"
        dcp.save({"model": {"w": torch.ones(1000)}}, storage_writer=dcp.FileSystemWriter(other), no_dist=True)
        shutil.copy(other / "__0_0.distcp", self.checkpoint / "__0_0.distcp")
        self.refuse(self.checkpoint, "of another save than .metadata")
        wide = self.whole / "run3"
        wanted = dcpmake.tensors_of(wide, "model.")
        shutil.copy(other / "__0_0.distcp", wide / "__7_0.distcp")
        self.assertIn("the metadata does not name these files", self.convert(wide, wanted).stderr)
        (wide / "__7_0.distcp").unlink()
        shutil.copy(wide / "__1_0.distcp", self.checkpoint / "__1_0.distcp")
        self.refuse(self.checkpoint, "of another save than .metadata")

    def test_damage(self):
        path = self.checkpoint / "__0_0.distcp"
        data = bytearray(path.read_bytes())
        path.write_bytes(data[:1000])
        self.refuse(self.checkpoint, "__0_0.distcp", "tensor")
        folder = self.save({"model": {"w": torch.full((100,), 1.25)}})
        path = folder / "__0_0.distcp"
        path.write_bytes(path.read_bytes().replace(b"\0\0\xa0\x3f" * 9, b"\0\0\xa0\x3f" * 8 + b"\0\0\xa0\x40", 1))
        self.refuse(folder, "checksum mismatch", "'w'")
        self.run_fmtconv("-t", "none", "-r", "dcp:crc=ignore", folder, self.tmp / "ignored.safetensors")

    def change(self, function, folder=None):
        """Change the metadata, as a Python object."""
        path = (folder or self.checkpoint) / ".metadata"
        metadata = pickle.loads(path.read_bytes())
        function(metadata)
        path.write_bytes(pickle.dumps(metadata))

    def test_chunks(self):
        """Chunks that overlap, are missing, are beyond the shape, or lie like a pinwheel; places that are not there."""
        def overlapping(metadata):
            chunks = metadata.state_dict_metadata["model.up.weight"].chunks
            chunks[0].sizes = torch.Size([7, 7])

        def missing(metadata):
            metadata.state_dict_metadata["model.up.weight"].chunks.pop()

        def nowhere(metadata):
            for index in [i for i in metadata.storage_data if i.fqn == "model.up.weight"][:1]:
                del metadata.storage_data[index]

        def beyond(metadata):
            metadata.state_dict_metadata["model.up.weight"].size = torch.Size([10, 7])

        def gap(metadata):
            metadata.state_dict_metadata["model.up.weight"].size = torch.Size([12, 7])

        def elsewhere(metadata):
            for info in metadata.storage_data.values():
                info.relative_path = "../x.distcp"

        def type_(metadata):
            metadata.state_dict_metadata["model.up.weight"].properties.dtype = torch.float16

        def changed(metadata):
            for info in metadata.storage_data.values():
                info.transform_descriptors = ["stream.zstd"]

        whole = (self.checkpoint / ".metadata").read_bytes()
        for function, says in ((overlapping, "the metadata says [7, 7]"), (missing, "1 chunks, but 2 are stored"),
                               (nowhere, "is stored nowhere"), (beyond, "reaches beyond its shape [10, 7]"),
                               (gap, "no chunk has its elements from [11, 0] to before [12, 7]"),
                               (elsewhere, "not the plain name of a file"), (type_, "the metadata says f16"),
                               (changed, "'stream.zstd'")):
            with self.subTest(function.__name__):
                (self.checkpoint / ".metadata").write_bytes(whole)
                self.change(function)
                self.refuse(self.checkpoint, says)

    def boxes(self, name, shape, boxes):
        """A tensor of chunks that a program cut as it liked: (offsets, sizes)."""
        folder, whole = self.tmp / name, torch.randn(shape)
        parts = {str(i): whole[tuple(slice(a, a + n) for a, n in zip(at, size))].clone() for i, (at, size) in enumerate(boxes)}
        dcp.save({"model": parts}, storage_writer=dcp.FileSystemWriter(folder), no_dist=True)

        def join(metadata):
            from torch.distributed.checkpoint.metadata import ChunkStorageMetadata, MetadataIndex
            old = metadata.state_dict_metadata
            entry = old["model.0"]
            entry.size = torch.Size(shape)
            entry.chunks = [ChunkStorageMetadata(torch.Size(at), torch.Size(size)) for at, size in boxes]
            infos = {i.fqn: info for i, info in metadata.storage_data.items()}
            metadata.storage_data = {MetadataIndex("model.w", at): infos[f"model.{i}"] for i, (at, _) in enumerate(boxes)}
            metadata.state_dict_metadata = {"model.w": entry}
            metadata.planner_data = {"model.w": ("model", "w")}
        self.change(join, folder)
        return folder, whole

    def test_boxes(self):
        """Boxes in boxes are read as torch reads them; what overlaps, or lies like the boards of a pinwheel, is refused."""
        nested = [((0, 0), (2, 5)), ((2, 0), (3, 1)), ((2, 1), (1, 4)), ((3, 1), (2, 2)), ((3, 3), (2, 2))]
        folder, whole = self.boxes("nested", (5, 5), nested)
        self.assert_same(dcpmake.tensors_of(folder, "model."), {"w": whole})
        self.convert(folder, {"w": whole})
        folder, _ = self.boxes("overlap", (4, 2), [((0, 0), (3, 2)), ((2, 0), (2, 2))])
        self.refuse(folder, "its chunks at [0, 0] and [2, 0] overlap")
        pinwheel = [((0, 0), (1, 2)), ((0, 2), (2, 1)), ((2, 1), (1, 2)), ((1, 0), (2, 1)), ((1, 1), (1, 1))]
        folder, _ = self.boxes("pinwheel", (3, 3), pinwheel)
        self.refuse(folder, "do not lie in rows and columns")
        folder, _ = self.boxes("hole", (3, 3), [box for box in pinwheel if box[0] != (1, 0)])
        self.refuse(folder, "model.w")


if __name__ == "__main__":
    unittest.main()
