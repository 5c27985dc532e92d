# SPDX-License-Identifier: Apache-2.0
"""Narrow SAT checkpoints of every CogVideoX model, its VAE and T5, with the real torch, and the expected results.

Names follow SAT's network and VAE (CogVideo: sat/dit_video_concat.py, sat/vae_modules/cp_enc_dec.py) and
transformers' T5; `wanted` computes the expected tensors with torch's chunk and cat, by independent
rules.
"""

import re
from collections import OrderedDict
from dataclasses import dataclass

import torch
from satmake import NET, wrap_with_lora

T5 = "conditioner.embedders.0.transformer."
VAE = "first_stage_model."
TEXT = 32  # width of the text encoder
TIME = 16


@dataclass
class Model:
    """One of the five models, narrow."""

    name: str
    is_1_5: bool = False
    i2v: bool = False
    rotary: bool = True
    hidden: int = 64
    head: int = 8
    layers: int = 2
    rank: int = 4
    grid: tuple = (2, 4, 6)  # latent frames, and patches each way, of the position table
    text_length: int = 226
    dtype: torch.dtype = torch.bfloat16
    lora_layers: list | None = None

    @property
    def positions(self):
        """Rows of the table of positions."""
        frames, rows, columns = self.grid
        return self.text_length + frames * rows * columns

    @property
    def sample(self):
        """The parameters that give the table's size."""
        frames, rows, columns = self.grid
        return (f"config.sample_frames={4 * (frames - 1) + 1},config.sample_height={2 * rows},"
                f"config.sample_width={2 * columns}")


MODELS = (
    Model("2B", rotary=False, dtype=torch.float16),
    Model("5B"),
    Model("5B-I2V", i2v=True),
    Model("1.5-5B", is_1_5=True),
    Model("1.5-5B-I2V", is_1_5=True, i2v=True),
)
BY_NAME = {m.name: m for m in MODELS}


def transformer_shapes(m, table=True, buffers=True):
    """SAT's names and shapes in the order of its modules.  table: of positions, where it has one."""
    h, channels = m.hidden, 32 if m.i2v else 16
    if table and ((not m.rotary) or (m.i2v and not m.is_1_5)):
        yield "mixins.pos_embed.pos_embedding", (1, m.positions, h)
    if buffers and m.rotary and not m.is_1_5:
        yield "mixins.pos_embed.freqs_sin", (48, m.head)
        yield "mixins.pos_embed.freqs_cos", (48, m.head)
    yield "mixins.patch_embed.proj.weight", (h, 8 * channels) if m.is_1_5 else (h, channels, 2, 2)
    yield "mixins.patch_embed.proj.bias", (h,)
    yield from linear("mixins.patch_embed.text_proj", h, TEXT)
    for n in range(m.layers):
        yield from linear(f"mixins.adaln_layer.adaLN_modulations.{n}.1", 12 * h, TIME)
    for kind in ("query", "key"):
        for n in range(m.layers):
            yield from norm(f"mixins.adaln_layer.{kind}_layernorm_list.{n}", m.head)
    yield from norm("mixins.final_layer.norm_final", h)
    yield from linear("mixins.final_layer.linear", 128 if m.is_1_5 else 64, h)
    yield from linear("mixins.final_layer.adaLN_modulation.1", 2 * h, TIME)
    if buffers and m.rotary:
        yield "transformer.position_embeddings.weight", (8, h)
    for n in range(m.layers):
        layer = f"transformer.layers.{n}."
        yield from norm(layer + "input_layernorm", h)
        yield from linear(layer + "attention.query_key_value", 3 * h, h)
        yield from linear(layer + "attention.dense", h, h)
        yield from norm(layer + "post_attention_layernorm", h)
        yield from linear(layer + "mlp.dense_h_to_4h", 4 * h, h)
        yield from linear(layer + "mlp.dense_4h_to_h", h, 4 * h)
    yield from norm("transformer.final_layernorm", h)
    yield from linear("time_embed.0", TIME, h)
    yield from linear("time_embed.2", TIME, TIME)
    if m.is_1_5 and m.i2v:
        yield from linear("ofs_embed.0", TIME, TIME)
        yield from linear("ofs_embed.2", TIME, TIME)


def linear(name, out, into):
    yield name + ".weight", (out, into)
    yield name + ".bias", (out,)


def norm(name, size):
    yield name + ".weight", (size,)
    yield name + ".bias", (size,)


