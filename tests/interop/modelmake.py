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
    return {name: torch.randn(shape).to(torch.int64 if name.endswith("num_batches_tracked") else dtype) for name, shape in shapes.items()}


def narrowed(function, *pairs):
    """Returns a function of diffusers in which constants of the published size are replaced."""
    source = textwrap.dedent(inspect.getsource(function))
    for old, new in pairs:
        assert old in source, old
        source = source.replace(old, new)
    names = dict(sys.modules[function.__module__].__dict__)
    exec(source, names)
    return names[function.__name__]


def flux(h=3072, d=128, c=64, e=4096, v=768, double=19, single=38, guidance=True, out=0):
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
    return merged(*blocks, linear("final_layer.linear", out or c, h), linear("final_layer.adaLN_modulation.1", 2 * h, h))


def t5(h=48, d=16, heads=2, ffn=80, blocks=2, v=50, buckets=32):
    """transformers, models/t5/modeling_t5.py: T5EncoderModel, with one name of its embedding."""
    parts = [{"shared.weight": (v, h), "encoder.final_layer_norm.weight": (h,),
              "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight": (buckets, heads)}]
    for i in range(blocks):
        at = f"encoder.block.{i}.layer"
        parts += [linear(f"{at}.0.SelfAttention.{x}", heads * d, h, bias=False) for x in "qkv"] + [linear(f"{at}.0.SelfAttention.o", h, heads * d, bias=False)]
        parts += [linear(f"{at}.1.DenseReluDense.wi_{x}", ffn, h, bias=False) for x in (0, 1)] + [linear(f"{at}.1.DenseReluDense.wo", h, ffn, bias=False)]
        parts += [{f"{at}.{x}.layer_norm.weight": (h,)} for x in (0, 1)]
    return merged(*parts)


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


def wan(h=1536, ffn=8960, blocks=30, c=16, out=16, text=4096, freq=256, image=0, positions=0):
    """github.com/Wan-Video/Wan2.1, wan/modules/model.py: WanModel; image: the width of the features of an image; positions: of two images."""
    parts = [{"patch_embedding.weight": (h, c, 1, 2, 2), "patch_embedding.bias": (h,)}, linear("text_embedding.0", h, text),
             linear("text_embedding.2", h, h), linear("time_embedding.0", h, freq), linear("time_embedding.2", h, h),
             linear("time_projection.1", 6 * h, h)]
    if image:
        parts += [norm("img_emb.proj.0", image), linear("img_emb.proj.1", image, image), linear("img_emb.proj.3", h, image), norm("img_emb.proj.4", h)]
    if positions:
        parts.append({"img_emb.emb_pos": (1, positions, image)})
    for i in range(blocks):
        at = f"blocks.{i}"
        for a in ("self_attn", "cross_attn"):
            parts += [linear(f"{at}.{a}.{x}", h, h) for x in "qkvo"] + [{f"{at}.{a}.norm_{x}.weight": (h,) for x in "qk"}]
        if image:
            parts += [linear(f"{at}.cross_attn.{x}_img", h, h) for x in "kv"] + [{f"{at}.cross_attn.norm_k_img.weight": (h,)}]
        parts += [norm(f"{at}.norm3", h), linear(f"{at}.ffn.0", ffn, h), linear(f"{at}.ffn.2", h, ffn), {f"{at}.modulation": (1, 6, h)}]
    return merged(*parts, linear("head.head", 4 * out, h), {"head.modulation": (1, 2, h)})


def hunyuan_video(h=3072, d=128, c=16, out=0, text=4096, v=768, double=20, single=40, refiner=2, guidance=True):
    """github.com/Tencent-Hunyuan/HunyuanVideo, hyvideo/modules/models.py: HYVideoDiffusionTransformer."""
    parts = [{"img_in.proj.weight": (h, c, 1, 2, 2), "img_in.proj.bias": (h,)}, linear("txt_in.input_embedder", h, text),
             linear("txt_in.t_embedder.mlp.0", h, 256), linear("txt_in.t_embedder.mlp.2", h, h), linear("txt_in.c_embedder.linear_1", h, text),
             linear("txt_in.c_embedder.linear_2", h, h), linear("time_in.mlp.0", h, 256), linear("time_in.mlp.2", h, h),
             linear("vector_in.in_layer", h, v), linear("vector_in.out_layer", h, h)]
    if guidance:
        parts += [linear("guidance_in.mlp.0", h, 256), linear("guidance_in.mlp.2", h, h)]
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
    return merged(*parts, linear("final_layer.linear", 4 * (out or c), h), linear("final_layer.adaLN_modulation.1", 2 * h, h))


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


