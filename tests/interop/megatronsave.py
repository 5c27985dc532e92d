# SPDX-License-Identifier: Apache-2.0
"""Saves models of megatron-core as their tensor-, pipeline- and expert-parallel ranks have them, and the whole of each parameter.

megatronsave.py FOLDER OPTIONS...: for each OPTIONS, a JSON object with the keys of DEFAULTS, processes on gloo build GPTModel and make
the folder FOLDER/N, N from 0.  Each share is filled by the offsets that its sharded_state_dict() gives, from a tensor that depends on its
name alone; whole_RANK.pt has these tensors.  The iteration is saved twice:
iter_0000005  in the format 'torch': the folders are named as by get_checkpoint_name of NVIDIA/Megatron-LM, megatron/training/
              checkpointing.py, and written by the processes that write them there, those of expert-data-parallel rank 0
iter_0000006  in the format 'torch_dist', by dist_checkpointing
megatron-core is loaded once, and forked."""

import argparse
import json
import math
import os
import sys
import zlib
from pathlib import Path

import torch
from megatron.core import dist_checkpointing, parallel_state
from megatron.core.dist_checkpointing.mapping import ShardedTensor, ShardedTensorFactory
from megatron.core.dist_checkpointing.strategies import filesystem_async
from megatron.core.models.gpt import GPTModel
from megatron.core.models.gpt.gpt_layer_specs import get_gpt_layer_local_spec, get_gpt_mtp_block_spec
from megatron.core.transformer import MLATransformerConfig, TransformerConfig, multi_latent_attention
from megatron.core.transformer.moe import grouped_gemm_util
from torch import distributed, multiprocessing

H, LAYERS = 32, 8
DEFAULTS = {"tp": 1, "pp": 1, "vp": 1, "ep": 1, "etp": None, "gated": True, "tied": False, "experts": None, "grouped": False, "latent": False, "mtp": None}


class Attention(torch.nn.Module):
    """Stands for an attention, which has no weights."""

    def __init__(self, *_, **__):
        super().__init__()


def build(o):
    """Returns the stages of this rank."""
    if not isinstance(multi_latent_attention.TELinear, type):
        multi_latent_attention.TELinear = Attention  # asked for without Transformer Engine, too
    grouped_gemm_util.assert_grouped_gemm_is_available = lambda: None  # weights are laid out, not multiplied
    pp, vp, gated = o["pp"], o["vp"], o["gated"]
    virtual = vp if vp > 1 else None
    parallel_state.initialize_model_parallel(o["tp"], pp, virtual, expert_model_parallel_size=o["ep"], expert_tensor_parallel_size=o["etp"])
    norm = "RMSNorm" if gated else "LayerNorm"
    more = {"num_moe_experts": o["experts"], "moe_ffn_hidden_size": 24, "moe_router_topk": 2, "moe_shared_expert_intermediate_size": 16, "moe_grouped_gemm": o["grouped"],
            "moe_use_legacy_grouped_gemm": o["grouped"], "expert_model_parallel_size": o["ep"], "expert_tensor_parallel_size": o["etp"] or o["tp"]} if o["experts"] else {}
    more |= {"q_lora_rank": 16, "kv_lora_rank": 24, "qk_head_dim": 8, "qk_pos_emb_head_dim": 8, "v_head_dim": 8, "rope_type": "rope"} if o["latent"] else {}
    config = (MLATransformerConfig if o["latent"] else TransformerConfig)(
        num_layers=LAYERS, hidden_size=H, num_attention_heads=8, num_query_groups=8 if o["latent"] else 4, ffn_hidden_size=48, use_cpu_initialization=True,
        tensor_model_parallel_size=o["tp"], pipeline_model_parallel_size=pp, virtual_pipeline_model_parallel_size=virtual, mtp_num_layers=o["mtp"],
        pipeline_dtype=torch.float32, gated_linear_unit=gated, normalization=norm, add_bias_linear=not gated,
        activation_func=torch.nn.functional.silu if gated else torch.nn.functional.gelu, bias_activation_fusion=False, bias_dropout_fusion=False, **more)
    rank = parallel_state.get_pipeline_model_parallel_rank()
    spec = get_gpt_layer_local_spec(o["experts"], o["grouped"], o["latent"], o["latent"], normalization="RMSNorm" if gated else None, **(
        {"moe_use_legacy_grouped_gemm": True} if o["grouped"] else {}))
    if o["latent"]:
        spec.submodules.self_attention.submodules.core_attention = Attention  # the one of megatron-core alone has other widths
    return [GPTModel(config, spec, vocab_size=128, max_sequence_length=16, pre_process=rank == 0 and v == 0, post_process=rank == pp - 1 and v == vp - 1,
                     share_embeddings_and_output_weights=o["tied"], position_embedding_type="rope" if gated else "learned_absolute",
                     mtp_block_spec=get_gpt_mtp_block_spec(config, spec, False) if o["mtp"] else None, **({"vp_stage": v} if virtual else {})) for v in range(vp)]


