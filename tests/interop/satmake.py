# SPDX-License-Identifier: Apache-2.0
"""Writes small SAT/DeepSpeed CogVideoX checkpoints with the real torch.save, for tests and the demo.

Names and their order follow SAT's network (CogVideo: sat/dit_video_concat.py, sat/configs) and LoraMixin
(SwissArmyTransformer: sat/model/finetune/lora2.py); what DeepSpeed saves beside the weights follows
deepspeed/runtime/engine.py.  Sizes are small, weights are random but fixed by a seed.

As a program: satmake.py OUT [--hidden H] [--layers N] [--rank R] [--alpha A] [--dtype fp16|bf16|fp32] [--bare]
"""

import argparse
import random
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
import yaml

NET = "model.diffusion_model."
DTYPES = {"fp16": torch.float16, "bf16": torch.bfloat16, "fp32": torch.float32}


@dataclass
class Recipe:
    """The content of a checkpoint."""

    hidden: int = 64
    layers: int = 2
    rank: int = 4
    alpha: float | None = None  # lora_alpha in training_config.yaml; None: not there
    dtype: torch.dtype = torch.float16
    lora_layers: list | None = None  # None: all
    infix: str = ""  # "_orig_mod." as torch.compile leaves it
    prefix: str = NET
    lora: bool = True
    base: bool = True  # the transformer itself
    others: bool = True  # T5, VAE and the training's state
    flat: bool = True  # trained matrices are slices of one storage, as under ZeRO
    config: bool = True  # training_config.yaml
    config_rank: int | None = None  # the value in the file; None: the right one
    scale: float = 0.02  # standard deviation of the weights
    seed: int = 0
    lora_tensors: OrderedDict = field(default_factory=OrderedDict)  # filled: SAT name → tensor


def network_shapes(r):
    """Returns the transformer's tensors, in module order."""
    h, t, d, text = r.hidden, 16, 8, 32
    yield "mixins.pos_embed.pos_embedding", (1, 20, h)
    yield "mixins.patch_embed.proj.weight", (h, 16, 2, 2)
    yield "mixins.patch_embed.proj.bias", (h,)
    yield "mixins.patch_embed.text_proj.weight", (h, text)
    yield "mixins.patch_embed.text_proj.bias", (h,)
    for n in range(r.layers):
        yield f"mixins.adaln_layer.adaLN_modulations.{n}.1.weight", (12 * h, t)
        yield f"mixins.adaln_layer.adaLN_modulations.{n}.1.bias", (12 * h,)
    for kind in ("query", "key"):
        for n in range(r.layers):
            yield f"mixins.adaln_layer.{kind}_layernorm_list.{n}.weight", (d,)
            yield f"mixins.adaln_layer.{kind}_layernorm_list.{n}.bias", (d,)
    yield "mixins.final_layer.norm_final.weight", (h,)
    yield "mixins.final_layer.norm_final.bias", (h,)
    yield "mixins.final_layer.linear.weight", (64, h)
    yield "mixins.final_layer.linear.bias", (64,)
    yield "mixins.final_layer.adaLN_modulation.1.weight", (2 * h, t)
    yield "mixins.final_layer.adaLN_modulation.1.bias", (2 * h,)
    for n in range(r.layers):
        layer = f"transformer.layers.{n}."
        for norm in ("input_layernorm", "post_attention_layernorm"):
            yield f"{layer}{norm}.weight", (h,)
            yield f"{layer}{norm}.bias", (h,)
        for name, rows, columns in (
            ("attention.query_key_value", 3 * h, h),
            ("attention.dense", h, h),
            ("mlp.dense_h_to_4h", 4 * h, h),
            ("mlp.dense_4h_to_h", h, 4 * h),
        ):
            yield f"{layer}{name}.weight", (rows, columns)
            yield f"{layer}{name}.bias", (rows,)
    yield "transformer.final_layernorm.weight", (h,)
    yield "transformer.final_layernorm.bias", (h,)
    yield "time_embed.0.weight", (t, h)
    yield "time_embed.0.bias", (t,)
    yield "time_embed.2.weight", (t, t)
    yield "time_embed.2.bias", (t,)


def wrap_with_lora(shapes, r):
    """As LoraMixin does: the wrapped module's tensors get the name .original, followed by A and B."""
    wrapped = set(range(r.layers) if r.lora_layers is None else r.lora_layers)
    for name, shape in shapes:
        module, _, leaf = name.rpartition(".")
        layer = module.split(".")[2] if module.startswith("transformer.layers.") else None
        is_target = module.endswith((".query_key_value", ".dense"))
        if layer is None or not is_target or int(layer) not in wrapped:
            yield name, shape
            continue
        yield f"{module}.original.{leaf}", shape
        if leaf == "bias":
            parts = 3 if module.endswith(".query_key_value") else 1
            for letter, matrix in (("A", (r.rank, r.hidden)), ("B", (r.hidden, r.rank))):
                for part in range(parts):
                    yield f"{module}.matrix_{letter}.{part}", matrix


def other_shapes():
    """Returns a small T5 encoder and a part of the VAE, by their names in the training's module."""
    t5 = "conditioner.embedders.0.transformer."
    yield t5 + "shared.weight", (48, 16)
    yield t5 + "encoder.block.0.layer.0.SelfAttention.q.weight", (16, 16)
    yield t5 + "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight", (32, 4)
    yield t5 + "encoder.final_layer_norm.weight", (16,)
    yield "first_stage_model.encoder.conv_in.conv.weight", (8, 3, 3, 3, 3)
    yield "first_stage_model.encoder.conv_in.conv.bias", (8,)
    yield "first_stage_model.decoder.conv_out.conv.weight", (3, 8, 3, 3, 3)