def chroma(h=3072, d=128, c=64, e=4096, guide=5120, channels=64, layers=5, double=19, single=38):
    """github.com/lodestone-rock/flow, src/models/chroma/model.py: Chroma; Flux without modulations, and a network that makes them."""
    whole = flux(h=h, d=d, c=c, e=e, v=8, double=double, single=single, guidance=False)
    parts = [{n: s for n, s in whole.items() if "mod" not in n and not n.startswith(("vector_in", "time_in"))},
             linear("distilled_guidance_layer.in_proj", guide, channels), linear("distilled_guidance_layer.out_proj", h, guide)]
    for i in range(layers):
        at = f"distilled_guidance_layer.layers.{i}"
        parts += [linear(f"{at}.in_layer", guide, guide), linear(f"{at}.out_layer", guide, guide), {f"distilled_guidance_layer.norms.{i}.scale": (guide,)}]
    return merged(*parts)


def flux2(h=6144, d=128, c=128, e=15360, freq=256, double=8, single=48, guidance=True):
    """github.com/black-forest-labs/flux2, src/flux2/model.py: Flux2."""
    def weights(**shapes):
        return {f"{n.replace('__', '.')}.weight": s for n, s in shapes.items()}

    def norms(name):
        return {f"{name}.query_norm.scale": (d,), f"{name}.key_norm.scale": (d,)}

    parts = [weights(img_in=(h, c), txt_in=(h, e), time_in__in_layer=(h, freq), time_in__out_layer=(h, h))]
    if guidance:
        parts += [weights(guidance_in__in_layer=(h, freq), guidance_in__out_layer=(h, h))]
    parts += [weights(double_stream_modulation_img__lin=(6 * h, h), double_stream_modulation_txt__lin=(6 * h, h), single_stream_modulation__lin=(3 * h, h))]
    for i in range(double):
        for s in ("img", "txt"):
            at = f"double_blocks.{i}.{s}"
            parts += [{f"{at}_attn.qkv.weight": (3 * h, h), f"{at}_attn.proj.weight": (h, h), f"{at}_mlp.0.weight": (6 * h, h),
                       f"{at}_mlp.2.weight": (h, 3 * h)}, norms(f"{at}_attn.norm")]
    for i in range(single):
        at = f"single_blocks.{i}"
        parts += [{f"{at}.linear1.weight": (9 * h, h), f"{at}.linear2.weight": (h, 4 * h)}, norms(f"{at}.norm")]
    return merged(*parts, {"final_layer.linear.weight": (c, h), "final_layer.adaLN_modulation.1.weight": (2 * h, h)})


def next_dit(h, d, kv, c, e, time, ada, ffn, blocks, refiner, modulation):
    """The blocks that Lumina-Image 2.0 and Z-Image share; modulation: the number of the layer that modulates a block."""
    parts = [linear("x_embedder", h, 4 * c), linear("t_embedder.mlp.0", time, 256), linear("t_embedder.mlp.2", ada, time),
             {"cap_embedder.0.weight": (e,)}, linear("cap_embedder.1", h, e)]
    for at in [f"{p}_refiner.{i}" for p in ("noise", "context") for i in range(refiner)] + [f"layers.{i}" for i in range(blocks)]:
        parts += [{f"{at}.attention.qkv.weight": (h + 2 * kv, h), f"{at}.attention.out.weight": (h, h), f"{at}.feed_forward.w1.weight": (ffn, h),
                   f"{at}.feed_forward.w2.weight": (h, ffn), f"{at}.feed_forward.w3.weight": (ffn, h)},
                  {f"{at}.attention.{x}_norm.weight": (d,) for x in "qk"}, {f"{at}.{x}_norm{n}.weight": (h,) for x in ("attention", "ffn") for n in (1, 2)}]
        if not at.startswith("context"):
            parts.append(linear(f"{at}.adaLN_modulation.{modulation}", 4 * h, ada))
    return merged(*parts, linear("final_layer.linear", 4 * c, h), linear("final_layer.adaLN_modulation.1", h, ada))


