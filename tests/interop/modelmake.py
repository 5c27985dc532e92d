# SPDX-License-Identifier: Apache-2.0
"""Names and shapes of the tensors in the authors' own files, written from their classes, and the sizes that they published.

Each function returns name → shape for given sizes, and knows nothing of the files in models/."""

import inspect
import sys
import textwrap

import torch


def linear(name, out, inner, bias=True):
    return {f"{name}.weight": (out, inner)} | ({f"{name}.bias": (out,)} if bias else {})


def norm(name, width):
    return {f"{name}.weight": (width,), f"{name}.bias": (width,)}


def merged(*parts):
    whole = {}
    for part in parts:
        whole |= part
    return whole


def random(shapes, seed=0, dtype=torch.bfloat16):
    """Returns tensors of these shapes, each with other values."""
    torch.manual_seed(seed)
    return {name: torch.randn(shape).to(dtype) for name, shape in shapes.items()}


def narrowed(function, *pairs):
    """Returns a function of diffusers in which constants of the published size are replaced."""
    source = textwrap.dedent(inspect.getsource(function))
    for old, new in pairs:
        assert old in source, old
        source = source.replace(old, new)
    names = dict(sys.modules[function.__module__].__dict__)
    exec(source, names)
    return names[function.__name__]


def flux(h=3072, d=128, c=64, e=4096, v=768, double=19, single=38, guidance=True):
    """github.com/black-forest-labs/flux, src/flux/model.py and modules/layers.py: Flux."""
    def embedder(name, inner):
        return linear(f"{name}.in_layer", h, inner) | linear(f"{name}.out_layer", h, h)

    def norms(name):
        return {f"{name}.query_norm.scale": (d,), f"{name}.key_norm.scale": (d,)}

    blocks = [linear("img_in", h, c), linear("txt_in", h, e), embedder("time_in", 256), embedder("vector_in", v),
              embedder("guidance_in", 256) if guidance else {}]
    for i in range(double):
        for s in ("img", "txt"):
            at = f"double_blocks.{i}.{s}"
            blocks += [linear(f"{at}_mod.lin", 6 * h, h), linear(f"{at}_attn.qkv", 3 * h, h), norms(f"{at}_attn.norm"),
                       linear(f"{at}_attn.proj", h, h), linear(f"{at}_mlp.0", 4 * h, h), linear(f"{at}_mlp.2", h, 4 * h)]
    for i in range(single):
        at = f"single_blocks.{i}"
        blocks += [linear(f"{at}.linear1", 7 * h, h), linear(f"{at}.linear2", h, 5 * h), norms(f"{at}.norm"),
                   linear(f"{at}.modulation.lin", 3 * h, h)]
    return merged(*blocks, linear("final_layer.linear", c, h), linear("final_layer.adaLN_modulation.1", 2 * h, h))


def sd3(h=1536, v=2048, e=4096, c=16, p=2, out=16, side=192, blocks=24, dual=0, head=0):
    """github.com/Stability-AI/sd3.5, mmditx.py: MMDiTX; head: the width of the norms of queries and keys, 0 if there are none."""
    def norms(name):
        return {f"{name}.ln_{x}.weight": (head,) for x in "qk"} if head else {}

    parts = [{"pos_embed": (1, side * side, h), "x_embedder.proj.weight": (h, c, p, p), "x_embedder.proj.bias": (h,)},
             linear("t_embedder.mlp.0", h, 256), linear("t_embedder.mlp.2", h, h), linear("y_embedder.mlp.0", h, v),
             linear("y_embedder.mlp.2", h, h), linear("context_embedder", h, e)]
    for i in range(blocks):
        for s in ("x_block", "context_block"):
            at, is_last = f"joint_blocks.{i}.{s}", s == "context_block" and i == blocks - 1
            rows = 2 if is_last else 9 if s == "x_block" and i < dual else 6
            parts += [linear(f"{at}.adaLN_modulation.1", rows * h, h), linear(f"{at}.attn.qkv", 3 * h, h), norms(f"{at}.attn")]
            if not is_last:
                parts += [linear(f"{at}.attn.proj", h, h), linear(f"{at}.mlp.fc1", 4 * h, h), linear(f"{at}.mlp.fc2", h, 4 * h)]
            if rows == 9:
                parts += [linear(f"{at}.attn2.qkv", 3 * h, h), norms(f"{at}.attn2"), linear(f"{at}.attn2.proj", h, h)]
    return merged(*parts, linear("final_layer.linear", p * p * out, h), linear("final_layer.adaLN_modulation.1", 2 * h, h))


def wan(h=1536, ffn=8960, blocks=30, c=16, out=16, text=4096, freq=256, image=0):
    """github.com/Wan-Video/Wan2.1, wan/modules/model.py: WanModel; image: the width of the features of an image."""
    parts = [{"patch_embedding.weight": (h, c, 1, 2, 2), "patch_embedding.bias": (h,)}, linear("text_embedding.0", h, text),
             linear("text_embedding.2", h, h), linear("time_embedding.0", h, freq), linear("time_embedding.2", h, h),
             linear("time_projection.1", 6 * h, h)]
    if image:
        parts += [norm("img_emb.proj.0", image), linear("img_emb.proj.1", image, image), linear("img_emb.proj.3", h, image), norm("img_emb.proj.4", h)]
    for i in range(blocks):
        at = f"blocks.{i}"
        for a in ("self_attn", "cross_attn"):
            parts += [linear(f"{at}.{a}.{x}", h, h) for x in "qkvo"] + [{f"{at}.{a}.norm_{x}.weight": (h,) for x in "qk"}]
        if image:
            parts += [linear(f"{at}.cross_attn.{x}_img", h, h) for x in "kv"] + [{f"{at}.cross_attn.norm_k_img.weight": (h,)}]
        parts += [norm(f"{at}.norm3", h), linear(f"{at}.ffn.0", ffn, h), linear(f"{at}.ffn.2", h, ffn), {f"{at}.modulation": (1, 6, h)}]
    return merged(*parts, linear("head.head", 4 * out, h), {"head.modulation": (1, 2, h)})


