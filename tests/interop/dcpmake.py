# SPDX-License-Identifier: Apache-2.0
"""Writes distributed checkpoints with the real torch.distributed.checkpoint, by processes of gloo."""

import multiprocessing
import os
import traceback

import torch
import torch.distributed as dist
import torch.distributed.checkpoint as dcp
from torch import nn
from torch.distributed.checkpoint.default_planner import _EmptyStateDictLoadPlanner
from torch.distributed.checkpoint.state_dict import get_model_state_dict, get_optimizer_state_dict
from torch.distributed.checkpoint.state_dict_loader import _load_state_dict
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FullyShardedDataParallel, ShardingStrategy, StateDictType, fully_shard
from torch.distributed.tensor import Replicate, Shard, distribute_tensor
from torch.distributed.tensor.parallel import ColwiseParallel, RowwiseParallel, parallelize_module


class Net(nn.Module):
    """Sizes that no number of ranks divides, buffers, and one layer that can be bf16."""

    def __init__(self, width=7, half=False):
        super().__init__()
        self.embed = nn.Embedding(5, width)
        self.up = nn.Linear(width, 11, dtype=torch.bfloat16 if half else torch.float32)
        self.down = nn.Linear(11, width, bias=False)
        self.norm = nn.LayerNorm(width)
        self.register_buffer("steps", torch.tensor(3))
        self.register_buffer("table", torch.arange(10, dtype=torch.int64).reshape(2, 5))

    def forward(self, x):
        up = self.up(self.embed(x).to(self.up.weight.dtype)).float()
        return self.norm(self.down(up.relu()))


def train(model, optimizer):
    for _ in range(2):
        model(torch.tensor([[0, 1, 2, 3, 4]])).square().sum().backward()
        optimizer.step()
        optimizer.zero_grad()


def worker(rank, world, store, function, arguments, queue):
    try:
        torch.set_num_threads(1)
        torch.manual_seed(0)
        dist.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=world)
        function(rank, world, *arguments)
        dist.barrier()
        dist.destroy_process_group()
        queue.put(None)
    except BaseException:  # the parent prints it
        queue.put(traceback.format_exc())
    os._exit(0)  # threads of gloo may be left


def run_ranks(world, folder, function, *arguments):
    """Calls function (rank, world, …) in a process for each rank."""
    fork = multiprocessing.get_context("fork")
    queue, store = fork.SimpleQueue(), folder / f"store-{function.__name__}-{world}"
    ranks = [fork.Process(target=worker, args=(r, world, store, function, arguments, queue)) for r in range(world)]
    for process in ranks:
        process.start()
    said = [queue.get() for _ in ranks]
    for process in ranks:
        process.join()
    if any(said):
        raise RuntimeError("\n".join(text for text in said if text))
    store.unlink(missing_ok=True)


def save(state, folder, **more):
    dcp.save(state, storage_writer=dcp.FileSystemWriter(folder, **more))


def trained(model):
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    train(model, optimizer)
    return {"model": get_model_state_dict(model), "optimizer": get_optimizer_state_dict(model, optimizer), "step": 2}


def fsdp2(rank, world, folder, more):
    """fully_shard: DTensors, Shard(0); also with a mesh that replicates."""
    shape = more.pop("mesh", (world,))
    mesh = init_device_mesh("cpu", shape, mesh_dim_names=("dp_replicate", "dp_shard")[-len(shape):])
    model = Net(half=True)
    fully_shard(model.up, mesh=mesh)
    fully_shard(model, mesh=mesh)
    save(trained(model), folder, **more)


def load_sharded(rank, world, folder, wanted):
    """Loads a model that fully_shard divides, and compares its parts."""
    model = Net(half=True)
    fully_shard(model, mesh=init_device_mesh("cpu", (world,)))
    state = {"model": get_model_state_dict(model)}
    dcp.load(state, checkpoint_id=folder)
    for name, tensor in state["model"].items():
        whole = tensor.full_tensor() if hasattr(tensor, "full_tensor") else tensor
        assert torch.equal(whole, wanted[name]), name


def fsdp1(rank, world, folder, more):
    """FullyShardedDataParallel: ShardedTensors or, with a mesh, DTensors."""
    mesh = init_device_mesh("cpu", (world,)) if more.pop("use_mesh", False) else None
    model = FullyShardedDataParallel(Net(), device_mesh=mesh, device_id=torch.device("cpu"), use_orig_params=True,
                                     sharding_strategy=ShardingStrategy.FULL_SHARD)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    train(model, optimizer)
    with FullyShardedDataParallel.state_dict_type(model, StateDictType.SHARDED_STATE_DICT):
        save({"model": model.state_dict(), "optim": FullyShardedDataParallel.optim_state_dict(model, optimizer)},
             folder, **more)


def parallel(rank, world, folder, more):
    """Tensor parallelism, columns and rows, within data parallelism: meshes of two dimensions."""
    mesh = init_device_mesh("cpu", more.pop("mesh"), mesh_dim_names=("dp", "tp"))
    model = Net()
    parallelize_module(model, mesh["tp"], {"up": ColwiseParallel(), "down": RowwiseParallel()})
    fully_shard(model, mesh=mesh["dp"])
    save({"model": get_model_state_dict(model)}, folder, **more)


def placed(rank, world, folder, more):
    """Tensors of every placement, at the top, with an optimizer beside them, as torchtitan saves."""
    mesh = init_device_mesh("cpu", more.pop("mesh"))
    places = [Shard(0), Shard(1), Replicate()]
    state = {}
    for i, first in enumerate(places):
        for k, second in enumerate(places):
            for shape in ((5, 3), (2, 7, 4), (1, 4)):
                tensor = torch.randn(shape, generator=torch.Generator().manual_seed(i * 9 + k * 3 + len(shape)))
                state[f"layers.{i}.{k}.{len(shape)}.{shape[0]}"] = distribute_tensor(tensor, mesh, [first, second])
    state["plain"] = torch.arange(4, dtype=torch.float64)
    state["empty"] = torch.empty(0, 3)
    state["optimizer"] = {"state": {"plain": {"exp_avg": torch.ones(4)}}, "lr": 0.1}
    state["dataloader"] = {"rank_0": torch.zeros(9, dtype=torch.uint8)}
    save(state, folder, **more)


def load_all(folder):
    """Returns all values as torch itself loads them in one process: keys joined by dots → value."""
    state = {}
    _load_state_dict(state, storage_reader=dcp.FileSystemReader(folder), planner=_EmptyStateDictLoadPlanner(), no_dist=True)
    return dict(flat("", state))


def flat(prefix, value):
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(inner, (dict, list)) and inner:
            yield from flat(f"{prefix}{key}.", inner)
        else:
            yield f"{prefix}{key}", inner


def tensors_of(folder, root=""):
    """Returns the tensors under a root, without it in their names."""
    return {name[len(root):]: value for name, value in load_all(folder).items()
            if isinstance(value, torch.Tensor) and name.startswith(root)}