def conv(name, out, into, kernel=3, dims=3):
    yield name + ".weight", (out, into) + (kernel,) * dims
    yield name + ".bias", (out,)


def vae_shapes(channels=(8, 16, 16, 32), latents=4, blocks=3):
    """A VAE as SAT names it: the decoder's levels are numbered from the inside out, and run backwards."""

    def any_norm(name, size, spatial):
        if not spatial:
            yield from norm(name, size)
            return
        yield from norm(name + ".norm_layer", size)
        yield from conv(name + ".conv_y.conv", size, latents, 1)
        yield from conv(name + ".conv_b.conv", size, latents, 1)

    def block(name, into, out, spatial):
        yield from any_norm(name + ".norm1", into, spatial)
        yield from conv(name + ".conv1.conv", out, into)
        yield from any_norm(name + ".norm2", out, spatial)
        yield from conv(name + ".conv2.conv", out, out)
        if into != out:
            yield from conv(name + ".nin_shortcut", out, into, 1)

    last, inner = len(channels) - 1, channels[-1]
    yield from conv("encoder.conv_in.conv", channels[0], 3)
    into = channels[0]
    for i, out in enumerate(channels):
        for j in range(blocks):
            yield from block(f"encoder.down.{i}.block.{j}", into, out, False)
            into = out
        if i < last:
            yield from conv(f"encoder.down.{i}.downsample.conv", out, out, 3, 2)
    for n in (1, 2):
        yield from block(f"encoder.mid.block_{n}", inner, inner, False)
    yield from any_norm("encoder.norm_out", inner, False)
    yield from conv("encoder.conv_out.conv", 2 * latents, inner)
    yield from conv("decoder.conv_in.conv", inner, latents)
    for n in (1, 2):
        yield from block(f"decoder.mid.block_{n}", inner, inner, True)
    levels, into = [], inner
    for i in range(last, -1, -1):
        level = []
        for j in range(blocks + 1):
            level += block(f"decoder.up.{i}.block.{j}", into, channels[i], True)
            into = channels[i]
        if i:
            level += conv(f"decoder.up.{i}.upsample.conv", into, into, 3, 2)
        levels.insert(0, level)
    for level in levels:
        yield from level
    yield from any_norm("decoder.norm_out", channels[0], True)
    yield from conv("decoder.conv_out.conv", 3, channels[0])


def t5_shapes(layers=2, heads=4, inner=24, feed=40, words=48):
    yield "shared.weight", (words, TEXT)
    for n in range(layers):
        attention, feeding = f"encoder.block.{n}.layer.0.", f"encoder.block.{n}.layer.1."
        for part in "qkv":
            yield f"{attention}SelfAttention.{part}.weight", (inner, TEXT)
        yield attention + "SelfAttention.o.weight", (TEXT, inner)
        if n == 0:
            yield attention + "SelfAttention.relative_attention_bias.weight", (32, heads)
        yield attention + "layer_norm.weight", (TEXT,)
        yield feeding + "DenseReluDense.wi_0.weight", (feed, TEXT)
        yield feeding + "DenseReluDense.wi_1.weight", (feed, TEXT)
        yield feeding + "DenseReluDense.wo.weight", (TEXT, feed)
        yield feeding + "layer_norm.weight", (TEXT,)
    yield "encoder.final_layer_norm.weight", (TEXT,)


def fill(shapes, prefix="", dtype=torch.float32, seed=0):
    """Random tensors of these names and shapes."""
    generator = torch.Generator().manual_seed(seed)
    return OrderedDict((prefix + name, torch.randn(shape, generator=generator).to(dtype)) for name, shape in shapes)


def transformer(m, prefix=NET, lora=False, **more):
    shapes = list(transformer_shapes(m, **more))
    return fill(wrap_with_lora(shapes, m) if lora else shapes, prefix, m.dtype)


def text_encoder(dtype, prefix=T5, **more):
    """T5 as training saves it: with the embedding's second name."""
    tensors = fill(t5_shapes(**more), prefix, dtype, seed=1)
    tensors[prefix + "encoder.embed_tokens.weight"] = tensors[prefix + "shared.weight"]
    tensors.move_to_end(prefix + "encoder.embed_tokens.weight")
    return tensors


def vae(dtype=torch.float32, prefix="", **more):
    return fill(vae_shapes(**more), prefix, dtype, seed=2)


def fine_tuned(m, **more):
    """All that training saves under 'module'."""
    return OrderedDict({**transformer(m, **more), **text_encoder(m.dtype), **vae(m.dtype, VAE)})


