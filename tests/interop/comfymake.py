# SPDX-License-Identifier: Apache-2.0
"""The files that ComfyUI-GGUF's tools make of an image or video model: name → (type, shape, bytes), written from its rules.

Facts: city96/ComfyUI-GGUF, tools/convert.py (a file in 16 bits), tools/lcpp.patch (llama-quantize of such a file, above the rules of
llama.cpp b3962), tools/fix_5d_tensors.py.  Not copied from there: a weight is quantized from the values of the input, which the tools
round to F16 first if they are F32."""

import gguf
import torch
from ggmlbase import Ggml
from gguf import GGMLQuantizationType as T

FLUX = ("txt_in.", "img_in.", "time_in.", "vector_in.", "guidance_in.", "final_layer.")
UNET = ("class_embedding.", "time_embedding.", "add_embedding.", "time_embed.", "label_emb.", "conv_in.", "conv_out.", "=input_blocks.0.0.weight",
        "=out.2.weight")
# architecture → parts of names (with '=' whole names) that stay in 16 bits; those that stay in 32; whether rows are made of convolutions
RULES = {
    "flux": (FLUX, (), False), "hyvid": (FLUX, (), False), "sd1": (UNET, (), True), "sdxl": (UNET, (), True),
    "sd3": (("final_layer.", "time_text_embed.", "context_embedder.", "t_embedder.", "y_embedder.", "x_embedder.", "=proj_out.weight", "=pos_embed"),
            (), False),
    "ltxv": (("adaln_single.", "caption_projection.", "patchify_proj.", "proj_out.", "scale_shift_table"), ("scale_shift_table",), False),
    "wan": (("modulation.", "patch_embedding.", "text_embedding.", "time_projection.", "time_embedding.", "img_emb.", "head."), (".modulation",), False),
    "aura": (("t_embedder.", "init_x_linear.", "=modF.1.weight", "=cond_seq_linear.weight", "=final_linear.weight", "=positional_encoding",
              "=register_tokens"), (), False),
    "hidream": (("p_embedder.", "t_embedder.", "x_embedder.", "final_layer.", ".ff_i.gate.weight", "caption_projection."), (".ff_i.gate.weight",), False),
    "lumina2": (("t_embedder.", "x_embedder.", "final_layer.", "cap_embedder.", "context_refiner.", "noise_refiner."), (), False),
}
VALUES = ("attn_v.weight", ".to_v.weight", ".v.weight", ".attn.w1v.weight", ".attn.w2v.weight", "_attn.v_proj.weight")
FUSED = ("attn_qkv.weight", "attn.qkv.weight", "attention.qkv.weight")
DOWN = ("ffn_down", ".ffn.2.weight", ".ff.net.2.weight", ".mlp.layer2.weight", ".adaln_modulation_mlp.2.weight", ".feed_forward.w2.weight")
BASE = {"Q2_K": T.Q2_K, "Q3_K_S": T.Q3_K, "Q3_K_M": T.Q3_K, "Q3_K_L": T.Q3_K, "Q4_K_S": T.Q4_K, "Q4_K_M": T.Q4_K, "Q5_K_S": T.Q5_K, "Q5_K_M": T.Q5_K,
        "Q6_K": T.Q6_K, "Q4_0": T.Q4_0, "Q4_1": T.Q4_1, "Q5_0": T.Q5_0, "Q5_1": T.Q5_1, "Q8_0": T.Q8_0, "F16": T.F16}
MORE_VALUES = {"Q2_K": T.Q3_K, "Q3_K_L": T.Q5_K, "Q4_K_M": T.Q6_K, "Q5_K_M": T.Q6_K}
MORE_FUSED = {"Q3_K_M": T.Q4_K, "Q3_K_L": T.Q4_K, "Q4_K_M": T.Q5_K, "Q5_K_M": T.Q6_K}
MORE_DOWN = {"Q3_K_M": T.Q4_K, "Q3_K_L": T.Q5_K, "Q4_K_S": T.Q5_K, "Q4_K_M": T.Q6_K, "Q5_K_M": T.Q6_K, "Q4_0": T.Q4_1, "Q5_0": T.Q5_1}


def contains(name, parts):
    return any(name == p[1:] if p[0] == "=" else p in name for p in parts)


def in_16_bits(name, tensor, hiprec):
    """The type in convert.py's file, and of what its fix adds."""
    if tensor.dim() > 4:
        return T.F32
    if tensor.dtype in (torch.float32, torch.bfloat16) and (tensor.dim() == 1 or tensor.numel() <= 1024 or contains(name, hiprec)):
        return T.F32
    return T.BF16 if tensor.dtype == torch.bfloat16 else T.F16


def more(name, file, seen):
    """The type that llama-quantize gives a weight; seen: the weights of values so far."""
    if contains(name, VALUES):
        seen.append(name)
        if file == "Q3_K_M":
            return T.Q5_K if len(seen) <= 2 else T.Q4_K
        if file == "Q4_K_S" and len(seen) <= 4:
            return T.Q5_K
        return MORE_VALUES.get(file, BASE[file])
    if contains(name, FUSED):
        return MORE_FUSED.get(file, BASE[file])
    if contains(name, DOWN) or "experts." in name and ".w2.weight" in name:
        return MORE_DOWN.get(file, BASE[file])
    return BASE[file]


def data(tensor, kind, shape):
    values = tensor.to(torch.float32).numpy().reshape(shape)
    if kind in (T.F32, T.F16, T.BF16):
        return gguf.quants.quantize(values, kind).tobytes()
    return Ggml().quantize(int(kind), values).tobytes()


def made(architecture, tensors, file=None):
    """name → (type, shape that a loader sees, bytes) and the stored shapes; file: "Q4_K_S", or None for 16 bits."""
    kept, hiprec, has_rows = RULES[architecture]
    seen, found = [], {}
    for name, t in tensors.items():
        kind, shape = in_16_bits(name, t, hiprec), tuple(t.shape)
        if has_rows and 1 < t.dim() <= 4 and t.numel() >= 512 and t.numel() % 256 == 0 and shape[-1] % 256:
            shape = (t.numel() // 256, 256)
        rank = len(shape) - next((i for i, n in enumerate(shape[:-1]) if n > 1), len(shape) - 1)
        if file and name.endswith("weight") and rank == 2 and "_norm.weight" not in name and not contains(name, kept):
            kind = more(name, file, seen)
            if kind.name.endswith("_K") and shape[-1] % 256 or kind.name.startswith("Q") and shape[-1] % 32:
                kind = T.F16
        found[name] = (kind, tuple(t.shape), data(t, kind, shape))
    return found
