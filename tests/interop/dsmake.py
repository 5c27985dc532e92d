# SPDX-License-Identifier: Apache-2.0
"""Trains a small model with DeepSpeed on CPUs for three steps, and saves a checkpoint and the states of its engine.

python dsmake.py RUN STAGE WORLD
"""

import os
import sys

import torch


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


def settings(stage):
    zero = {"stage": stage}
    if stage == 3:
        zero |= {"sub_group_size": 60, "stage3_param_persistence_threshold": 0}
    return {"train_micro_batch_size_per_gpu": 1, "bf16": {"enabled": True}, "zero_optimization": zero}


def start(stage):
    import deepspeed

    deepspeed.init_distributed("gloo", verbose=False)
    torch.manual_seed(0)
    net = Net()
    trained = [p for p in net.parameters() if p.requires_grad]
    groups = [{"params": [p for p in trained if p.dim() > 1]}, {"params": [p for p in trained if p.dim() < 2], "weight_decay": 0.0}]
    engine = deepspeed.initialize(model=net, optimizer=torch.optim.AdamW(groups, lr=1e-2), config=settings(stage))[0]
    engine.module.universal_checkpoint_info = {"universal_checkpoint_version": 0.2}
    return engine


def states(engine):
    """Returns what the engine itself says: {"exp_avg": {name: tensor}, …}."""
    from deepspeed.utils import safe_get_full_fp32_param, safe_get_full_optimizer_state

    if hasattr(engine.optimizer, "_lazy_init_hp_params_optimizer_state"):
        engine.optimizer._hp_optimizer_states_linked = False  # the first step makes the states only after it linked them
        engine.optimizer._lazy_init_hp_params_optimizer_state()
    named = [(name, p) for name, p in engine.module.named_parameters() if p.requires_grad]
    of = {key: {name: safe_get_full_optimizer_state(p, key).clone() for name, p in named} for key in ("exp_avg", "exp_avg_sq")}
    return of | {"fp32": {name: safe_get_full_fp32_param(p).detach().clone() for name, p in named}}


def work(rank, run, stage, world, port):
    os.environ.update(RANK=str(rank), LOCAL_RANK=str(rank), WORLD_SIZE=str(world), LOCAL_SIZE=str(world), DS_ACCELERATOR="cpu",
                      MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
    engine = start(stage)
    for step in range(3):
        generator = torch.Generator().manual_seed(10 * step + rank)
        engine.backward(engine(torch.randint(0, 5, (4,), generator=generator)))
        engine.step()
    engine.save_checkpoint(run, tag="step3")
    of = states(engine)
    if rank == 0:
        torch.save(of, os.path.join(run, "engine.pt"))
    torch.distributed.barrier()
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    torch.multiprocessing.spawn(work, (sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), 20000 + os.getpid() % 10000), int(sys.argv[3]))
