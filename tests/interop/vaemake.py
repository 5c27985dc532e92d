# SPDX-License-Identifier: Apache-2.0
"""Names and shapes of the tensors in the authors' own files of VAEs, written from their classes, and the sizes that they published.

Each function returns name → shape for given sizes, and knows nothing of the files in models/."""

from modelmake import linear, merged, norm

# github.com/Wan-Video/Wan2.2, wan/modules/vae2_2.py: of the latents
WAN22_MEAN = [-0.2289, -0.0052, -0.1323, -0.2339, -0.2799, 0.0174, 0.1838, 0.1557, -0.1382, 0.0542, 0.2813, 0.0891, 0.157, -0.0098, 0.0375,
              -0.1825, -0.2246, -0.1207, -0.0698, 0.5109, 0.2665, -0.2108, -0.2158, 0.2502, -0.2055, -0.0322, 0.1109, 0.1567, -0.0729,
              0.0899, -0.2799, -0.123, -0.0313, -0.1649, 0.0117, 0.0723, -0.2839, -0.2083, -0.052, 0.3748, 0.0152, 0.1957, 0.1433, -0.2944,
              0.3573, -0.0548, -0.1681, -0.0667]
WAN22_STD = [0.4765, 1.0364, 0.4514, 1.1677, 0.5313, 0.499, 0.4818, 0.5013, 0.8158, 1.0344, 0.5894, 1.0901, 0.6885, 0.6165, 0.8454, 0.4978,
             0.5759, 0.3523, 0.7135, 0.6804, 0.5833, 1.4146, 0.8986, 0.5659, 0.7069, 0.5338, 0.4889, 0.4917, 0.4069, 0.4999, 0.6866,
             0.4093, 0.5709, 0.6065, 0.6415, 0.4944, 0.5726, 1.2042, 0.5458, 1.6887, 0.3971, 1.06, 0.3943, 0.5537, 0.5444, 0.4089, 0.7468,
             0.7744]


def conv(name, out, inner, *kernel, bias=True):
    return {f"{name}.weight": (out, inner, *kernel)} | ({f"{name}.bias": (out,)} if bias else {})


def wan_residual(at, inner, out):
    """github.com/Wan-Video/Wan2.1, wan/modules/vae.py: ResidualBlock."""
    parts = [{f"{at}.residual.0.gamma": (inner, 1, 1, 1)}, conv(f"{at}.residual.2", out, inner, 3, 3, 3),
             {f"{at}.residual.3.gamma": (out, 1, 1, 1)}, conv(f"{at}.residual.6", out, out, 3, 3, 3)]
    return merged(*parts, conv(f"{at}.shortcut", out, inner, 1, 1, 1) if inner != out else {})


def wan_middle(at, h):
    return merged(wan_residual(f"{at}.0", h, h), {f"{at}.1.norm.gamma": (h, 1, 1)}, conv(f"{at}.1.to_qkv", 3 * h, h, 1, 1),
                  conv(f"{at}.1.proj", h, h, 1, 1), wan_residual(f"{at}.2", h, h))


def wan_vae(h=96, z=16, time=(False, True, True)):
    """github.com/Wan-Video/Wan2.1, wan/modules/vae.py: WanVAE_; time: which levels halve the number of frames."""
    widths = [h, h, 2 * h, 4 * h, 4 * h]
    parts, at = [conv("encoder.conv1", h, 3, 3, 3, 3)], 0
    for level, (inner, out) in enumerate(zip(widths, widths[1:])):
        parts += [wan_residual(f"encoder.downsamples.{at}", inner, out), wan_residual(f"encoder.downsamples.{at + 1}", out, out)]
        if level < 3:
            parts += [conv(f"encoder.downsamples.{at + 2}.resample.1", out, out, 3, 3)]
            parts += [conv(f"encoder.downsamples.{at + 2}.time_conv", out, out, 3, 1, 1)] if time[level] else []
        at += 3
    parts += [wan_middle("encoder.middle", 4 * h), {"encoder.head.0.gamma": (4 * h, 1, 1, 1)}, conv("encoder.head.2", 2 * z, 4 * h, 3, 3, 3),
              conv("conv1", 2 * z, 2 * z, 1, 1, 1), conv("conv2", z, z, 1, 1, 1), conv("decoder.conv1", 4 * h, z, 3, 3, 3),
              wan_middle("decoder.middle", 4 * h)]
    inner, at = 4 * h, 0
    for level, out in enumerate(widths[:0:-1]):
        for i in range(3):
            parts += [wan_residual(f"decoder.upsamples.{at + i}", inner if i == 0 else out, out)]
        if level < 3:
            inner = out // 2
            parts += [conv(f"decoder.upsamples.{at + 3}.resample.1", inner, out, 3, 3)]
            parts += [conv(f"decoder.upsamples.{at + 3}.time_conv", 2 * out, out, 3, 1, 1)] if time[2 - level] else []
        at += 4
    return merged(*parts, {"decoder.head.0.gamma": (h, 1, 1, 1)}, conv("decoder.head.2", 3, h, 3, 3, 3))