def sharded(model):
    groups = {"dp_cp_group": parallel_state.get_data_parallel_group(with_context_parallel=True)}
    return model.sharded_state_dict(metadata=groups)


def fill(model, whole):
    """Fills the shares of a stage, and returns its state dictionary."""
    def share(part):
        generator = torch.Generator().manual_seed(zlib.crc32(part.key.encode()))
        whole[part.key] = torch.randn(part.global_shape, generator=generator)
        sizes = (1,) * part.prepend_axis_num + tuple(part.local_shape)
        return whole[part.key][tuple(slice(o, o + s) for o, s in zip(part.global_offset, sizes))].reshape(part.local_shape)

    state = model.state_dict()
    for name, part in sharded(model).items():
        if isinstance(part, ShardedTensorFactory):
            built = part.build()
            state[name].copy_(part.merge_fn([share(p) for p in built] if isinstance(built, list) else share(built)))
        elif isinstance(part, ShardedTensor) and state.get(name) is not None:
            state[name].copy_(share(part))
    return state


def processes(o):
    """The processes that both meshes of a stage need: tensor and data ranks, and those of experts."""
    return o["pp"] * math.lcm(o["tp"], (o["etp"] or o["tp"]) * o["ep"])


def rank_folder(o):
    """The name of this rank's folder."""
    t, p, e = (parallel_state.get_tensor_model_parallel_rank(), parallel_state.get_pipeline_model_parallel_rank(), parallel_state.get_expert_model_parallel_rank())
    return f"mp_rank_{t:02d}" + (f"_{p:03d}" if o["pp"] > 1 else "") + (f"_{e:03d}" if o["ep"] > 1 else "")


def named(o, models):
    """The models of a rank as a checkpoint has them."""
    return {"model": models[0]} if o["vp"] == 1 else {f"model{v}": m for v, m in enumerate(models)}


def run(rank, o, folder):
    torch.Tensor.cuda = lambda self, *_, **__: self  # tied models ask for it
    torch.cuda.current_device = lambda: "cpu"
    torch.cuda.synchronize = lambda: None
    filesystem_async._results_queue = multiprocessing.get_context("fork").Manager().Queue()  # its own process would load all this again
    distributed.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=processes(o))
    whole = {}
    models = build(o)
    states = [fill(model, whole) for model in models]
    torch.save(whole, folder / f"whole_{rank}.pt")
    args = argparse.Namespace(tensor_model_parallel_size=o["tp"], pipeline_model_parallel_size=o["pp"], virtual_pipeline_model_parallel_size=o["vp"] if o["vp"] > 1 else None,
                              expert_model_parallel_size=o["ep"], expert_tensor_parallel_size=o["etp"], num_experts=o["experts"], num_layers=LAYERS, hidden_size=H, ffn_hidden_size=48,
                              num_attention_heads=8, group_query_attention=True, num_query_groups=4, vocab_size=120, norm_epsilon=1e-5, rotary_base=10000, max_position_embeddings=16, swiglu=o["gated"],
                              untie_embeddings_and_output_weights=not o["tied"], multi_latent_attention=o["latent"], q_lora_rank=16, kv_lora_rank=24, qk_pos_emb_head_dim=8)
    common = {"args": args, "checkpoint_version": 3.0, "iteration": 5}
    if parallel_state.get_expert_data_parallel_rank() == 0:
        at = folder / "iter_0000005" / rank_folder(o)
        at.mkdir(parents=True)
        torch.save(common | named(o, states), at / "model_optim_rng.pt")
    (folder / "iter_0000006").mkdir(exist_ok=True)
    dist_checkpointing.save(common | {"iteration": 6} | named(o, [sharded(model) for model in models]), str(folder / "iter_0000006"))
    distributed.barrier()
    distributed.destroy_process_group()


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    for number, text in enumerate(sys.argv[2:]):
        options = DEFAULTS | json.loads(text)
        to = Path(sys.argv[1]).resolve() / str(number)
        to.mkdir(parents=True)
        multiprocessing.start_processes(run, (options, to), nprocs=processes(options), start_method="fork")
        (to / "latest_checkpointed_iteration.txt").write_text("5")
