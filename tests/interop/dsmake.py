# SPDX-License-Identifier: Apache-2.0
"""Trains a small model with DeepSpeed on CPUs for three steps, and saves checkpoints, the states of the engines, and what DeepSpeed
makes of the checkpoints.

python dsmake.py FOLDER: for each run KIND-WORLD of RUNS a folder, with the checkpoints step2 and step3, 'latest', and of step3
engine.pt     what the engine says: {"fp32": {name: tensor}, "exp_avg": …, "module": the weights that it computes with}
fp32.pt       the fp32 weights that zero_to_fp32 joins
universal     the universal checkpoint that ds_to_universal makes
DeepSpeed is loaded once, and forked: loading it takes longer than all else.
"""

import os
import sys
from argparse import Namespace
from pathlib import Path

os.environ |= {"DS_ACCELERATOR": "cpu", "OMP_NUM_THREADS": "1"}

import deepspeed
import torch
from deepspeed.checkpoint.ds_to_universal import main as convert
from deepspeed.moe.layer import MoE
from deepspeed.runtime.swap_tensor import optimizer_utils, partitioned_optimizer_swapper
from deepspeed.utils import safe_get_full_fp32_param, safe_get_full_optimizer_state
from deepspeed.utils.zero_to_fp32 import get_fp32_state_dict_from_zero_checkpoint

deepspeed.ops.__compatible_ops__ = {}  # no operator of C++ is compiled: gloo and torch do everything

BF16 = {"bf16": {"enabled": True}}
SPLIT = {"stage": 3, "sub_group_size": 60, "stage3_param_persistence_threshold": 0}
CPU = {"device": "cpu"}
KINDS = {  # the settings of an engine
    "0": {"zero_optimization": {"stage": 0}},
    "1": BF16 | {"zero_optimization": {"stage": 1}},
    "2": BF16 | {"zero_optimization": {"stage": 2}},
    "3": BF16 | {"zero_optimization": SPLIT},
    "2-fp32": {"zero_optimization": {"stage": 2}},
    "2-offload": BF16 | {"zero_optimization": {"stage": 2, "offload_optimizer": CPU}},
    "3-persistent": BF16 | {"zero_optimization": {"stage": 3}},
    "3-offload": BF16 | {"zero_optimization": SPLIT | {"offload_optimizer": CPU, "offload_param": CPU}},
    "3-nvme": BF16 | {"zero_optimization": SPLIT | {"sub_group_size": 30, "offload_optimizer": {"device": "nvme", "buffer_count": 5}}, "aio": {"block_size": 128}},
    "experts": BF16 | {"zero_optimization": {"stage": 2}},
}
RUNS = [(kind, world) for kind in ("1", "2", "3") for world in (1, 2, 3, 5)] + [
    ("0", 2), ("2-fp32", 3), ("2-offload", 2), ("3-persistent", 3), ("3-offload", 2), ("3-nvme", 2), ("experts", 2)]


class Files:
    """Stands for the aio_handle of an operator that would have to be compiled with libaio."""

    pinned = set()

    def __init__(self, **_):
        self.done = 0

    def new_cpu_locked_tensor(self, elements, like):
        made = torch.empty(elements, dtype=like.dtype)
        self.pinned.add(made.untyped_storage().data_ptr())
        return made

    def is_pinned(self, tensor):
        return tensor.untyped_storage().data_ptr() in self.pinned

    def async_pread(self, buffer, path, offset):
        with open(path, "rb") as file:
            buffer.view(torch.uint8).copy_(torch.frombuffer(bytearray(file.read(buffer.nbytes)), dtype=torch.uint8))
        self.done += 1
        return 0

    def async_pwrite(self, buffer, path, offset):
        with open(path, "wb") as file:
            file.write(buffer.view(torch.uint8).numpy().tobytes())
        self.done += 1
        return 0

    def wait(self):
        done, self.done = self.done, 0
        return done


optimizer_utils.MIN_AIO_BYTES = 128
partitioned_optimizer_swapper.AsyncIOBuilder = lambda: Namespace(load=lambda: Namespace(aio_handle=Files))


class Net(torch.nn.Module):
    """Tied weights, frozen parameters, buffers, and sizes that no number of ranks divides."""

    def __init__(self):
        super().__init__()
        self.embed = torch.nn.Embedding(5, 7)
        self.up = torch.nn.Linear(7, 11)
        self.frozen = torch.nn.Linear(7, 3).requires_grad_(False)
        self.down = torch.nn.Linear(11, 7)
        self.head = torch.nn.Linear(7, 5, bias=False)
        self.head.weight = self.embed.weight
        self.scale = torch.nn.Parameter(torch.tensor([1.5, 0.3, 0.2]))
        self.register_buffer("steps", torch.tensor(3))
        self.register_buffer("table", torch.randn(2, 5))

    def forward(self, tokens):
        hidden = self.down(torch.relu(self.up(self.embed(tokens)))) * self.scale.sum()
        return self.head(hidden).float().pow(2).mean()