def wan22_vae(h=160, g=256, z=48):
    """github.com/Wan-Video/Wan2.2, wan/modules/vae2_2.py: WanVAE_; h and g: the widths of encoder and decoder."""
    time = (False, True, True)
    parts, widths = [conv("encoder.conv1", h, 12, 3, 3, 3)], [h, h, 2 * h, 4 * h, 4 * h]
    for level, (inner, out) in enumerate(zip(widths, widths[1:])):
        at = f"encoder.downsamples.{level}.downsamples"
        parts += [wan_residual(f"{at}.0", inner, out), wan_residual(f"{at}.1", out, out)]
        if level < 3:
            parts += [conv(f"{at}.2.resample.1", out, out, 3, 3), conv(f"{at}.2.time_conv", out, out, 3, 1, 1) if time[level] else {}]
    parts += [wan_middle("encoder.middle", 4 * h), {"encoder.head.0.gamma": (4 * h, 1, 1, 1)}, conv("encoder.head.2", 2 * z, 4 * h, 3, 3, 3),
              conv("conv1", 2 * z, 2 * z, 1, 1, 1), conv("conv2", z, z, 1, 1, 1), conv("decoder.conv1", 4 * g, z, 3, 3, 3),
              wan_middle("decoder.middle", 4 * g)]
    widths = [4 * g, 4 * g, 4 * g, 2 * g, g]
    for level, (inner, out) in enumerate(zip(widths, widths[1:])):
        at = f"decoder.upsamples.{level}.upsamples"
        parts += [wan_residual(f"{at}.{i}", out if i else inner, out) for i in range(3)]
        if level < 3:
            parts += [conv(f"{at}.3.resample.1", out, out, 3, 3), conv(f"{at}.3.time_conv", 2 * out, out, 3, 1, 1) if time[2 - level] else {}]
    return merged(*parts, {"decoder.head.0.gamma": (g, 1, 1, 1)}, conv("decoder.head.2", 12, g, 3, 3, 3))


def ltx_step(at, inner, out):
    """ResnetBlock3D between two widths, which LTX-Video 0.9.0 calls res_x_y."""
    return merged(conv(f"{at}.conv1.conv", out, inner, 3, 3, 3), conv(f"{at}.conv2.conv", out, out, 3, 3, 3), norm(f"{at}.norm3.norm", inner),
                  conv(f"{at}.conv_shortcut", out, inner, 1, 1, 1))


def ltx_blocks(at, count, h, noise=None):
    """UNetMidBlock3D; noise: None without a time embedding, or whether its blocks inject noise."""
    parts = []
    for i in range(count):
        block = f"{at}.res_blocks.{i}"
        parts += [conv(f"{block}.conv{c}.conv", h, h, 3, 3, 3) for c in (1, 2)]
        parts += [{f"{block}.scale_shift_table": (4, h)}] if noise is not None else []
        parts += [{f"{block}.per_channel_scale{c}": (h, 1, 1) for c in (1, 2)}] if noise else []
    if noise is not None:
        parts += [linear(f"{at}.time_embedder.timestep_embedder.linear_1", 4 * h, 256), linear(f"{at}.time_embedder.timestep_embedder.linear_2", 4 * h, 4 * h)]
    return merged(*parts)