RENAMED = (
    (r"mixins\.pos_embed\.pos_embedding", "patch_embed.pos_embedding"),
    (r"mixins\.patch_embed\.(.*)", r"patch_embed.\1"),
    (r"time_embed\.0\.(.*)", r"time_embedding.linear_1.\1"),
    (r"time_embed\.2\.(.*)", r"time_embedding.linear_2.\1"),
    (r"ofs_embed\.0\.(.*)", r"ofs_embedding.linear_1.\1"),
    (r"ofs_embed\.2\.(.*)", r"ofs_embedding.linear_2.\1"),
    (r"transformer\.final_layernorm\.(.*)", r"norm_final.\1"),
    (r"mixins\.final_layer\.linear\.(.*)", r"proj_out.\1"),
    (r"mixins\.final_layer\.norm_final\.(.*)", r"norm_out.norm.\1"),
    (r"mixins\.final_layer\.adaLN_modulation\.1\.(.*)", r"norm_out.linear.\1"),
    (r"mixins\.adaln_layer\.query_layernorm_list\.(\d+)\.(.*)", r"transformer_blocks.\1.attn1.norm_q.\2"),
    (r"mixins\.adaln_layer\.key_layernorm_list\.(\d+)\.(.*)", r"transformer_blocks.\1.attn1.norm_k.\2"),
    (r"transformer\.layers\.(\d+)\.input_layernorm\.(.*)", r"transformer_blocks.\1.norm1.norm.\2"),
    (r"transformer\.layers\.(\d+)\.post_attention_layernorm\.(.*)", r"transformer_blocks.\1.norm2.norm.\2"),
    (r"transformer\.layers\.(\d+)\.attention\.dense\.(?:original\.)?(weight|bias)",
     r"transformer_blocks.\1.attn1.to_out.0.\2"),
    (r"transformer\.layers\.(\d+)\.mlp\.dense_h_to_4h\.(.*)", r"transformer_blocks.\1.ff.net.0.proj.\2"),
    (r"transformer\.layers\.(\d+)\.mlp\.dense_4h_to_h\.(.*)", r"transformer_blocks.\1.ff.net.2.\2"),
)


def wanted_transformer(tensors, m, prefix=NET):
    """Returns the tensors that diffusers' class expects, by torch's chunk and cat."""
    wanted = {}
    for name, t in tensors.items():
        if not name.startswith(prefix):
            continue
        name = name[len(prefix):]
        if qkv := re.fullmatch(r"transformer\.layers\.(\d+)\.attention\.query_key_value\.(?:original\.)?(weight|bias)", name):
            for part, rows in zip("qkv", t.chunk(3)):
                wanted[f"transformer_blocks.{qkv[1]}.attn1.to_{part}.{qkv[2]}"] = rows
        elif adaln := re.fullmatch(r"mixins\.adaln_layer\.adaLN_modulations\.(\d+)\.1\.(weight|bias)", name):
            c = t.chunk(12)
            wanted[f"transformer_blocks.{adaln[1]}.norm1.linear.{adaln[2]}"] = torch.cat(c[:3] + c[6:9])
            wanted[f"transformer_blocks.{adaln[1]}.norm2.linear.{adaln[2]}"] = torch.cat(c[3:6] + c[9:])
        else:
            for pattern, target in RENAMED:
                if found := re.fullmatch(pattern, name):
                    wanted[found.expand(target)] = t
    if not (m.i2v and not m.is_1_5):
        wanted.pop("patch_embed.pos_embedding", None)
    return wanted


def wanted_vae(tensors, prefix="", levels=4):
    """diffusers' names of the VAE, always in 32 bits."""
    wanted = {}
    for name, t in tensors.items():
        if not name.startswith(prefix) or name.startswith("loss"):
            continue
        name = name[len(prefix):].replace("nin_shortcut", "conv_shortcut")
        name = re.sub(r"\.block\.", ".resnets.", name)
        name = re.sub(r"\.mid\.block_(\d)", lambda f: f".mid_block.resnets.{int(f[1]) - 1}", name)
        name = re.sub(r"encoder\.down\.", "encoder.down_blocks.", name)
        name = re.sub(r"decoder\.up\.(\d)", lambda f: f"decoder.up_blocks.{levels - 1 - int(f[1])}", name)
        name = name.replace(".downsample.", ".downsamplers.0.").replace(".upsample.", ".upsamplers.0.")
        wanted[name] = t.float()
    return wanted
