# SPDX-License-Identifier: Apache-2.0
"""Saves a model of megatron-core as its tensor- and pipeline-parallel ranks have it, and the whole of each parameter.

megatronsave.py TP PP VP GATED TIED FOLDER: TP * PP processes on gloo build GPTModel.  Each share is filled by the offsets that its
sharded_state_dict() gives, from a tensor that depends on its name alone; whole_RANK.pt has these tensors."""

import argparse
import os
import sys
import zlib
from pathlib import Path

import torch
from torch import distributed, multiprocessing

H, LAYERS = 32, 8


def build(tp, pp, vp, gated, tied):
    """Returns the stages of this rank."""
    from megatron.core import parallel_state
    from megatron.core.models.gpt import GPTModel
    from megatron.core.models.gpt.gpt_layer_specs import get_gpt_layer_local_spec
    from megatron.core.transformer import TransformerConfig

    virtual = vp if vp > 1 else None
    parallel_state.initialize_model_parallel(tp, pp, virtual)
    norm = "RMSNorm" if gated else "LayerNorm"
    config = TransformerConfig(num_layers=LAYERS, hidden_size=H, num_attention_heads=8, num_query_groups=4, ffn_hidden_size=48, use_cpu_initialization=True,
                               tensor_model_parallel_size=tp, pipeline_model_parallel_size=pp, virtual_pipeline_model_parallel_size=virtual,
                               pipeline_dtype=torch.float32, gated_linear_unit=gated, normalization=norm, add_bias_linear=not gated,
                               activation_func=torch.nn.functional.silu if gated else torch.nn.functional.gelu, bias_activation_fusion=False,
                               bias_dropout_fusion=False)
    rank = parallel_state.get_pipeline_model_parallel_rank()
    return [GPTModel(config, get_gpt_layer_local_spec(normalization="RMSNorm" if gated else None), vocab_size=128, max_sequence_length=16,
                     pre_process=rank == 0 and v == 0, post_process=rank == pp - 1 and v == vp - 1, share_embeddings_and_output_weights=tied,
                     position_embedding_type="rope" if gated else "learned_absolute", **({"vp_stage": v} if virtual else {})) for v in range(vp)]


def fill(model, whole):
    """Fills the shares of a stage, and returns its state dictionary."""
    from megatron.core.dist_checkpointing.mapping import ShardedTensor, ShardedTensorFactory

    def share(part):
        generator = torch.Generator().manual_seed(zlib.crc32(part.key.encode()))
        whole[part.key] = torch.randn(part.global_shape, generator=generator)
        sizes = (1,) * part.prepend_axis_num + tuple(part.local_shape)
        return whole[part.key][tuple(slice(o, o + s) for o, s in zip(part.global_offset, sizes))].reshape(part.local_shape)

    state = model.state_dict()
    for name, part in model.sharded_state_dict().items():
        if isinstance(part, ShardedTensorFactory):
            built = part.build()
            state[name].copy_(torch.cat([share(p) for p in (built if isinstance(built, list) else built.values())]))
        elif isinstance(part, ShardedTensor) and state.get(name) is not None:
            state[name].copy_(share(part))
    return state


def run(rank, tp, pp, vp, gated, tied, folder):
    torch.Tensor.cuda = lambda self, *_, **__: self  # tied models ask for it
    distributed.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=tp * pp)
    from megatron.core import parallel_state

    whole = {}
    models = [fill(model, whole) for model in build(tp, pp, vp, gated, tied)]
    t, p = parallel_state.get_tensor_model_parallel_rank(), parallel_state.get_pipeline_model_parallel_rank()
    at = folder / "iter_0000005" / (f"mp_rank_{t:02d}" + (f"_{p:03d}" if pp > 1 else ""))
    at.mkdir(parents=True)
    args = argparse.Namespace(tensor_model_parallel_size=tp, pipeline_model_parallel_size=pp, virtual_pipeline_model_parallel_size=vp if vp > 1 else None,
                              num_layers=LAYERS, swiglu=gated, untie_embeddings_and_output_weights=not tied)
    torch.save({"args": args, "checkpoint_version": 3.0, "iteration": 5} | ({"model": models[0]} if vp == 1 else {f"model{v}": m for v, m in enumerate(models)}),
               at / "model_optim_rng.pt")
    torch.save(whole, folder / f"whole_{rank}.pt")
    distributed.barrier()
    distributed.destroy_process_group()


if __name__ == "__main__":
    numbers = [int(number) for number in sys.argv[1:6]]
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    to = Path(sys.argv[6]).resolve()
    to.mkdir()
    multiprocessing.spawn(run, (*numbers[:3], bool(numbers[3]), bool(numbers[4]), to), nprocs=numbers[0] * numbers[1])
    (to / "latest_checkpointed_iteration.txt").write_text("5")
