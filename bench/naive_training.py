# SPDX-License-Identifier: Apache-2.0
"""Writes training checkpoints of a narrow language model, and converts them with what the makers of the formats offer.

naive_training.py zero RUN BLOCKS WORLD     writes a ZeRO-3 checkpoint of DeepSpeed with its optimizer states
naive_training.py dcp FOLDER BLOCKS FILES   writes a folder of torch.distributed.checkpoint
naive_training.py from-zero RUN OUT         zero_to_fp32 of DeepSpeed, then bf16 and save_file in files of 2 GB
naive_training.py from-dcp FOLDER OUT       dcp_to_torch_save, then save_file

Values are random, as compression or zeros would make files cheap.
"""

import sys
from collections import OrderedDict
from pathlib import Path

import torch

WIDTH, FEED, ROWS = 2048, 8192, 32000
SHARD = "2GB"


def shapes(blocks):
    """Returns names and shapes; 67 million weights a block."""
    found = OrderedDict([("model.embed_tokens.weight", (ROWS, WIDTH)), ("model.norm.weight", (WIDTH,))])
    for i in range(blocks):
        layer = f"model.layers.{i}."
        found.update((f"{layer}self_attn.{p}_proj.weight", (WIDTH, WIDTH)) for p in "qkvo")
        found.update((f"{layer}mlp.{p}_proj.weight", s) for p, s in (("gate", (FEED, WIDTH)), ("up", (FEED, WIDTH)), ("down", (WIDTH, FEED))))
        found.update((f"{layer}{p}_layernorm.weight", (WIDTH,)) for p in ("input", "post_attention"))
    return found


def random(n, seed):
    """Values between 1 and 2, made faster than torch.randn makes them."""
    generator = torch.Generator().manual_seed(seed)
    bits = torch.randint(0, 1 << 23, (n,), dtype=torch.int32, generator=generator)
    return (bits | 0x3F800000).view(torch.float32)


def write_zero(run, blocks, world):
    """Each rank has a part of every parameter (deepspeed/runtime/zero/stage3.py), in one flat tensor, and its two moments."""
    folder, of = Path(run) / "global_step10", shapes(blocks)
    folder.mkdir(parents=True)
    (folder.parent / "latest").write_text("global_step10")
    length = sum(-(-torch.Size(s).numel() // world) for s in of.values())
    for rank in range(world):
        state = {"step": torch.tensor(3.0), "exp_avg": random(length, 3 * rank + 1), "exp_avg_sq": random(length, 3 * rank + 2)}
        inside = {"zero_stage": 3, "partition_count": world, "fp32_flat_groups": [random(length, 3 * rank)], "optimizer_state_dict": {"state": {0: state}}}
        torch.save({"optimizer_state_dict": inside, "ds_config": {}, "ds_version": "0.19.8"},
                   folder / f"zero_pp_rank_{rank}_mp_rank_00_optim_states.pt")
        torch.save({"module": OrderedDict((n, torch.empty(0, dtype=torch.bfloat16)) for n in of), "buffer_names": [], "optimizer": None,
                    "param_shapes": [OrderedDict((n, torch.Size(s)) for n, s in of.items())], "frozen_param_shapes": None, "shared_params": {},
                    "frozen_param_fragments": None, "dp_world_size": world, "mp_world_size": 1, "ds_version": "0.19.8"},
                   folder / f"zero_pp_rank_{rank}_mp_rank_00_model_states.pt")


def write_dcp(folder, blocks, files):
    import torch.distributed.checkpoint as dcp
    state = {name: random(torch.Size(s).numel(), seed).view(s).bfloat16() for seed, (name, s) in enumerate(shapes(blocks).items())}
    dcp.save(state, storage_writer=dcp.FileSystemWriter(folder, thread_count=files), no_dist=True)


def save(state, out):
    """Writes files as huggingface_hub names them."""
    from huggingface_hub import split_torch_state_dict_into_shards
    from safetensors.torch import save_file
    for file, names in split_torch_state_dict_into_shards(state, max_shard_size=SHARD).filename_to_tensors.items():
        save_file({n: state[n].contiguous() for n in names}, Path(out) / file)


def from_zero(run, out):
    from deepspeed.utils.zero_to_fp32 import get_fp32_state_dict_from_zero_checkpoint
    state = get_fp32_state_dict_from_zero_checkpoint(run)
    save({name: tensor.bfloat16() for name, tensor in state.items()}, out)


def from_dcp(folder, out):
    from torch.distributed.checkpoint.format_utils import dcp_to_torch_save
    joined = f"{out}/joined.pt"
    dcp_to_torch_save(folder, joined)
    save(torch.load(joined, mmap=True, weights_only=True), out)
    Path(joined).unlink()


if __name__ == "__main__":
    {"zero": lambda run, blocks, world: write_zero(run, int(blocks), int(world)),
     "dcp": lambda folder, blocks, files: write_dcp(folder, int(blocks), int(files)),
     "from-zero": from_zero, "from-dcp": from_dcp}[sys.argv[1]](*sys.argv[2:])