def hunyuan_video(h=3072, d=128, c=16, text=4096, v=768, double=20, single=40, refiner=2):
    """github.com/Tencent-Hunyuan/HunyuanVideo, hyvideo/modules/models.py: HYVideoDiffusionTransformer."""
    parts = [{"img_in.proj.weight": (h, c, 1, 2, 2), "img_in.proj.bias": (h,)}, linear("txt_in.input_embedder", h, text),
             linear("txt_in.t_embedder.mlp.0", h, 256), linear("txt_in.t_embedder.mlp.2", h, h), linear("txt_in.c_embedder.linear_1", h, text),
             linear("txt_in.c_embedder.linear_2", h, h), linear("time_in.mlp.0", h, 256), linear("time_in.mlp.2", h, h),
             linear("vector_in.in_layer", h, v), linear("vector_in.out_layer", h, h), linear("guidance_in.mlp.0", h, 256), linear("guidance_in.mlp.2", h, h)]
    for i in range(refiner):
        at = f"txt_in.individual_token_refiner.blocks.{i}"
        parts += [norm(f"{at}.norm1", h), norm(f"{at}.norm2", h), linear(f"{at}.self_attn_qkv", 3 * h, h), linear(f"{at}.self_attn_proj", h, h),
                  linear(f"{at}.mlp.fc1", 4 * h, h), linear(f"{at}.mlp.fc2", h, 4 * h), linear(f"{at}.adaLN_modulation.1", 2 * h, h)]
    for i in range(double):
        for s in ("img", "txt"):
            at = f"double_blocks.{i}.{s}"
            parts += [linear(f"{at}_mod.linear", 6 * h, h), linear(f"{at}_attn_qkv", 3 * h, h), {f"{at}_attn_{x}_norm.weight": (d,) for x in "qk"},
                      linear(f"{at}_attn_proj", h, h), linear(f"{at}_mlp.fc1", 4 * h, h), linear(f"{at}_mlp.fc2", h, 4 * h)]
    for i in range(single):
        at = f"single_blocks.{i}"
        parts += [linear(f"{at}.linear1", 7 * h, h), linear(f"{at}.linear2", h, 5 * h), {f"{at}.{x}_norm.weight": (d,) for x in "qk"},
                  linear(f"{at}.modulation.linear", 3 * h, h)]
    return merged(*parts, linear("final_layer.linear", 4 * c, h), linear("final_layer.adaLN_modulation.1", 2 * h, h))


def ltx(h=2048, c=128, caption=4096, blocks=28):
    """github.com/Lightricks/LTX-Video, ltx_video/models/transformers/transformer3d.py: Transformer3DModel."""
    parts = [{"scale_shift_table": (2, h)}, linear("patchify_proj", h, c), linear("adaln_single.emb.timestep_embedder.linear_1", h, 256),
             linear("adaln_single.emb.timestep_embedder.linear_2", h, h), linear("adaln_single.linear", 6 * h, h),
             linear("caption_projection.linear_1", h, caption), linear("caption_projection.linear_2", h, h), linear("proj_out", c, h)]
    for i in range(blocks):
        at = f"transformer_blocks.{i}"
        parts += [{f"{at}.scale_shift_table": (6, h)}, linear(f"{at}.ff.net.0.proj", 4 * h, h), linear(f"{at}.ff.net.2", h, 4 * h)]
        for a in ("attn1", "attn2"):
            parts += [linear(f"{at}.{a}.{x}", h, h) for x in ("to_q", "to_k", "to_v", "to_out.0")]
            parts += [{f"{at}.{a}.{x}_norm.weight": (h,) for x in "qk"}]
    return merged(*parts)


def mochi(h=3072, d=128, e=1536, c=12, text=4096, blocks=48):
    """github.com/genmoai/mochi, src/genmo/mochi_preview/dit/joint_model/asymm_models_joint.py: AsymmDiTJoint."""
    def gated(name, width):
        inner = 4 * width * 2 // 3
        return {f"{name}.w1.weight": (2 * inner, width), f"{name}.w2.weight": (width, inner)}

    parts = [{"pos_frequencies": (3, h // d, d // 2), "x_embedder.proj.weight": (h, c, 2, 2), "x_embedder.proj.bias": (h,)},
             linear("t_embedder.mlp.0", h, 256), linear("t_embedder.mlp.2", h, h), linear("t5_y_embedder.to_kv", 2 * text, text),
             linear("t5_y_embedder.to_q", text, text), linear("t5_y_embedder.to_out", h, text), linear("t5_yproj", e, text)]
    for i in range(blocks):
        at, is_last = f"blocks.{i}", i == blocks - 1
        parts += [linear(f"{at}.mod_x", 4 * h, h), linear(f"{at}.mod_y", e if is_last else 4 * e, h), linear(f"{at}.attn.qkv_x", 3 * h, h, bias=False),
                  linear(f"{at}.attn.qkv_y", 3 * h, e, bias=False), {f"{at}.attn.{x}_norm_{s}.weight": (d,) for x in "qk" for s in "xy"},
                  linear(f"{at}.attn.proj_x", h, h), gated(f"{at}.mlp_x", h)]
        if not is_last:
            parts += [linear(f"{at}.attn.proj_y", e, h), gated(f"{at}.mlp_y", e)]
    return merged(*parts, linear("final_layer.mod", 2 * h, h), linear("final_layer.linear", 4 * c, h))