def flatten(tensors):
    """Make the tensors consecutive slices of one padded storage, as ZeRO-1 and -2 do."""
    count = sum(t.numel() for t in tensors.values())
    first = next(iter(tensors.values()))
    buffer, at = torch.zeros(-(-count // 16) * 16, dtype=first.dtype), 0
    for name, t in tensors.items():
        end = at + t.numel()
        tensors[name] = buffer[at:end].view(t.shape).copy_(t)
        at = end


def state_dict(r):
    """The module's tensors; those of the LoRA are kept in r.lora_tensors too."""
    shapes = list(network_shapes(r))
    if r.lora:
        shapes = list(wrap_with_lora(shapes, r))
    if not r.base:
        shapes = [(name, shape) for name, shape in shapes if ".matrix_" in name]
    generator = torch.Generator().manual_seed(r.seed)

    def fill(shape):
        return (torch.randn(shape, generator=generator) * r.scale).to(r.dtype)

    tensors = OrderedDict((r.prefix + r.infix + name, fill(shape)) for name, shape in shapes)
    lora = OrderedDict((name, t) for name, t in tensors.items() if ".matrix_" in name)
    if r.flat and lora:
        flatten(lora)
        tensors.update(lora)
    r.lora_tensors = OrderedDict((name[len(r.prefix + r.infix):], t) for name, t in lora.items())
    if r.others:
        tensors.update((name, fill(shape)) for name, shape in other_shapes())
        t5 = "conditioner.embedders.0.transformer."
        tensors[t5 + "encoder.embed_tokens.weight"] = tensors[t5 + "shared.weight"]
    tensors._metadata = OrderedDict({"": {"version": 1}})
    return tensors


def training_state(tensors):
    """Returns the objects that DeepSpeed and SAT save with the module."""
    frozen = OrderedDict((k, t.clone()) for k, t in tensors.items() if ".matrix_" not in k)
    return {
        "buffer_names": [],
        "optimizer": None,
        "param_shapes": [OrderedDict((k, t.shape) for k, t in tensors.items() if ".matrix_" in k)],
        "frozen_param_shapes": OrderedDict((k, t.shape) for k, t in frozen.items()),
        "shared_params": {},
        "frozen_param_fragments": frozen,
        "lr_scheduler": None,
        "data_sampler": None,
        "random_ltd": None,
        "sparse_tensor_module_names": set(),
        "skipped_steps": 0,
        "global_steps": 1000,
        "global_samples": 16000,
        "dp_world_size": 8,
        "mp_world_size": 1,
        "ds_config": {"train_micro_batch_size_per_gpu": 2, "zero_optimization": {"stage": 2, "overlap_comm": True}},
        "ds_version": "0.16.9",
        "iteration": 1000,
        "client_lr_scheduler": {"start_lr": 1e-5, "warmup_iter": 0.0, "auto_warmup_steps": None},
        "random_rng_state": random.Random(1).getstate(),
        "np_rng_state": np.random.RandomState(1).get_state(),
        "torch_rng_state": torch.Generator().manual_seed(1).get_state(),
        "cuda_rng_state": torch.arange(16, dtype=torch.uint8),
    }


def training_config(r):
    """The merged configuration that SAT leaves in the run's folder."""
    lora = {"r": r.config_rank or r.rank}
    if r.alpha is not None:
        lora["lora_alpha"] = r.alpha
    modules = {"lora_config": {"target": "sat.model.finetune.lora2.LoraMixin", "params": lora}}
    return {
        "args": {"mode": "finetune", "experiment_name": "lora-sample", "model_parallel_size": 1},
        "model": {
            "scale_factor": 1.15258426,
            "not_trainable_prefixes": ["all"],
            "network_config": {
                "target": "dit_video_concat.DiffusionTransformer",
                "params": {"num_layers": r.layers, "hidden_size": r.hidden, "modules": modules if r.lora else {}},
            },
        },
        "deepspeed": {"fp16": {"enabled": r.dtype is torch.float16}, "bf16": {"enabled": r.dtype is torch.bfloat16}},
    }


def write(r, run, iteration=1000):
    """Write the run folder `run`: latest, training_config.yaml, N/mp_rank_00_model_states.pt; the file's path."""
    run = Path(run)
    path = run / str(iteration) / "mp_rank_00_model_states.pt"
    path.parent.mkdir(parents=True, exist_ok=True)
    tensors = state_dict(r)
    checkpoint = {"module": tensors}
    if r.others:
        checkpoint.update(training_state(tensors))
    torch.save(checkpoint, path)
    (run / "latest").write_text(str(iteration))
    if r.config:
        (run / "training_config.yaml").write_text(yaml.safe_dump(training_config(r), sort_keys=False))
    return path


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="run folder to write")
    parser.add_argument("--hidden", type=int, default=64)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--rank", type=int, default=4)
    parser.add_argument("--alpha", type=float)
    parser.add_argument("--dtype", choices=DTYPES, default="fp16")
    parser.add_argument("--bare", action="store_true", help="without T5, VAE and training state")
    a = parser.parse_args()
    recipe = Recipe(hidden=a.hidden, layers=a.layers, rank=a.rank, alpha=a.alpha, dtype=DTYPES[a.dtype], others=not a.bare)
    print(write(recipe, a.out))


if __name__ == "__main__":
    main()
