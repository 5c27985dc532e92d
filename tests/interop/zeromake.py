# SPDX-License-Identifier: Apache-2.0
"""Writes the files of ZeRO checkpoints: parts of fp32 weights, cut as DeepSpeed cuts them.

deepspeed/runtime/engine.py (model states), zero/stage_1_and_2.py and zero/stage3.py (optimizer states): names of files, keys,
paddings, and the order of parameters; checkpoint/ds_to_universal.py: universal checkpoints.
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


MOMENTS = ("exp_avg", "exp_avg_sq")


def moment(tensor, key):
    """Returns a moment of a parameter, made from its weights."""
    return tensor * 3 + 1 if key == "exp_avg" else tensor * tensor


def optimizer_states(stage, world, key, flats, moments, more):
    """moments: of each group {key: flat tensor}; elastic: they are a list."""
    states = [{"step": torch.tensor(3.0), **of} for of in moments]
    base = {"state": dict(enumerate(states)), "param_groups": []}
    return {"optimizer_state_dict": {"zero_stage": ZeroStageEnum(stage), "partition_count": more.pop("partition_count", world),
                                     key: flats, "optimizer_state_dict" if stage == 3 else "base_optimizer_state":
                                     states if more.pop("elastic", False) else base, **more},
            "ds_config": {}, "ds_version": "0.19.8"}


def padded(flat, multiple):
    return torch.cat([flat, flat.new_zeros(-flat.numel() % multiple)])


def write_12(folder, stage, world, groups, frozen, buffers, paddings=False, prefix="bf16_", lean=True, elastic=False):
    """Groups joined, padded to twice the ranks, and cut evenly; lean: the last rank leaves the padding of the weights out;
    elastic: that of the moments too."""
    parts, moments, lists = [[] for _ in range(world)], [[] for _ in range(world)], []
    for group in groups:
        pads = [-t.numel() % 4 if paddings else 0 for t in group.values()]
        lists.append(pads)

        def cut(tensors, lean):
            flat = torch.cat([torch.cat([t.flatten(), torch.zeros(pad)]) for t, pad in zip(tensors, pads)])
            share = padded(flat, 2 * world).chunk(world)
            ends = [max(flat.numel() - rank * share[0].numel(), 0) for rank in range(world)]
            return [(s[:end] if lean else s).clone() for s, end in zip(share, ends)]

        of = {key: cut([moment(t, key) for t in group.values()], elastic) for key in MOMENTS}
        for rank, part in enumerate(cut(group.values(), lean)):
            parts[rank].append(part)
            moments[rank].append({key: of[key][rank] for key in MOMENTS})
    for rank in range(world):
        more = {"partition_count": [world] * len(groups), "elastic": elastic}
        more |= {"param_alignment_paddings": lists} if paddings else {}
        torch.save(optimizer_states(stage, world, "single_partition_of_fp32_groups", parts[rank], moments[rank], more),
                   folder / f"{prefix}zero_pp_rank_{rank}_mp_rank_00_optim_states.pt")
    torch.save(model_states(groups, frozen, dict(frozen), buffers, {}), folder / "mp_rank_00_model_states.pt")


def write_3(folder, world, groups, frozen, buffers, sub_groups=3):
    """Every parameter cut into equal, padded parts; a rank's parts joined by sub-groups of whole parameters."""
    def share(tensor, rank):
        return padded(tensor.flatten(), world).chunk(world)[rank]

    for rank in range(world):
        def flats(make):
            shares = [share(make(t), rank) for group in groups for t in group.values()]
            step = -(-len(shares) // sub_groups)
            return [torch.cat(shares[i : i + step]) for i in range(0, len(shares), step)]

        weights = flats(lambda t: t)
        moments = [dict(zip(MOMENTS, of)) for of in zip(*(flats(lambda t, key=key: moment(t, key)) for key in MOMENTS))]
        torch.save(optimizer_states(3, world, "fp32_flat_groups", weights, moments, {}),
                   folder / f"zero_pp_rank_{rank}_mp_rank_00_optim_states.pt")
        fragments = {name: share(t, rank).clone() for name, t in frozen.items()}
        torch.save(model_states(groups, frozen, fragments, buffers, {"dp_world_size": world}),
                   folder / f"zero_pp_rank_{rank}_mp_rank_00_model_states.pt")


def write_universal(folder, stage, groups, vocabulary=None, others=()):
    """A folder for each parameter; vocabulary: the name of one that had padding; others: (name, tensor) of the model, without a
    state."""
    def write(name, states):
        of = folder / "zero" / name
        of.mkdir(parents=True)
        for key, value in states.items():
            more = {"vocab_tensor": True} if name == vocabulary else {}
            torch.save(value.flatten() if stage == 3 else {"cat_dim": 0, **more, "param": value}, of / f"{key}.pt")

    for group in groups:
        for name, tensor in group.items():
            write(name, {"fp32": tensor, **{key: moment(tensor, key) for key in MOMENTS}})
            torch.save(torch.tensor(3.0), folder / "zero" / name / "step.pt")
    for name, tensor in others:
        write(name, {"fp32": tensor.float()})
    torch.save({"optimizer_state_dict": {"param_groups": []}}, folder / "zero" / "optimizer_state.pt")