def ltx_vae(version="0.9.0", h=128, g=128, z=128):
    """github.com/Lightricks/LTX-Video, ltx_video/models/autoencoders/causal_video_autoencoder.py: CausalVideoAutoencoder."""
    e, d = "encoder.down_blocks", "decoder.up_blocks"
    parts = [{f"per_channel_statistics.{x}-of-means": (z,) for x in ("mean", "std")}, conv("encoder.conv_in.conv", h, 48, 3, 3, 3)]
    if version == "0.9.5":
        for k, (count, width, out) in enumerate(((4, h, h // 2), (6, 2 * h, 2 * h), (6, 4 * h, h), (2, 8 * h, 2 * h))):
            parts += [ltx_blocks(f"{e}.{2 * k}", count, width), conv(f"{e}.{2 * k + 1}.conv.conv", out, width, 3, 3, 3)]
        parts += [ltx_blocks(f"{e}.8", 2, 16 * h), conv("encoder.conv_out.conv", z + 1, 16 * h, 3, 3, 3)]
    else:
        parts += [ltx_blocks(f"{e}.0", 4, h), conv(f"{e}.1.conv", h, h, 3, 3, 3), ltx_step(f"{e}.2", h, 2 * h), ltx_blocks(f"{e}.3", 3, 2 * h),
                  conv(f"{e}.4.conv", 2 * h, 2 * h, 3, 3, 3), ltx_step(f"{e}.5", 2 * h, 4 * h), ltx_blocks(f"{e}.6", 3, 4 * h),
                  conv(f"{e}.7.conv", 4 * h, 4 * h, 3, 3, 3), ltx_blocks(f"{e}.8", 3, 4 * h), ltx_blocks(f"{e}.9", 4, 4 * h),
                  conv("encoder.conv_out.conv", z + 1, 4 * h, 3, 3, 3)]
    if version == "0.9.0":
        parts += [conv("decoder.conv_in.conv", 4 * g, z, 3, 3, 3), ltx_blocks(f"{d}.0", 4, 4 * g), ltx_blocks(f"{d}.1", 3, 4 * g),
                  conv(f"{d}.2.conv.conv", 32 * g, 4 * g, 3, 3, 3), ltx_blocks(f"{d}.3", 3, 4 * g), ltx_step(f"{d}.4", 4 * g, 2 * g),
                  conv(f"{d}.5.conv.conv", 16 * g, 2 * g, 3, 3, 3), ltx_blocks(f"{d}.6", 3, 2 * g), ltx_step(f"{d}.7", 2 * g, g),
                  conv(f"{d}.8.conv.conv", 8 * g, g, 3, 3, 3), ltx_blocks(f"{d}.9", 4, g)]
    else:
        counts, noise = ((8, 7, 6, 5), True) if version == "0.9.1" else ((5, 5, 5, 5), False)
        parts += [{"decoder.timestep_scale_multiplier": (), "decoder.last_scale_shift_table": (2, g)}, conv("decoder.conv_in.conv", 8 * g, z, 3, 3, 3),
                  ltx_blocks(f"{d}.0", counts[0], 8 * g, False),
                  *(linear(f"decoder.last_time_embedder.timestep_embedder.linear_{n}", 2 * g, inner) for n, inner in ((1, 256), (2, 2 * g)))]
        for k, width in enumerate((4 * g, 2 * g, g)):
            parts += [conv(f"{d}.{2 * k + 1}.conv.conv", 8 * width, 2 * width, 3, 3, 3), ltx_blocks(f"{d}.{2 * k + 2}", counts[k + 1], width, noise)]
    return merged(*parts, conv("decoder.conv_out.conv", 48, g, 3, 3, 3))


def kl_vae(kernel, inner="", h=128, z=16, quant=("", "")):
    """The autoencoder of latent diffusion, whose convolutions have a kernel of this rank, and a module with the name `inner` inside."""
    k, one = (3,) * kernel, (1,) * kernel

    def block(at, width, out):
        return merged(norm(f"{at}.norm1", width), conv(f"{at}.conv1{inner}", out, width, *k), norm(f"{at}.norm2", out),
                      conv(f"{at}.conv2{inner}", out, out, *k), conv(f"{at}.nin_shortcut{inner}", out, width, *one) if width != out else {})

    parts, widths = [conv(f"encoder.conv_in{inner}", h, 3, *k), conv(f"decoder.conv_in{inner}", 4 * h, z, *k)], [h, h, 2 * h, 4 * h, 4 * h]
    for level, (width, out) in enumerate(zip(widths, widths[1:])):
        parts += [block(f"encoder.down.{level}.block.{i}", out if i else width, out) for i in range(2)]
        parts += [conv(f"encoder.down.{level}.downsample.conv{inner}", out, out, *k)] if level < 3 else []
    for side in ("encoder", "decoder"):
        at = f"{side}.mid.attn_1"
        parts += [block(f"{side}.mid.block_{i}", 4 * h, 4 * h) for i in (1, 2)] + [norm(f"{at}.norm", 4 * h)]
        parts += [conv(f"{at}.{x}", 4 * h, 4 * h, *one) for x in ("q", "k", "v", "proj_out")]
    widths = [h, 2 * h, 4 * h, 4 * h, 4 * h]  # of level 0 first, as the authors count
    for level, (out, width) in enumerate(zip(widths, widths[1:])):
        parts += [block(f"decoder.up.{level}.block.{i}", out if i else width, out) for i in range(3)]
        parts += [conv(f"decoder.up.{level}.upsample.conv{inner}", out, out, *k)] if level else []
    parts += [norm("encoder.norm_out", 4 * h), conv(f"encoder.conv_out{inner}", 2 * z, 4 * h, *k), norm("decoder.norm_out", h),
              conv(f"decoder.conv_out{inner}", 3, h, *k), conv(f"{quant[0]}quant_conv", 2 * z, 2 * z, *one), conv(f"{quant[1]}post_quant_conv", z, z, *one)]
    return merged(*parts)


def hunyuan_video_vae(h=128, z=16):
    """github.com/comfyanonymous/ComfyUI, comfy/ldm/modules/diffusionmodules/model.py with three-dimensional convolutions."""
    return kl_vae(3, ".conv", h, z)


def flux2_vae(h=128, z=32, count=True):
    """github.com/black-forest-labs/flux2, src/flux2/autoencoder.py: AutoEncoder; count: whether the number of batches is stored."""
    shapes = kl_vae(2, "", h, z, ("encoder.", "decoder."))
    return shapes | {"bn.running_mean": (4 * z,), "bn.running_var": (4 * z,)} | ({"bn.num_batches_tracked": ()} if count else {})


def mochi_vae(h=64, g=128, z=12, counts=(3, 4, 6)):
    """github.com/genmoai/mochi, src/genmo/mochi_preview/vae/models.py: Encoder and Decoder; counts: of blocks in the levels between the first and last."""
    def block(at, width, attention=False):
        parts = [norm(f"{at}.stack.0", width), conv(f"{at}.stack.2", width, width, 3, 3, 3), norm(f"{at}.stack.3", width),
                 conv(f"{at}.stack.5", width, width, 3, 3, 3)]
        if attention:
            parts += [linear(f"{at}.attn_block.attn.qkv", 3 * width, width, bias=False), linear(f"{at}.attn_block.attn.out", width, width),
                      norm(f"{at}.attn_block.norm", width)]
        return merged(*parts)

    e, d = "encoder.layers", "decoder.blocks"
    parts = [linear(f"{e}.0", h, 15), *(block(f"{e}.{i}", h) for i in (1, 2, 3))]
    for level, (width, out) in enumerate(((h, 2 * h), (2 * h, 4 * h), (4 * h, 6 * h))):
        parts += [conv(f"{e}.{level + 4}.layers.0", out, width, level + 1, 2, 2)]
        parts += [block(f"{e}.{level + 4}.layers.{i + 1}", out, True) for i in range(counts[level])]
    parts += [*(block(f"{e}.{i}", 6 * h, True) for i in (7, 8, 9)), norm("encoder.output_norm", 6 * h), linear("encoder.output_proj", 2 * z, 6 * h, bias=False)]
    parts += [conv(f"{d}.0.0", 6 * g, z, 1, 1, 1), *(block(f"{d}.0.{i}", 6 * g) for i in (1, 2, 3))]
    for level, (width, out) in enumerate(((6 * g, 48 * g), (4 * g, 16 * g), (2 * g, 4 * g))):
        parts += [block(f"{d}.{level + 1}.blocks.{i}", width) for i in range(counts[2 - level])] + [linear(f"{d}.{level + 1}.proj", out, width)]
    return merged(*parts, *(block(f"{d}.4.{i}", g) for i in range(3)), linear("decoder.output_proj", 3, g))


def wan_umt5(h=4096, heads=64, d=64, f=10240, vocabulary=256384, buckets=32, blocks=24):
    """github.com/Wan-Video/Wan2.1, wan/modules/t5.py: T5Encoder with shared_pos=False."""
    shapes = {"token_embedding.weight": (vocabulary, h), "norm.weight": (h,)}
    for i in range(blocks):
        at = f"blocks.{i}"
        shapes |= {f"{at}.norm{n}.weight": (h,) for n in (1, 2)} | {f"{at}.attn.{x}.weight": (heads * d, h) for x in "qkv"}
        shapes |= {f"{at}.attn.o.weight": (h, heads * d), f"{at}.ffn.gate.0.weight": (f, h), f"{at}.ffn.fc1.weight": (f, h),
                   f"{at}.ffn.fc2.weight": (h, f), f"{at}.pos_embedding.embedding.weight": (buckets, heads)}
    return shapes


def dc_ae_sana(h=128, d=32, z=32):
    """github.com/mit-han-lab/efficientvit, efficientvit/models/efficientvit/dc_ae.py: DCAE as dc-ae-f32c32-sana-1.0; d: the width of a head."""
    def block(at, width):
        return merged(conv(f"{at}.main.conv1.conv", width, width, 3, 3), conv(f"{at}.main.conv2.conv", width, width, 3, 3, bias=False),
                      norm(f"{at}.main.conv2.norm", width))

    def attention(at, width):
        a, f = f"{at}.context_module.main", f"{at}.local_module.main"
        return merged(conv(f"{a}.qkv.conv", 3 * width, width, 1, 1, bias=False), conv(f"{a}.aggreg.0.0", 3 * width, 1, 5, 5, bias=False),
                      conv(f"{a}.aggreg.0.1", 3 * width, d, 1, 1, bias=False), conv(f"{a}.proj.conv", width, 2 * width, 1, 1, bias=False),
                      norm(f"{a}.proj.norm", width), conv(f"{f}.inverted_conv.conv", 8 * width, width, 1, 1),
                      conv(f"{f}.depth_conv.conv", 8 * width, 1, 3, 3), conv(f"{f}.point_conv.conv", width, 4 * width, 1, 1, bias=False),
                      norm(f"{f}.point_conv.norm", width))

    widths = [h, 2 * h, 4 * h, 4 * h, 8 * h, 8 * h]
    parts = [conv("encoder.project_in.conv", h, 3, 3, 3), conv("encoder.project_out.main.op_list.0.conv", z, 8 * h, 3, 3),
             conv("decoder.project_in.main.conv", 8 * h, z, 3, 3), norm("decoder.project_out.op_list.0", h), conv("decoder.project_out.op_list.2.conv", 3, h, 3, 3)]
    for stage, width in enumerate(widths):
        kind, is_last, e, up = block if stage < 3 else attention, stage == 5, f"encoder.stages.{stage}.op_list", f"decoder.stages.{stage}.op_list"
        count = 2 if stage < 3 else 3
        parts += [kind(f"{e}.{i}", width) for i in range(count)] + [kind(f"{up}.{i + (not is_last)}", width) for i in range(3)]
        if not is_last:
            parts += [conv(f"{e}.{count}.main.conv", widths[stage + 1], width, 3, 3), conv(f"{up}.0.main.conv.conv", width, widths[stage + 1], 3, 3)]
    return merged(*parts)
