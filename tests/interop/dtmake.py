# SPDX-License-Identifier: Apache-2.0
"""Writes the files of ranks with DTensors: as every rank of a job saves its state dictionary.

save() does so in one process, whose process group sends nothing.  work() is for the processes of dcpmake.run_ranks: it makes a folder for
each way of parallel training, and there whole.pt, which they gathered.
"""

import os

import torch


def name(rank, world):
    return f"model_world_size_{world}_rank_{rank}.pt"


def save_rank(path, shape, rank, make):
    import torch.distributed as dist
    from torch.distributed.device_mesh import init_device_mesh
    from torch.testing._internal.distributed.fake_pg import FakeStore

    dist.init_process_group("fake", rank=rank, world_size=torch.Size(shape).numel(), store=FakeStore())
    torch.save(make(init_device_mesh("cpu", shape, mesh_dim_names=tuple("abc"[: len(shape)])), rank), path)


def save(folder, shape, make):
    """Saves what make (mesh, rank) returns for each rank of a mesh of that shape, each in a process: torch keeps meshes that are
    equal for all ranks."""
    import torch._dynamo  # noqa: F401 -- this and the others once, before the processes part
    import torch.distributed.fsdp  # noqa: F401
    import torch.testing._internal.distributed.fake_pg  # noqa: F401

    folder.mkdir(parents=True, exist_ok=True)
    world = torch.Size(shape).numel()
    for rank in range(world):
        child = os.fork()
        if not child:
            status = 1
            try:
                save_rank(folder / name(rank, world), shape, rank, make)
                status = 0
            finally:
                os._exit(status)
        if os.waitpid(child, 0)[1]:
            raise RuntimeError(f"rank {rank} was not saved")
    return folder


def spread(tensor, mesh, placements):
    """Returns this rank's part of a tensor, cut by torch."""
    from torch.distributed.tensor import distribute_tensor

    return distribute_tensor(tensor, mesh, placements, src_data_rank=None)


def sharded_tensor(tensor, rank, world, change=None):
    """Returns this rank's part of a tensor as FSDP1 saves it without a mesh; change: (offsets, part) to have instead."""
    from torch.distributed._shard.metadata import ShardMetadata
    from torch.distributed._shard.sharded_tensor import Shard, ShardedTensor, ShardedTensorMetadata
    from torch.distributed._shard.sharded_tensor.metadata import TensorProperties

    def shard(at, part, of):
        return Shard(part.clone(), ShardMetadata(list(at), list(part.shape), f"rank:{of}/cpu"))

    parts = tensor.chunk(world)
    starts = [[i * parts[0].shape[0], *[0] * (tensor.dim() - 1)] for i in range(len(parts))]
    shards = [shard(at, part, of) for of, (at, part) in enumerate(zip(starts, parts))]
    whole = ShardedTensorMetadata([s.metadata for s in shards], tensor.shape, TensorProperties(dtype=tensor.dtype))
    made = ShardedTensor._init_from_local_shards_and_global_metadata(shards[rank : rank + 1], whole)
    made._local_shards = [shard(*change, rank)] if change else shards[rank : rank + 1]
    return made


class Net(torch.nn.Module):
    """Sizes that no number of ranks divides, and two layers for tensor parallelism."""

    def __init__(self):
        super().__init__()
        self.embed = torch.nn.Embedding(5, 7)
        self.up = torch.nn.Linear(7, 12)
        self.down = torch.nn.Linear(12, 7).bfloat16()
        self.norm = torch.nn.LayerNorm(7)
        self.one = torch.nn.Parameter(torch.randn(1, 4))
        self.register_buffer("table", torch.randn(2, 5))


def made():
    torch.manual_seed(0)
    return Net()


WAYS = {"fsdp": (4,), "hsdp": (2, 2), "tp": (2, 2)}
WAYS_1 = {"fsdp1": None, "fsdp1-mesh": (4,), "hsdp1": (2, 2)}


def sharded(way, mesh):
    """Returns the state of a model that is spread over a mesh in a way."""
    from torch.distributed.fsdp import fully_shard
    from torch.distributed.tensor.parallel import ColwiseParallel, RowwiseParallel, parallelize_module

    net = made()
    if way == "tp":
        parallelize_module(net, mesh["b"], {"up": ColwiseParallel(), "down": RowwiseParallel()}, src_data_rank=None)
    for module in (net.up, net):
        fully_shard(module, mesh=mesh["a"] if way == "tp" else mesh)
    return net.state_dict()


def sharded_1(mesh=None):
    """Returns the state of a model in FullyShardedDataParallel, of ShardedTensors or with a mesh of DTensors, and the whole of it."""
    from torch.distributed.fsdp import FullyShardedDataParallel, ShardingStrategy, StateDictType

    how = ShardingStrategy.HYBRID_SHARD if mesh and mesh.ndim > 1 else ShardingStrategy.FULL_SHARD
    model = FullyShardedDataParallel(made().float(), device_id=torch.device("cpu"), device_mesh=mesh, sharding_strategy=how, use_orig_params=True)

    def state(kind):
        with FullyShardedDataParallel.state_dict_type(model, kind):
            return model.state_dict()

    return state(StateDictType.SHARDED_STATE_DICT), state(StateDictType.FULL_STATE_DICT)


def work(rank, world, folder):
    from torch.distributed.device_mesh import init_device_mesh

    def save(way, state, whole):
        (folder / way).mkdir(parents=True, exist_ok=True)
        torch.save(state, folder / way / name(rank, world))
        if rank == 0:
            torch.save(whole, folder / way / "whole.pt")

    for way, shape in WAYS.items():
        state = sharded(way, init_device_mesh("cpu", shape, mesh_dim_names=("a", "b")[: len(shape)]))
        save(way, state, {key: value.full_tensor() if hasattr(value, "full_tensor") else value for key, value in state.items()})
    for way, shape in WAYS_1.items():
        save(way, *sharded_1(init_device_mesh("cpu", shape, mesh_dim_names=("a", "b")[: len(shape)]) if shape else None))