class Mixture(Net):
    """Two layers of experts, which two processes share: 4 and 2 of them."""

    def __init__(self):
        super().__init__()
        self.experts = torch.nn.ModuleList([MoE(7, torch.nn.Linear(7, 7), num_experts=n, ep_size=2, k=1, use_rts=False) for n in (4, 2)])

    def forward(self, tokens):
        hidden = self.embed(tokens)
        for layer in self.experts:
            hidden = hidden + layer(hidden)[0]
        return self.head(self.down(torch.relu(self.up(hidden)))).float().pow(2).mean()


def start(kind, run):
    torch.manual_seed(0)
    net = Mixture() if kind == "experts" else Net()
    trained = [p for p in net.parameters() if p.requires_grad]
    groups = [{"params": [p for p in trained if p.dim() > 1]}, {"params": [p for p in trained if p.dim() < 2], "weight_decay": 0.0}]
    if kind == "experts":
        from deepspeed.moe.utils import split_params_into_different_moe_groups_for_optimizer

        groups = split_params_into_different_moe_groups_for_optimizer([g | {"name": str(n)} for n, g in enumerate(groups)])
    settings = KINDS[kind] | {"train_micro_batch_size_per_gpu": 1, "zero_force_ds_cpu_optimizer": False}
    if kind == "3-nvme":
        settings["zero_optimization"]["offload_optimizer"]["nvme_path"] = str(run / "nvme")
    engine = deepspeed.initialize(model=net, optimizer=torch.optim.AdamW(groups, lr=1e-2), config=settings)[0]
    engine.module.universal_checkpoint_info = {"universal_checkpoint_version": 0.2}
    return engine


def states(engine):
    """Returns what the engine itself says: {"exp_avg": {name: tensor}, …}."""
    if hasattr(engine.optimizer, "_lazy_init_hp_params_optimizer_state"):
        engine.optimizer._hp_optimizer_states_linked = False  # the first step makes the states only after it linked them
        engine.optimizer._lazy_init_hp_params_optimizer_state()
    named = [(name, p) for name, p in engine.module.named_parameters() if p.requires_grad]
    of = {key: {name: safe_get_full_optimizer_state(p, key).clone() for name, p in named} for key in ("exp_avg", "exp_avg_sq")}
    return of | {"fp32": {name: safe_get_full_fp32_param(p).detach().clone() for name, p in named}}


def train(kind, run, rank):
    """Trains, saves the checkpoint, and then what the engine says."""
    engine = start(kind, run)
    for step in range(3):
        generator = torch.Generator().manual_seed(10 * step + rank)
        engine.backward(engine(torch.randint(0, 5, (4,), generator=generator)))
        engine.step()
        if step:
            engine.save_checkpoint(str(run), tag=f"step{step + 1}")
    plain = kind in ("0", "experts")
    of = {} if plain else states(engine)
    if not kind.startswith("3"):
        of["module"] = {name: tensor.clone() for name, tensor in engine.module.state_dict().items()}
    torch.save(of, run / (f"engine{rank}.pt" if rank else "engine.pt"))
    torch.distributed.barrier()
    engine.destroy()


def work(rank, world, folder):
    os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(world), "LOCAL_SIZE": str(world), "MASTER_ADDR": "", "MASTER_PORT": ""}
    deepspeed.init_distributed("gloo", verbose=False, init_method=f"file://{folder}/meeting{world}", rank=rank, world_size=world)
    for kind, ranks in RUNS:
        if ranks == world:
            train(kind, folder / f"{kind}-{world}", rank)
    torch.distributed.destroy_process_group()


def judge(run):
    """Joins the fp32 weights of a run, and makes a universal checkpoint of it."""
    torch.save(get_fp32_state_dict_from_zero_checkpoint(str(run), tag="step3"), run / "fp32.pt")
    convert(Namespace(input_folder=f"{run}/step3", output_folder=f"{run}/universal", num_extract_workers=1, num_merge_workers=1,
                      keep_temp_folder=False, strict=True, inject_missing_state=False))


if __name__ == "__main__":
    to = Path(sys.argv[1]).resolve()
    for kind, world in RUNS:
        (to / f"{kind}-{world}").mkdir(parents=True)
    for world in sorted({world for _, world in RUNS}):
        torch.multiprocessing.start_processes(work, (world, to), nprocs=world, start_method="fork")
    for kind, world in RUNS:
        if kind not in ("0", "3-nvme", "experts"):  # of these, DeepSpeed's scripts join nothing
            judge(to / f"{kind}-{world}")