def lumina2(h=2304, d=96, kv=768, c=16, e=2304, ada=1024, blocks=26, refiner=2):
    """github.com/Alpha-VLLM/Lumina-Image-2.0, models/model.py: NextDiT, without its unused norm_final."""
    return next_dit(h, d, kv, c, e, ada, ada, 4 * h, blocks, refiner, 1)


def z_image(h=3840, d=128, c=16, e=2560, ffn=10240, blocks=30, refiner=2, seen=0):
    """github.com/comfyanonymous/ComfyUI, comfy/ldm/lumina/model.py: NextDiT as Z-Image; seen: the width of the features of images, 0 if there are none."""
    whole = next_dit(h, d, h, c, e, 1024, min(h, 256), ffn, blocks, refiner, 0)
    if seen:
        whole |= {n.replace("context", "siglip"): s for n, s in whole.items() if n.startswith("context")}
        whole |= {"siglip_embedder.0.weight": (seen,), "siglip_pad_token": (1, h)} | linear("siglip_embedder.1", h, seen)
    return merged(whole, {"x_pad_token": (1, h), "cap_pad_token": (1, h)})


def auraflow(h=3072, c=4, e=2048, positions=1024, registers=8, double=4, single=32):
    """github.com/cloneofsimo/minRF, advanced/mmdit.py: MMDiT."""
    ffn = (8 * h // 3 + 255) // 256 * 256

    def gated(name):
        return {f"{name}.c_fc1.weight": (ffn, h), f"{name}.c_fc2.weight": (ffn, h), f"{name}.c_proj.weight": (h, ffn)}

    parts = [linear("t_embedder.mlp.0", h, 256), linear("t_embedder.mlp.2", h, h), {"cond_seq_linear.weight": (h, e)}, linear("init_x_linear", h, 4 * c),
             {"positional_encoding": (1, positions, h), "register_tokens": (1, registers, h)}]
    for i in range(double):
        at = f"double_layers.{i}"
        parts += [{f"{at}.attn.w{n}{x}.weight": (h, h) for n in (1, 2) for x in "qkvo"}, gated(f"{at}.mlpX"), gated(f"{at}.mlpC"),
                  {f"{at}.mod{x}.1.weight": (6 * h, h) for x in "XC"}]
    for i in range(single):
        at = f"single_layers.{i}"
        parts += [{f"{at}.attn.w1{x}.weight": (h, h) for x in "qkvo"}, gated(f"{at}.mlp"), {f"{at}.modCX.1.weight": (6 * h, h)}]
    return merged(*parts, {"final_linear.weight": (4 * c, h), "modF.1.weight": (2 * h, h)})


def sana(h=2240, c=32, e=2304, blocks=20, norms=False):
    """github.com/NVlabs/Sana, diffusion/model/nets/sana_multi_scale.py: SanaMS, without what diffusers does not keep."""
    parts = [{"x_embedder.proj.weight": (h, c, 1, 1), "x_embedder.proj.bias": (h,)}, linear("t_embedder.mlp.0", h, 256), linear("t_embedder.mlp.2", h, h),
             linear("t_block.1", 6 * h, h), linear("y_embedder.y_proj.fc1", h, e), linear("y_embedder.y_proj.fc2", h, h), {"attention_y_norm.weight": (h,)}]
    for i in range(blocks):
        at = f"blocks.{i}"
        inner = 5 * h // 2
        parts += [{f"{at}.scale_shift_table": (6, h), f"{at}.attn.qkv.weight": (3 * h, h)}, linear(f"{at}.attn.proj", h, h),
                  linear(f"{at}.cross_attn.q_linear", h, h), linear(f"{at}.cross_attn.kv_linear", 2 * h, h), linear(f"{at}.cross_attn.proj", h, h),
                  {f"{at}.mlp.inverted_conv.conv.weight": (2 * inner, h, 1, 1), f"{at}.mlp.inverted_conv.conv.bias": (2 * inner,),
                   f"{at}.mlp.depth_conv.conv.weight": (2 * inner, 1, 3, 3), f"{at}.mlp.depth_conv.conv.bias": (2 * inner,),
                   f"{at}.mlp.point_conv.conv.weight": (h, inner, 1, 1)}]
        if norms:
            parts.append({f"{at}.{a}.{x}_norm.weight": (h,) for a in ("attn", "cross_attn") for x in "qk"})
    return merged(*parts, linear("final_layer.linear", c, h), {"final_layer.scale_shift_table": (2, h)})


def qwen_image(h=3072, d=128, c=64, e=3584, blocks=60, layered=False):
    """github.com/QwenLM/Qwen-Image, which publishes the names of diffusers."""
    at = "time_text_embed.timestep_embedder.linear_"
    parts = [linear(f"{at}1", h, 256), linear(f"{at}2", h, h), {"time_text_embed.addition_t_embedding.weight": (2, h)} if layered else {},
             {"txt_norm.weight": (e,)}, linear("img_in", h, c), linear("txt_in", h, e)]
    for i in range(blocks):
        at = f"transformer_blocks.{i}"
        parts += [linear(f"{at}.attn.{x}", h, h) for x in ("to_q", "to_k", "to_v", "add_q_proj", "add_k_proj", "add_v_proj", "to_out.0", "to_add_out")]
        parts += [{f"{at}.attn.norm_{s}{x}.weight": (d,) for s in ("", "added_") for x in "qk"}]
        for s in ("img", "txt"):
            parts += [linear(f"{at}.{s}_mod.1", 6 * h, h), linear(f"{at}.{s}_mlp.net.0.proj", 4 * h, h), linear(f"{at}.{s}_mlp.net.2", h, 4 * h)]
    return merged(*parts, linear("norm_out.linear", 2 * h, h), linear("proj_out", c, h))


def wan_vace(h=1536, ffn=8960, blocks=30, vace=15, c=16, text=4096, freq=256, channels=96):
    """github.com/Wan-Video/Wan2.1, wan/modules/vace_model.py: VaceWanModel."""
    whole = wan(h=h, ffn=ffn, blocks=blocks, c=c, out=c, text=text, freq=freq)
    parts = [whole, {"vace_patch_embedding.weight": (h, channels, 1, 2, 2), "vace_patch_embedding.bias": (h,)}]
    for i in range(vace):
        parts += [{f"vace_{n}": s for n, s in whole.items() if n.startswith(f"blocks.{i}.")}, linear(f"vace_blocks.{i}.after_proj", h, h)]
    return merged(*parts, linear("vace_blocks.0.before_proj", h, h))


def wan_animate(h=5120, ffn=13824, blocks=40, faces=8, d=128, c=36, out=16, text=4096, freq=256, image=1280, style=512, motion=20, motions=512, hidden=1024, heads=4):
    """github.com/Wan-Video/Wan2.2, wan/modules/animate: WanAnimateModel; its encoder of motions is for images of 512 pixels."""
    at, widths = "motion_encoder.enc.net_app.convs", (32, 64, 128, 256, 512, 512, 512, 512)
    parts = [wan(h=h, ffn=ffn, blocks=blocks, c=c, out=out, text=text, freq=freq, image=image), {
        "pose_patch_embedding.weight": (h, out, 1, 2, 2), "pose_patch_embedding.bias": (h,), "motion_encoder.dec.direction.weight": (motions, motion),
        f"{at}.0.0.weight": (32, 3, 1, 1), f"{at}.0.1.bias": (1, 32, 1, 1), f"{at}.8.weight": (style, 512, 4, 4), "face_encoder.padding_tokens": (1, 1, 1, h)}]
    for k, (a, b) in enumerate(zip(widths, widths[1:]), 1):
        parts.append({f"{at}.{k}.conv1.0.weight": (a, a, 3, 3), f"{at}.{k}.conv1.1.bias": (1, a, 1, 1), f"{at}.{k}.conv2.1.weight": (b, a, 3, 3),
                      f"{at}.{k}.conv2.2.bias": (1, b, 1, 1), f"{at}.{k}.skip.1.weight": (b, a, 1, 1)})
    parts += [linear(f"motion_encoder.enc.fc.{n}", motion if n == 4 else style, style) for n in range(5)]
    for name, rows, columns in (("conv1_local", hidden * heads, motions), ("conv2", hidden, hidden), ("conv3", hidden, hidden)):
        parts.append({f"face_encoder.{name}.conv.weight": (rows, columns, 3), f"face_encoder.{name}.conv.bias": (rows,)})
    for i in range(faces):
        block = f"face_adapter.fuser_blocks.{i}"
        parts += [linear(f"{block}.linear1_kv", 2 * h, h), linear(f"{block}.linear1_q", h, h), linear(f"{block}.linear2", h, h),
                  {f"{block}.{x}_norm.weight": (d,) for x in "qk"}]
    return merged(*parts, linear("face_encoder.out_proj", h, hidden))


def cosmos_predict2(h=2048, d=128, c=16, out=16, text=1024, rank=256, blocks=28, projected=0):
    """github.com/nvidia-cosmos/cosmos-predict2, models/text2image_dit.py: MiniTrainDIT, whose layers have no biases."""
    made = {"x_embedder.proj.1.weight": (h, 4 * (c + 1)), "t_embedder.1.linear_1.weight": (h, h), "t_embedder.1.linear_2.weight": (3 * h, h),
            "t_embedding_norm.weight": (h,), "final_layer.linear.weight": (4 * out, h), "final_layer.adaln_modulation.1.weight": (rank, h),
            "final_layer.adaln_modulation.2.weight": (2 * h, rank)}
    if projected:  # Predict2.5
        made |= linear("crossattn_proj.0", text, projected)
    for i in range(blocks):
        at = f"blocks.{i}"
        for name in ("self_attn", "cross_attn", "mlp"):
            made |= {f"{at}.adaln_modulation_{name}.1.weight": (rank, h), f"{at}.adaln_modulation_{name}.2.weight": (3 * h, rank)}
        for name, width in (("self_attn", h), ("cross_attn", text)):
            made |= {f"{at}.{name}.{x}_norm.weight": (d,) for x in "qk"} | {f"{at}.{name}.{x}_proj.weight": (h, width) for x in "kv"}
            made |= {f"{at}.{name}.{x}_proj.weight": (h, h) for x in ("q", "output")}
        made |= {f"{at}.mlp.layer1.weight": (4 * h, h), f"{at}.mlp.layer2.weight": (h, 4 * h)}
    return made


def pixart(h=1152, c=4, out=8, e=4096, blocks=28, conditions=0):
    """github.com/PixArt-alpha/PixArt-sigma, diffusion/model/nets: PixArtMS; conditions: the width of those of size and aspect ratio, 0 if there are none."""
    parts = [{"x_embedder.proj.weight": (h, c, 2, 2), "x_embedder.proj.bias": (h,), "final_layer.scale_shift_table": (2, h)}, linear("t_embedder.mlp.0", h, 256),
             linear("t_embedder.mlp.2", h, h), linear("t_block.1", 6 * h, h), linear("y_embedder.y_proj.fc1", h, e), linear("y_embedder.y_proj.fc2", h, h)]
    for name in ("csize_embedder", "ar_embedder") if conditions else ():
        parts += [linear(f"{name}.mlp.0", conditions, 256), linear(f"{name}.mlp.2", conditions, conditions)]
    for i in range(blocks):
        at = f"blocks.{i}"
        parts += [{f"{at}.scale_shift_table": (6, h)}, linear(f"{at}.attn.qkv", 3 * h, h), linear(f"{at}.attn.proj", h, h), linear(f"{at}.cross_attn.q_linear", h, h),
                  linear(f"{at}.cross_attn.kv_linear", 2 * h, h), linear(f"{at}.cross_attn.proj", h, h), linear(f"{at}.mlp.fc1", 4 * h, h), linear(f"{at}.mlp.fc2", h, 4 * h)]
    return merged(*parts, linear("final_layer.linear", 4 * out, h))


def cogview4(h=4096, c=16, e=4096, time=512, blocks=28):
    """github.com/THUDM/CogView4 in the form of SwissArmyTransformer."""
    parts = [linear("mixins.patch_embed.proj", h, 4 * c), linear("mixins.patch_embed.text_proj", h, e), linear("time_embed.0", time, h),
             linear("time_embed.2", time, time), linear("label_emb.0.0", time, 6 * 256), linear("label_emb.0.2", time, time)]
    for i in range(blocks):
        at = f"transformer.layers.{i}"
        parts += [linear(f"mixins.adaln.adaln_modules.{i}.1", 12 * h, time), linear(f"{at}.attention.query_key_value", 3 * h, h),
                  linear(f"{at}.attention.dense", h, h), linear(f"{at}.mlp.dense_h_to_4h", 4 * h, h), linear(f"{at}.mlp.dense_4h_to_h", h, 4 * h)]
    return merged(*parts, linear("mixins.final_layer.adaln.1", 2 * h, time), linear("mixins.final_layer.linear", 4 * c, h))


def hidream(h=2560, c=16, e=4096, v=2048, double=16, single=32, experts=4):
    """github.com/HiDream-ai/HiDream-I1, hi_diffusers/models/transformers/transformer_hidream_image.py: HiDreamImageTransformer2DModel."""
    def gated(name, inner):
        width = (2 * inner // 3 + 255) // 256 * 256
        return {f"{name}.w1.weight": (width, h), f"{name}.w2.weight": (h, width), f"{name}.w3.weight": (width, h)}

    parts = [linear("t_embedder.timestep_embedder.linear_1", h, 256), linear("t_embedder.timestep_embedder.linear_2", h, h),
             linear("p_embedder.pooled_embedder.linear_1", h, v), linear("p_embedder.pooled_embedder.linear_2", h, h), linear("x_embedder.proj", h, 4 * c)]
    for i in range(double + single):
        is_double = i < double
        at = f"double_stream_blocks.{i}.block" if is_double else f"single_stream_blocks.{i - double}.block"
        for t in ("", "_t") if is_double else ("",):
            parts += [linear(f"{at}.attn1.to_{x}{t}", h, h) for x in ("q", "k", "v", "out")] + [{f"{at}.attn1.{x}_rms_norm{t}.weight": (h,) for x in "qk"}]
        parts += [linear(f"{at}.adaLN_modulation.1", (12 if is_double else 6) * h, h), {f"{at}.ff_i.gate.weight": (experts, h)},
                  gated(f"{at}.ff_i.shared_experts", 2 * h), *(gated(f"{at}.ff_i.experts.{k}", 4 * h) for k in range(experts))]
        parts += [gated(f"{at}.ff_t", 4 * h)] if is_double else []
    parts += [{f"caption_projection.{i}.linear.weight": (h, e)} for i in range(double + single + 1)]
    return merged(*parts, linear("final_layer.linear", 4 * c, h), linear("final_layer.adaLN_modulation.1", 2 * h, h))


def cosmos1(h=4096, d=128, c=16, out=16, text=1024, rank=256, blocks=28, sizes=(128, 120, 120)):
    """github.com/NVIDIA/Cosmos, cosmos1/models/diffusion/networks/general_dit.py: GeneralDIT, without what diffusers does not keep."""
    made = {"x_embedder.proj.1.weight": (h, 4 * (c + 1)), "t_embedder.1.linear_1.weight": (h, h), "t_embedder.1.linear_2.weight": (3 * h, h),
            "affline_norm.weight": (h,), "final_layer.linear.weight": (4 * out, h), "final_layer.adaLN_modulation.1.weight": (rank, h),
            "final_layer.adaLN_modulation.2.weight": (2 * h, rank)} | {f"extra_pos_embedder.pos_emb_{x}": (n, h) for x, n in zip("thw", sizes)}
    for i in range(blocks):
        for k in range(3):
            at = f"blocks.block{i}.blocks.{k}"
            made |= {f"{at}.adaLN_modulation.1.weight": (rank, h), f"{at}.adaLN_modulation.2.weight": (3 * h, rank)}
            for x in "qkv" if k < 2 else "":
                made |= {f"{at}.block.attn.to_{x}.0.weight": (h, text if k and x != "q" else h)} | ({f"{at}.block.attn.to_{x}.1.weight": (d,)} if x != "v" else {})
            made |= {f"{at}.block.attn.to_out.0.weight": (h, h)} if k < 2 else {}
        made |= {f"{at}.block.layer1.weight": (4 * h, h), f"{at}.block.layer2.weight": (h, 4 * h)}
    return made
