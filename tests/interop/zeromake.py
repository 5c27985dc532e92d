# SPDX-License-Identifier: Apache-2.0
"""Writes the files of ZeRO checkpoints: parts of fp32 weights, cut as DeepSpeed cuts them.

deepspeed/runtime/engine.py (model states), zero/stage_1_and_2.py and zero/stage3.py (optimizer states): names of files, keys,
paddings, and the order of parameters.
"""

from collections import OrderedDict
from enum import Enum

import torch


class ZeroStageEnum(int, Enum):
    """As DeepSpeed pickles the stage."""
    disabled, optimizer_states, gradients, weights = range(4)


def tensors():
    """Returns the trained parameters in two groups, the frozen ones, and the buffers."""
    torch.manual_seed(3)
    decayed = OrderedDict((("embed.weight", torch.randn(5, 7)), ("up.weight", torch.randn(11, 7)), ("down.weight", torch.randn(7, 11)),
                           ("scale", torch.randn(()))))
    plain = OrderedDict((("up.bias", torch.randn(11)), ("norm.weight", torch.randn(7)), ("norm.bias", torch.randn(7))))
    frozen = OrderedDict((("frozen.weight", torch.randn(3, 5).bfloat16()), ("frozen.bias", torch.randn(5).bfloat16())))
    buffers = OrderedDict((("steps", torch.tensor(3)), ("table", torch.randn(2, 5).bfloat16())))
    return [decayed, plain], frozen, buffers


def model_states(groups, frozen, fragments, buffers, more):
    module = OrderedDict(buffers)
    module.update((name, value.bfloat16()) for group in groups for name, value in group.items())
    module["head.weight"] = module["embed.weight"]
    return {"module": module, "buffer_names": list(buffers), "optimizer": None,
            "param_shapes": [OrderedDict((n, t.shape) for n, t in group.items()) for group in groups],
            "frozen_param_shapes": OrderedDict((n, t.shape) for n, t in frozen.items()) or None,
            "shared_params": {"head.weight": "embed.weight"}, "frozen_param_fragments": fragments or None,
            "lr_scheduler": None, "global_steps": 10, "dp_world_size": 2, "mp_world_size": 1, "ds_version": "0.19.8", **more}


def optimizer_states(stage, world, key, flats, more):
    base = {"state": {0: {"exp_avg": torch.zeros(9)}}, "param_groups": []}
    return {"optimizer_state_dict": {"zero_stage": ZeroStageEnum(stage), "partition_count": more.pop("partition_count", world),
                                     key: flats, "base_optimizer_state": base, **more},
            "ds_config": {}, "ds_version": "0.19.8"}


def padded(flat, multiple):
    return torch.cat([flat, flat.new_zeros(-flat.numel() % multiple)])


def write_12(folder, stage, world, groups, frozen, buffers, paddings=False, prefix="bf16_", lean=True):
    """Groups joined, padded to twice the ranks, and cut evenly; lean: the last rank leaves the padding out."""
    parts, lists = [[] for _ in range(world)], []
    for group in groups:
        pads = [-t.numel() % 4 if paddings else 0 for t in group.values()]
        lists.append(pads)
        flat = torch.cat([torch.cat([t.flatten(), torch.zeros(pad)]) for t, pad in zip(group.values(), pads)])
        share = padded(flat, 2 * world).chunk(world)
        for rank in range(world):
            end = flat.numel() - rank * share[0].numel()
            parts[rank].append((share[rank][:max(end, 0)] if lean else share[rank]).clone())
    for rank in range(world):
        more = {"partition_count": [world] * len(groups)} | ({"param_alignment_paddings": lists} if paddings else {})
        torch.save(optimizer_states(stage, world, "single_partition_of_fp32_groups", parts[rank], more),
                   folder / f"{prefix}zero_pp_rank_{rank}_mp_rank_00_optim_states.pt")
    torch.save(model_states(groups, frozen, dict(frozen), buffers, {}), folder / "mp_rank_00_model_states.pt")


def write_3(folder, world, groups, frozen, buffers, sub_groups=3):
    """Every parameter cut into equal, padded parts; a rank's parts joined by sub-groups of whole parameters."""
    def share(tensor, rank):
        return padded(tensor.flatten(), world).chunk(world)[rank]

    for rank in range(world):
        shares = [share(t, rank) for group in groups for t in group.values()]
        step = -(-len(shares) // sub_groups)
        flats = [torch.cat(shares[i : i + step]) for i in range(0, len(shares), step)]
        torch.save(optimizer_states(3, world, "fp32_flat_groups", flats, {}),
                   folder / f"zero_pp_rank_{rank}_mp_rank_00_optim_states.pt")
        fragments = {name: share(t, rank).clone() for name, t in frozen.items()}
        torch.save(model_states(groups, frozen, fragments, buffers, {}), folder / f"zero_pp_rank_{rank}_mp_rank_00_model_states.pt")
