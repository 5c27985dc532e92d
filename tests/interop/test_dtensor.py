# SPDX-License-Identifier: Apache-2.0
"""DTensors of all ranks make the tensors that full_tensor() gives, for any mesh, and nothing else is read."""
# Plugins: safetensors torch dtensor

import unittest
from unittest import mock

import dcpmake
import dtmake
import safetensors.torch
import torch
from support import Case


def tensors():
    torch.manual_seed(5)
    return {"rows.weight": torch.randn(7, 5), "one.weight": torch.randn(1, 4), "even.weight": torch.randn(6, 12).bfloat16(),
            "cube": torch.randn(3, 2, 5), "scale": torch.randn(()), "empty": torch.empty(0, 3), "flat": torch.arange(13)}


def placements(text):
    """Returns the placements that letters stand for: r is Replicate, 0 and 1 are Shard."""
    from torch.distributed.tensor import Replicate, Shard

    return [Replicate() if letter == "r" else Shard(int(letter)) for letter in text]


class DTensors(Case):
    def convert(self, source, wanted, *options):
        out = self.tmp / "out.safetensors"
        result = self.run_fmtconv("-f", "--verify", "-t", "none", *options, source, out)
        self.assert_same(safetensors.torch.load_file(out), wanted)
        return result.stderr

    def refuse(self, source, *says):
        out = self.tmp / "none.safetensors"
        result = self.run_fmtconv("-t", "none", source, out, status=1)
        for text in says:
            self.assertIn(text, result.stderr)
        self.assertFalse(out.exists())

    def saved(self, shape, letters, name="run"):
        """Saves all tensors that have the axes; one is plain."""
        axes = max([int(letter) for letter in letters if letter != "r"], default=-1) + 1
        wanted = {n: t for n, t in tensors().items() if t.dim() >= axes}

        def make(mesh, rank):
            return {n: dtmake.spread(t, mesh, placements(letters)) for n, t in wanted.items()} | {"plain": torch.ones(3)}

        return dtmake.save(self.tmp / name, shape, make), wanted | {"plain": torch.ones(3)}

    def test_meshes(self):
        for shape, letters in (((1,), "0"), ((2,), "0"), ((3,), "0"), ((5,), "0"), ((3,), "1"), ((2,), "r"), ((2, 2), "r0"), ((2, 3), "0r"),
                               ((2, 3), "01"), ((3, 2), "10"), ((2, 3), "00"), ((2, 2), "rr"), ((2, 1, 3), "0r0"), ((2, 2, 2), "010")):
            with self.subTest(shape=shape, letters=letters):
                folder, wanted = self.saved(shape, letters, f"{shape}{letters}")
                said = self.convert(folder, wanted)
                self.assertIn(f"joining the DTensors of {torch.Size(shape).numel()} rank", said)
        self.convert(sorted(folder.iterdir())[-1], wanted)

    def test_sharded(self):
        """What fully_shard makes, alone, with replicas, and after tensor parallelism."""
        whole = dtmake.made().state_dict()
        for way, shape in dtmake.WAYS.items():
            with self.subTest(way):
                self.convert(dtmake.save(self.tmp / way, shape, lambda mesh, rank: dtmake.sharded(way, mesh)), whole)

    def test_processes(self):
        """The same, as processes save it and full_tensor() gathers it, and what FSDP1 saves and gathers."""
        dcpmake.run_ranks(4, self.tmp, dtmake.work, self.tmp)
        for way in (*dtmake.WAYS, *dtmake.WAYS_1):
            with self.subTest(way):
                self.convert(self.tmp / way, torch.load(self.tmp / way / "whole.pt"))

    def test_copies(self):
        """Parts of a mesh that is one of several among the ranks are copies, which are compared."""
        whole = torch.randn(5, 3)

        def make(mesh, rank, value=0.0):
            tensor = whole.clone()
            tensor[0, 0] += value * (rank == 2)
            return {"w": dtmake.spread(tensor, mesh["b"], placements("0"))}

        self.convert(dtmake.save(self.tmp / "equal", (2, 2), make), {"w": whole})
        self.refuse(dtmake.save(self.tmp / "other", (2, 2), lambda *of: make(*of, value=1.0)), "w")

    def test_sharded_tensors(self):
        """FSDP1 without a mesh: the parts say where they are; the last ranks may have none."""
        for world in (1, 2, 3, 6):
            wanted = {name: t for name, t in tensors().items() if t.numel() and t.dim()}
            folder = dtmake.save(self.tmp / str(world), (world,),
                                 lambda mesh, rank: {n: dtmake.sharded_tensor(t, rank, world) for n, t in wanted.items()})
            self.convert(folder, wanted)
        (folder / dtmake.name(0, 6)).write_bytes((folder / dtmake.name(1, 6)).read_bytes())
        self.refuse(folder, "do not follow one another to its end")

    def test_shards(self):
        """Shards at one place are copies, which are compared; those that contradict their metadata or leave gaps are refused."""
        whole = torch.randn(5, 3)

        def save(name, part=lambda rank, at, part: (at, part), sizes=None):
            def make(mesh, rank):
                half = ((0, 0), whole[:3]) if rank % 2 == 0 else ((3, 0), whole[3:])
                made = dtmake.sharded_tensor(whole, rank, 4, part(rank, *half))
                if sizes and rank == 1:
                    made._local_shards[0].metadata.shard_sizes = sizes
                return {"w": made}
            return dtmake.save(self.tmp / name, (4,), make)

        self.convert(save("copies"), {"w": whole})
        self.refuse(save("other", lambda rank, at, part: (at, part + (rank == 3))), "w")
        self.refuse(save("sizes", sizes=[4, 3]), "another shape than its metadata says")
        self.refuse(save("outside", lambda rank, at, part: ((at[0] + rank, 0), part)), "no place in the tensor")
        self.refuse(save("gap", lambda rank, at, part: (at, part[:2])), "do not follow one another to its end")
        self.refuse(save("overlap", lambda rank, at, part: ((at[0] - rank % 2, 0), part)), "do not follow one another to its end")
        self.refuse(save("columns", lambda rank, at, part: (at, part[:, :2])), "its shards cut more than one axis")

    def test_older_meshes(self):
        """Up to torch 2.8 a mesh holds the ranks as a tensor; its first layouts have one shape."""
        from torch.distributed.device_mesh import DeviceMesh

        def with_tensor(mesh):
            return {"device_type": "cpu", "mesh": mesh.mesh, "mesh_dim_names": ("a", "b"), "_dim_group_names": [],
                    "_flatten_mesh_list": tuple(mesh.mesh.flatten().tolist()), "_coordinate_on_dim": list(mesh.get_coordinate())}

        def with_shape(mesh):
            layout = mesh._layout
            of = object.__new__(type(layout))
            of.__dict__.update(shape=tuple(mesh.shape), stride=(1,) * mesh.ndim)
            return {"_device_type": "cpu", "_layout": of, "_coordinate_on_dim": list(mesh.get_coordinate())}

        for n, state in enumerate((with_tensor, with_shape)):
            with mock.patch.object(DeviceMesh, "__getstate__", state):
                folder, wanted = self.saved((2, 3), "01", str(n))
            self.convert(folder, wanted)

    def test_files(self):
        """Ranks that are missing are named, and so are two numbers of ranks."""
        folder, wanted = self.saved((3,), "0")
        (folder / dtmake.name(1, 3)).rename(folder / dtmake.name(1, 2))
        self.refuse(folder, "files of 2 ranks, such as 'model_world_size_2_rank_1.pt', and of 3, such as 'model_world_size_3_rank_0.pt'")
        self.refuse(folder / dtmake.name(0, 3), "the files of 1 of 3 ranks are missing", dtmake.name(1, 3))
        self.refuse(folder / dtmake.name(1, 2), "the files of 1 of 2 ranks are missing", dtmake.name(0, 2))
        folder, wanted = self.saved((2,), "0", "two")
        self.saved((3,), "0", "two")
        self.convert(folder / dtmake.name(1, 2), wanted)
        folder, wanted = self.saved((2,), "0", "torn")
        torn = folder / dtmake.name(1, 2)
        torn.write_bytes(torn.read_bytes()[:-40])
        self.refuse(folder, dtmake.name(1, 2))

    def change(self, folder, rank, function):
        """Changes what a rank has saved."""
        def make(mesh, of):
            state = {"w": dtmake.spread(torch.ones(7, 4), mesh, placements("0")), "b": torch.ones(2)}
            return function(state, mesh) if of == rank else state

        return dtmake.save(self.tmp / folder, (2,), make)

    def test_wrong(self):
        from torch.distributed.tensor import DTensor, Partial

        def replaced(tensor, letters="0", **more):
            return lambda state, mesh: {**state, "w": DTensor.from_local(tensor, mesh, placements(letters), run_check=False, **more)}

        for n, (rank, function, says) in enumerate((
                (0, lambda state, mesh: {"b": state["b"]}, "this rank has a tensor that rank 0 has not"),
                (1, lambda state, mesh: {"b": state["b"]}, "rank 0 has this tensor, but this rank has not"),
                (1, lambda state, mesh: {**state, "w": torch.ones(3, 4)}, "another shape, data type or placement"),
                (1, lambda state, mesh: {**state, "b": torch.ones(3)}, "another shape, data type or placement"),
                (1, lambda state, mesh: {**state, "b": torch.tensor([1.0, 2.0])}, "tensor 'b': it must be equal in"),
                (1, lambda state, mesh: {"w": 1, "b": torch.ones(2)}, "this rank has not"),
                (1, replaced(torch.ones(3, 4), shape=torch.Size((8, 4)), stride=(4, 1)), "another shape, data type or placement"),
                (1, replaced(torch.ones(3, 4).bfloat16(), shape=torch.Size((7, 4)), stride=(4, 1)), "another shape, data type or placement"),
                (1, replaced(torch.ones(7, 4), "r"), "another shape, data type or placement"),
                (1, replaced(torch.ones(4, 4), shape=torch.Size((7, 4)), stride=(4, 1)), "has not the size that its shape and the mesh give"),
                (1, replaced(torch.ones(0, 4), shape=torch.Size((7, 4)), stride=(4, 1)), "has not the size that its shape and the mesh give"),
                (0, lambda state, mesh: {**state, "w": DTensor.from_local(torch.ones(7, 4), mesh, [Partial()], run_check=False)},
                 "its placement Partial is not understood"),
                (1, lambda state, mesh: [state], "it holds no dictionary of tensors"),
                (0, lambda state, mesh: {"epoch": 3}, "it holds no tensors"))):
            with self.subTest(says, n=n):
                self.refuse(self.change(f"wrong{n}", rank, function), says)
        folder, _ = self.saved((2,), "0", "swapped")
        (folder / dtmake.name(0, 2)).write_bytes((folder / dtmake.name(1, 2)).read_bytes())
        self.refuse(folder, "the mesh in it is that of rank 1")

    def test_specs(self):
        """Orders of cuts and strided cuts that are not understood, and meshes that the rank has no place in."""
        from torch.distributed.device_mesh import DeviceMesh
        from torch.distributed.tensor._dtensor_spec import DTensorSpec, ShardOrderEntry
        from torch.distributed.tensor.placement_types import Shard, _StridedShard

        state = DeviceMesh.__getstate__

        def save(name, spec=None, **mesh_state):
            def make(mesh, rank):
                tensor = dtmake.spread(torch.ones(8, 4), mesh, placements("00"))
                for key, value in (spec or {}).items():
                    setattr(tensor._spec, key, value)
                return {"w": tensor}

            with mock.patch.object(DeviceMesh, "__getstate__", lambda mesh: {**state(mesh), **mesh_state}):
                return dtmake.save(self.tmp / name, (2, 2), make)

        for n, (spec, mesh, says) in enumerate((
                ({"shard_order": (ShardOrderEntry(tensor_dim=0, mesh_dims=(1, 0)),)}, {}, "not cut in the order of the dimensions"),
                ({"placements": (_StridedShard(0, split_factor=4), Shard(0))}, {}, "does not stand for"),
                ({"placements": (Shard(0), _StridedShard(0, split_factor=2)), "use_strided_shard_as_shard_order": True}, {},
                 "does not stand for one equal cut before it"),
                ({"placements": (Shard(2), Shard(0))}, {}, "an axis that it does not have"),
                ({"placements": (Shard(0),)}, {}, "not one placement for each dimension"),
                ({}, {"_coordinate_on_dim": None}, "the rank has no place in a mesh"),
                ({}, {"_coordinate_on_dim": (0, 2)}, "the rank has no place in a mesh"),
                ({}, {"_coordinate_on_dim": (0, 0)}, "another rank has the same part"),
                ({}, {"_layout": None}, "the mesh of ranks is not understood"))):
            with self.subTest(says, n=n):
                self.refuse(save(str(n), spec, **mesh), says)


if __name__ == "__main__":
    unittest.main()
