"""Converts a SAT transformer to a diffusers folder with torch: a script in the place of fmtconv.

naive_transformer.py CHECKPOINT.pt OUT_FOLDER
"""
# SPDX-License-Identifier: Apache-2.0

import json
import re
import sys
from pathlib import Path

import torch
from huggingface_hub import split_torch_state_dict_into_shards
from safetensors.torch import save_file

PREFIX = "model.diffusion_model."
RENAMED = (
    (r"mixins\.pos_embed\..*|transformer\.position_embeddings\..*", None),
    (r"mixins\.patch_embed\.(.*)", r"patch_embed.\1"),
    (r"time_embed\.0\.(.*)", r"time_embedding.linear_1.\1"),
    (r"time_embed\.2\.(.*)", r"time_embedding.linear_2.\1"),
    (r"transformer\.final_layernorm\.(.*)", r"norm_final.\1"),
    (r"mixins\.final_layer\.linear\.(.*)", r"proj_out.\1"),
    (r"mixins\.final_layer\.norm_final\.(.*)", r"norm_out.norm.\1"),
    (r"mixins\.final_layer\.adaLN_modulation\.1\.(.*)", r"norm_out.linear.\1"),
    (r"mixins\.adaln_layer\.query_layernorm_list\.(\d+)\.(.*)", r"transformer_blocks.\1.attn1.norm_q.\2"),
    (r"mixins\.adaln_layer\.key_layernorm_list\.(\d+)\.(.*)", r"transformer_blocks.\1.attn1.norm_k.\2"),
    (r"transformer\.layers\.(\d+)\.input_layernorm\.(.*)", r"transformer_blocks.\1.norm1.norm.\2"),
    (r"transformer\.layers\.(\d+)\.post_attention_layernorm\.(.*)", r"transformer_blocks.\1.norm2.norm.\2"),
    (r"transformer\.layers\.(\d+)\.attention\.dense\.(.*)", r"transformer_blocks.\1.attn1.to_out.0.\2"),
    (r"transformer\.layers\.(\d+)\.mlp\.dense_h_to_4h\.(.*)", r"transformer_blocks.\1.ff.net.0.proj.\2"),
    (r"transformer\.layers\.(\d+)\.mlp\.dense_4h_to_h\.(.*)", r"transformer_blocks.\1.ff.net.2.\2"),
)


def renamed(name):
    for pattern, target in RENAMED:
        if found := re.fullmatch(pattern, name):
            return found.expand(target) if target else None
    raise KeyError(name)


def main():
    source, out = sys.argv[1], Path(sys.argv[2])
    state = torch.load(source, map_location="cpu", weights_only=True, mmap=True)["module"]
    result = {}
    for name, t in state.items():
        name = name.removeprefix(PREFIX)
        if qkv := re.fullmatch(r"transformer\.layers\.(\d+)\.attention\.query_key_value\.(.*)", name):
            for part, rows in zip("qkv", t.chunk(3)):
                result[f"transformer_blocks.{qkv[1]}.attn1.to_{part}.{qkv[2]}"] = rows
        elif adaln := re.fullmatch(r"mixins\.adaln_layer\.adaLN_modulations\.(\d+)\.1\.(.*)", name):
            c = t.chunk(12)
            result[f"transformer_blocks.{adaln[1]}.norm1.linear.{adaln[2]}"] = torch.cat(c[:3] + c[6:9])
            result[f"transformer_blocks.{adaln[1]}.norm2.linear.{adaln[2]}"] = torch.cat(c[3:6] + c[9:])
        elif target := renamed(name):
            result[target] = t
    out.mkdir()
    split = split_torch_state_dict_into_shards(
        result, max_shard_size="5GB", filename_pattern="diffusion_pytorch_model{suffix}.safetensors")
    for file, names in split.filename_to_tensors.items():
        save_file({n: result[n].contiguous() for n in names}, out / file, {"format": "pt"})
    if split.is_sharded:
        index = {"metadata": split.metadata, "weight_map": split.tensor_to_filename}
        (out / "diffusion_pytorch_model.safetensors.index.json").write_text(json.dumps(index, indent=2, sort_keys=True))


if __name__ == "__main__":
    main()
