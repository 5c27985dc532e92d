# SPDX-License-Identifier: Apache-2.0
# Plugins: diffusers safetensors
"""The files of VAEs and text encoders in models/: names, shapes, bytes, config.json, the decoded latents and the encoded text.

The tests of test_models.py run with the table of VAEs, which diffusers judges; transformers judges the text encoders."""

import functools
import inspect
import json
import re
import unittest
from dataclasses import dataclass
from pathlib import Path

import diffusers
import modelmake
import test_models
import torch
import transformers
import vaemake
from diffusers.loaders import single_file_utils
from safetensors.torch import load_file, save_file
from support import Case
from test_models import Model, by_itself, narrow

torch.set_num_threads(1)  # the models are small, and threads that wait take processor time


def default_config(cls, **entries):
    """Returns the configuration that the class has without one, which is that of the first model of the class, with other entries."""
    parameters = list(inspect.signature(getattr(diffusers, cls).__init__).parameters.values())[1:]
    return json.loads(json.dumps({p.name: p.default for p in parameters if p.default is not p.empty} | entries))


def renamed(*pairs):
    """Returns a converter in the form of diffusers' that replaces regular expressions, in this order."""
    def convert(checkpoint):
        def rename(name):
            for old, new in pairs:
                name = re.sub(old, new, name)
            return name

        return {rename(name): tensor for name, tensor in checkpoint.items()}

    return lambda **_: convert


# scripts/convert_wan_to_diffusers.py (convert_vae_22), which is not installed with diffusers
WAN22 = renamed(
    (r"^conv1", "quant_conv"), (r"^conv2", "post_quant_conv"), (r"coder\.conv1\.", "coder.conv_in."), (r"head\.0", "norm_out"), (r"head\.2", "conv_out"),
    (r"(down|up)samples\.(\d)\.(down|up)samples\.\d\.(resample|time_conv)", r"\1_blocks.\2.\1sampler.\4"),
    (r"(down|up)samples\.(\d)\.(down|up)samples", r"\1_blocks.\2.resnets"), (r"middle\.1", "mid_block.attentions.0"),
    (r"middle\.0", "mid_block.resnets.0"), (r"middle\.2", "mid_block.resnets.1"), (r"shortcut", "conv_shortcut"),
    (r"residual\.0", "norm1"), (r"residual\.2", "conv1"), (r"residual\.3", "norm2"), (r"residual\.6", "conv2"))
WAN22_CONFIG = default_config("AutoencoderKLWan", base_dim=160, decoder_base_dim=256, z_dim=48, is_residual=True, in_channels=12, out_channels=12,
                              patch_size=2, scale_factor_temporal=4, scale_factor_spatial=16,
                              latents_mean=vaemake.WAN22_MEAN, latents_std=vaemake.WAN22_STD)



LDM = (
    (r"decoder\.up\.(\d)", lambda m: f"decoder.up_blocks.{3 - int(m[1])}"), (r"encoder\.down\.(\d)", r"encoder.down_blocks.\1"),
    (r"\.block\.(\d)", r".resnets.\1"), (r"(down|up)sample\.", r"\1samplers.0."), (r"mid\.block_1", "mid_block.resnets.0"),
    (r"mid\.block_2", "mid_block.resnets.1"), (r"nin_shortcut", "conv_shortcut"), (r"norm_out", "conv_norm_out"),
    (r"(attn_1\.)norm", r"\1group_norm"), (r"(attn_1\.)([qkv])\.", r"\1to_\2."), (r"proj_out", "to_out.0"),
    (r"mid\.attn_1", "mid_block.attentions.0"), (r"(en|de)coder\.(post_)?quant_conv", r"\2quant_conv"))


def ldm(**_):
    """ComfyUI's convert_vae_state_dict in reverse, and diffusers' scripts/convert_flux2_to_diffusers.py: attention has linear layers."""
    def convert(checkpoint):
        made = renamed(*LDM)()(checkpoint)
        return {n: t.flatten(1) if "attentions.0.to_" in n and n.endswith("weight") else t for n, t in made.items()}

    return convert


def mochi(**_):
    """scripts/convert_mochi_to_diffusers.py, which is not installed with diffusers."""
    def names(at, number, to, attention):
        yield from ((f"{at}.stack.{i}", f"{to}.resnets.{number}.{n}") for i, n in ((0, "norm1.norm_layer"), (2, "conv1.conv"),
                                                                                   (3, "norm2.norm_layer"), (5, "conv2.conv")))
        if attention:
            yield from ((f"{at}.attn_block.attn.qkv", f"{to}.attentions.{number}.to_"), (f"{at}.attn_block.norm", f"{to}.norms.{number}.norm_layer"),
                        (f"{at}.attn_block.attn.out", f"{to}.attentions.{number}.to_out.0"))

    pairs = {"encoder.layers.0": "encoder.proj_in", "encoder.output_norm": "encoder.norm_out.norm_layer", "encoder.output_proj": "encoder.proj_out",
             "decoder.blocks.0.0": "decoder.conv_in", "decoder.output_proj": "decoder.proj_out"}
    for i in range(6):
        pairs.update(names(f"encoder.layers.{i + 1}", i, "encoder.block_in", False))
        pairs.update(names(f"decoder.blocks.0.{i + 1}", i, "decoder.block_in", False))
        pairs.update(names(f"decoder.blocks.4.{i}", i, "decoder.block_out", False))
        for k in range(3):
            pairs.update(names(f"encoder.layers.{k + 4}.layers.{i + 1}", i, f"encoder.down_blocks.{k}", True))
            pairs.update(names(f"decoder.blocks.{k + 1}.blocks.{i}", i, f"decoder.up_blocks.{k}", False))
    for i in range(3):
        pairs.update(names(f"encoder.layers.{i + 7}", i, "encoder.block_out", True))
        pairs[f"encoder.layers.{i + 4}.layers.0"] = f"encoder.down_blocks.{i}.conv_in.conv"
        pairs[f"decoder.blocks.{i + 1}.proj"] = f"decoder.up_blocks.{i}.proj"

    def convert(checkpoint):
        made = {}
        for name, tensor in checkpoint.items():
            module, kind = name.rsplit(".", 1)
            if module.endswith("qkv"):
                made |= {f"{pairs[module]}{x}.{kind}": part for x, part in zip("qkv", tensor.chunk(3))}
            else:
                made[f"{pairs[module]}.{kind}"] = tensor
        return made

    return convert


@dataclass
class Vae(Model):
    prefix: str = "first_stage_model."
    entry: str = "latent_channels"
    latents: tuple = (1, 1, 1)  # frames, height and width


def ltx(h=128, **_):
    """The function for models whose names begin with "vae.", with another width of the encoder of 0.9.5."""
    function = modelmake.narrowed(single_file_utils.convert_ltx_vae_checkpoint_to_diffusers, ("== 2048", f"== {16 * h}"))
    return lambda checkpoint: function({f"vae.{name}": tensor for name, tensor in checkpoint.items()})


# scripts/convert_ltx_to_diffusers.py (get_vae_config), whose version 0.9.0 is that of the class
LTX091_CONFIG = default_config(
    "AutoencoderKLLTXVideo", decoder_block_out_channels=[256, 512, 1024], decoder_layers_per_block=[5, 6, 7, 8],
    decoder_spatio_temporal_scaling=[True] * 3, decoder_inject_noise=[True, True, True, False], upsample_residual=[True] * 3,
    upsample_factor=[2] * 3, timestep_conditioning=True)
LTX095_CONFIG = LTX091_CONFIG | {
    "block_out_channels": [128, 256, 512, 1024, 2048], "down_block_types": ["LTXVideo095DownBlock3D"] * 4, "layers_per_block": [4, 6, 6, 2, 2],
    "decoder_layers_per_block": [5] * 4, "spatio_temporal_scaling": [True] * 4, "decoder_inject_noise": [False] * 4,
    "downsample_type": ["spatial", "temporal", "spatiotemporal", "spatiotemporal"], "spatial_compression_ratio": 32, "temporal_compression_ratio": 8}

# scripts/convert_dcae_to_diffusers.py (get_ae_config)
SANA_LEVELS = {"block_types": ["ResBlock"] * 3 + ["EfficientViTBlock"] * 3, "block_out_channels": [128, 256, 512, 512, 1024, 1024],
               "qkv_multiscales": [[], [], [], [5], [5], [5]]}
SANA_CONFIG = default_config(
    "AutoencoderDC", **{f"{side}_{k}": v for k, v in SANA_LEVELS.items() for side in ("encoder", "decoder")},
    encoder_layers_per_block=[2, 2, 2, 3, 3, 3], decoder_layers_per_block=[3] * 6, downsample_block_type="conv", upsample_block_type="interpolate",
    decoder_norm_types="rms_norm", decoder_act_fns="silu", scaling_factor=0.41407)

TABLE = [
    Vae("wan-vae", "AutoencoderKLWan", vaemake.wan_vae, by_itself("convert_wan_vae_to_diffusers"), side="wan", entry="base_dim",
        narrow=[{"h": 4}], published={"2.1": ({}, default_config("AutoencoderKLWan")), "frames kept": ({"time": (False,) * 3}, default_config(
            "AutoencoderKLWan", temperal_downsample=[False] * 3))}),
    Vae("wan22-vae", "AutoencoderKLWan", vaemake.wan22_vae, WAN22, side="wan", entry="base_dim",
        narrow=[{"h": 4, "g": 2}], published={"2.2": ({}, WAN22_CONFIG)}),
    Vae("ltx-vae", "AutoencoderKLLTXVideo", vaemake.ltx_vae, ltx, side="lightricks",
        narrow=[{"h": 4, "g": 4, "z": 6}], published={"0.9.0": ({}, default_config("AutoencoderKLLTXVideo"))}),
    Vae("ltx091-vae", "AutoencoderKLLTXVideo", functools.partial(vaemake.ltx_vae, "0.9.1"), ltx, side="lightricks",
        narrow=[{"h": 4, "g": 4, "z": 6}], published={"0.9.1": ({}, LTX091_CONFIG)}),
    Vae("ltx095-vae", "AutoencoderKLLTXVideo", functools.partial(vaemake.ltx_vae, "0.9.5"), ltx, side="lightricks",
        narrow=[{"h": 4, "g": 4, "z": 6}], published={"0.9.5": ({}, LTX095_CONFIG)}),
    Vae("hunyuan-video-vae", "AutoencoderKLHunyuanVideo", vaemake.hunyuan_video_vae, ldm, side="comfyui",
        narrow=[{"h": 4, "z": 6}], loaded=[{"h": 32, "z": 6}], published={"1.0": ({}, default_config("AutoencoderKLHunyuanVideo"))}),
    Vae("flux2-vae", "AutoencoderKLFlux2", vaemake.flux2_vae, ldm, side="bfl", latents=(1, 1),
        narrow=[{"h": 4, "z": 6}, {"h": 4, "z": 6, "count": False}], loaded=[{"h": 32, "z": 6}], published={"dev": ({}, default_config("AutoencoderKLFlux2"))}),
    Vae("mochi-vae", "AutoencoderKLMochi", vaemake.mochi_vae, mochi, side="genmo",
        narrow=[{"h": 4, "g": 4, "counts": (3, 2, 1)}], loaded=[{"h": 32, "g": 32, "counts": (1, 1, 1)}], published={"1": ({}, default_config("AutoencoderKLMochi"))}),
    Vae("dc-ae-sana", "AutoencoderDC", vaemake.dc_ae_sana, by_itself("convert_autoencoder_dc_checkpoint_to_diffusers"), side="mit", latents=(1, 1),
        narrow=[{"h": 8, "z": 4}], published={"1.0": ({}, SANA_CONFIG)}),
]


def loaded(test):
    return narrow(test, lambda model: model.loaded or model.narrow)


class Vaes(test_models.Models):
    table = TABLE
    test_families = test_heads_of_a_configuration = None  # of transformers

    @loaded
    def test_diffusers_opens_the_folder(self, model, original, wanted):
        """The library loads the tensors, decodes latents as with those of its own conversion, and the folder can be converted back."""
        self.convert(original, "-t", model.name, output="folder/")
        cls = getattr(diffusers, model.cls)
        ours, info = cls.from_pretrained(self.tmp / "folder", output_loading_info=True, torch_dtype=torch.float32)
        self.assertEqual({k: v for k, v in info.items() if v}, {})
        theirs = cls.from_config(cls.load_config(self.tmp / "folder"))
        theirs.load_state_dict({n: t.to(theirs.state_dict()[n].dtype) for n, t in wanted.items()}, strict=True)
        self.assert_same(ours.state_dict(), theirs.state_dict())
        latents = torch.ones(1, ours.config.get("z_dim") or ours.config.get("latent_channels"), *model.latents)
        more = {"temb": torch.tensor([0.05])} if ours.config.get("timestep_conditioning") else {}

        def decoded(vae):
            torch.manual_seed(1)  # some decoders inject noise
            with torch.no_grad():
                return vae.eval().decode(latents, return_dict=False, **more)[0]

        self.assertTrue(torch.equal(decoded(ours), decoded(theirs)))
        self.run_fmtconv("-f", "-t", f"{model.name}:reverse", self.tmp / "folder", self.tmp / "back.safetensors")
        self.assert_same(load_file(self.tmp / "back.safetensors"), original, "back from the folder")

    @narrow
    def test_file_with_other_models(self, model, original, wanted):
        for prefix in test_models.VAE_PARTS:
            prefixed = {f"{prefix}.{n}": t for n, t in original.items()}
            others = {f"{part}.conv_in.weight": torch.zeros(2) for part in ("model.diffusion_model", *test_models.TEXT_PARTS)}
            self.assert_same(self.convert(prefixed | others, "-t", model.name), wanted, "with other models")

    def test_other_versions_are_refused(self):
        """The VAEs of one family have many names in common, and number their blocks otherwise."""
        for model in self.table:
            path = self.put(modelmake.random(model.original(**model.narrow[0])))
            for other in self.table:
                if other is not model:
                    self.run_fmtconv("-t", other.name, path, self.tmp / "out.safetensors", status=1)

    def test_qwen_image(self):
        """Wan 2.1 and Qwen-Image have one VAE, for which diffusers has two classes: a parameter or the configuration chooses."""
        original = modelmake.random(vaemake.wan_vae(h=4))
        self.convert(original, "-t", "wan-vae:let.qwen=true", output="qwen/")
        loaded = diffusers.AutoencoderKLQwenImage.from_pretrained(self.tmp / "qwen", torch_dtype=torch.bfloat16)
        self.assertEqual(json.loads((self.tmp / "qwen/config.json").read_text())["_class_name"], "AutoencoderKLQwenImage")
        self.assert_same(loaded.state_dict(), single_file_utils.convert_wan_vae_to_diffusers(dict(original)))
        result = self.run_fmtconv("-f", "-t", "wan-vae:reverse", self.tmp / "qwen", self.tmp / "back.safetensors")
        self.assertIn("Qwen-Image VAE", result.stderr)
        self.assert_same(load_file(self.tmp / "back.safetensors"), original)

    def test_checkpoint_with_statistics_and_a_transformer(self):
        """A checkpoint of LTX-Video holds a transformer, and statistics of the latents that the library does not use."""
        original = modelmake.random(vaemake.ltx_vae(h=4, g=2, z=6))
        wanted = ltx(4)(dict(original))
        for name in ("channel", "mean-of-stds", "mean-of-stds_over_std-of-means"):
            original[f"per_channel_statistics.{name}"] = torch.zeros(6)
        whole = {f"vae.{name}": tensor for name, tensor in original.items()} | {"model.diffusion_model.proj_in.weight": torch.zeros(2, 2)}
        self.assert_same(self.convert(whole, "-t", "ltx-vae"), wanted)
        self.assert_same(single_file_utils.convert_ltx_vae_checkpoint_to_diffusers(dict(whole)), wanted)
        transformer = modelmake.random(modelmake.ltx(h=64, c=8, caption=40, blocks=2))
        del whole["model.diffusion_model.proj_in.weight"]
        whole |= {f"model.diffusion_model.{name}": tensor for name, tensor in transformer.items()}
        self.convert(whole, output="whole/")
        self.assert_same(load_file(self.tmp / "whole/vae/diffusion_pytorch_model.safetensors"), wanted)
        config = json.loads((self.tmp / "whole/transformer/config.json").read_text())
        self.assertEqual(config["_class_name"], "LTXVideoTransformer3DModel")
        self.assertIn("choose one with -t", self.convert(whole, status=1))

    def test_pipelines_of_ltx(self):
        """A checkpoint of LTX-Video becomes the pipeline that the script of diffusers makes of this version, and is made of it again."""
        text_encoder = {f"text_encoders.t5xxl.transformer.{name}": tensor for name, tensor in modelmake.random(modelmake.t5()).items()}
        folder = self.tmp / "t5"
        folder.mkdir()
        (folder / "config.json").write_text("{}")
        for version, name, blocks, cls, dynamic in (("0.9.0", "ltx-pipeline", 2, "LTXPipeline", True), ("0.9.1", "ltx091-pipeline", 1, "LTXPipeline", True),
                                                    ("0.9.5", "ltx095-pipeline", 1, "LTXPipeline", False), ("0.9.5", "ltx095-pipeline", 48, "LTXConditionPipeline", False)):
            with self.subTest(version, blocks=blocks):
                original = {f"vae.{n}": t for n, t in modelmake.random(vaemake.ltx_vae(version, h=4, g=2, z=6)).items()}
                original |= {f"model.diffusion_model.{n}": t for n, t in modelmake.random(modelmake.ltx(h=32, c=8, caption=40, blocks=blocks)).items()}
                self.convert(original, "-t", f"{name}:text_encoder={folder}", output="whole/")
                index = json.loads((self.tmp / "whole/model_index.json").read_text())
                self.assertEqual((index["_class_name"], index["text_encoder"], index["tokenizer"]), (cls, ["transformers", "T5EncoderModel"], [None, None]))
                self.assertEqual((self.tmp / "whole/text_encoder/config.json").read_text(), "{}")
                self.assertEqual(json.loads((self.tmp / "whole/scheduler/scheduler_config.json").read_text())["use_dynamic_shifting"], dynamic)
                self.convert(original | text_encoder, output="whole/")
                self.assertEqual(json.loads((self.tmp / "whole/text_encoder/config.json").read_text())["model_type"], "t5")
                self.run_fmtconv("-f", "-t", f"{name}:reverse", self.tmp / "whole", self.tmp / "back.safetensors")
                self.assert_same(load_file(self.tmp / "back.safetensors"), original | text_encoder)
        said = self.convert(original | text_encoder, "-t", f"{name}:text_encoder={folder}", output="again/", status=2)
        self.assertIn("text_encoder=: the input has this component itself", said)

    def test_two_files_of_genmo(self):
        """Genmo publishes the encoder and the decoder of Mochi's VAE in two files, which the command of fmtconv-models(7) joins."""
        original = modelmake.random(vaemake.mochi_vae(h=4, g=4, counts=(3, 2, 1)))
        for part in ("encoder", "decoder"):
            self.put({n.removeprefix(f"{part}."): t for n, t in original.items() if n.startswith(part)}, f"{part}.safetensors")
        page = (Path(__file__).parents[2] / "doc" / "fmtconv-models.7").read_text()
        command = re.search(r"^\.Dl fmtconv (.*mochi-vae.*)$", page, re.M)[1].replace(" vae/", f" {self.tmp}/vae/")
        self.run_fmtconv(*re.sub(r"(\w+\.safetensors)", rf"{self.tmp}/\1", command).split())
        self.assert_same(load_file(self.tmp / "vae/diffusion_pytorch_model.safetensors"), mochi()(dict(original)))
        self.assertEqual(json.loads((self.tmp / "vae/config.json").read_text())["layers_per_block"], [3, 3, 2, 1, 3])
        for part in ("encoder", "decoder"):
            wanted = load_file(self.tmp / f"{part}.safetensors")
            self.run_fmtconv("-f", "-t", "mochi-vae:reverse", "-t", f"select:{part}.*", "-t", f"prefix:strip={part}.", self.tmp / "vae", self.tmp / "back.safetensors")
            self.assert_same(load_file(self.tmp / "back.safetensors"), wanted, part)

    def test_names_of_diffusers_without_a_configuration(self):
        """Tencent's file has the names of diffusers: the way back and forth adds the configuration."""
        made = ldm()(modelmake.random(vaemake.hunyuan_video_vae(h=4, z=6)))
        self.convert(made, "-t", "hunyuan-video-vae:reverse", "-t", "hunyuan-video-vae", output="folder/")
        self.assert_same(load_file(self.tmp / "folder/diffusion_pytorch_model.safetensors"), made)
        self.assertEqual(json.loads((self.tmp / "folder/config.json").read_text())["latent_channels"], 6)


UMT5 = {"h": 64, "heads": 4, "d": 8, "f": 96, "vocabulary": 40, "blocks": 3}


def encoded(weights, ids, heads):
    """Encodes tokens as the T5Encoder of Wan does, written from its class; for texts of at most 8 tokens."""
    def norm(x, name):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * weights[name]

    def split(x):
        return x.unflatten(-1, (heads, -1)).transpose(0, 1)

    x = weights["token_embedding.weight"][ids]
    distance = torch.arange(len(ids))[None] - torch.arange(len(ids))[:, None]
    bucket = distance.abs() + 16 * (distance > 0)
    for i in range(UMT5["blocks"]):
        w = {name.removeprefix(f"blocks.{i}."): t for name, t in weights.items()}
        q, k, v = (split(norm(x, f"blocks.{i}.norm1.weight") @ w[f"attn.{p}.weight"].T) for p in "qkv")
        scores = q @ k.transpose(1, 2) + w["pos_embedding.embedding.weight"][bucket].permute(2, 0, 1)
        x = x + (scores.softmax(-1) @ v).transpose(0, 1).flatten(1) @ w["attn.o.weight"].T
        y = norm(x, f"blocks.{i}.norm2.weight")
        gate = torch.nn.functional.gelu(y @ w["ffn.gate.0.weight"].T, approximate="tanh")
        x = x + (gate * (y @ w["ffn.fc1.weight"].T)) @ w["ffn.fc2.weight"].T
    return norm(x, "norm.weight")


class TextEncoders(Case):
    def setUp(self):
        super().setUp()
        self.original = {n: t / 8 for n, t in modelmake.random(vaemake.wan_umt5(**UMT5), dtype=torch.float32).items()}

    def convert(self, tensors, *options, status=0):
        save_file(tensors, self.tmp / "in.safetensors")
        return self.run_fmtconv("-f", *options, self.tmp / "in.safetensors", f"{self.tmp}/made/", status=status)

    def load(self):
        model, info = transformers.UMT5EncoderModel.from_pretrained(self.tmp / "made", output_loading_info=True)
        self.assertEqual({k: v for k, v in info.items() if v}, {})
        return model.eval()

    def test_umt5_of_wan(self):
        """The names of the authors become those of transformers, whose class encodes a text as the authors' class does."""
        self.convert(self.original)
        model, ids = self.load(), torch.tensor([5, 3, 39, 0, 7, 1])
        with torch.no_grad():
            torch.testing.assert_close(model(ids[None])[0][0], encoded(self.original, ids, UMT5["heads"]), atol=1e-5, rtol=1e-5)
        config = json.loads((self.tmp / "made/config.json").read_text())
        self.assertEqual({k: config[k] for k in ("d_model", "d_kv", "d_ff", "num_heads", "num_layers", "vocab_size")},
                         {"d_model": 64, "d_kv": 8, "d_ff": 96, "num_heads": 4, "num_layers": 3, "vocab_size": 40})
        self.run_fmtconv("-f", "-t", "wan-umt5:reverse", self.tmp / "made", self.tmp / "back.safetensors")
        self.assert_same(load_file(self.tmp / "back.safetensors"), self.original)
        for name in ("blocks.1.pos_embedding.embedding.weight", "norm.weight"):
            self.assertIn(f"missing: '{name}'", self.convert({n: t for n, t in self.original.items() if n != name}, "-t", "wan-umt5", status=1).stderr)
        self.assertIn("gate.0", self.convert(self.original | {"blocks.0.ffn.gate.0.weight": torch.zeros(3, 5)}, "-t", "wan-umt5", status=1).stderr)

    def test_umt5_of_comfyui(self):
        """Files with the names of transformers get a configuration; the matrix of tokens has one of two names, or both."""
        self.convert(self.original)
        named = load_file(self.tmp / "made/model.safetensors")
        tokens = {"encoder.embed_tokens.weight": named["shared.weight"].clone()}
        less = {n: t for n, t in named.items() if n != "shared.weight"}
        for form in (named, named | tokens, less | tokens):
            self.convert(form | {"spiece_model": torch.zeros(4, dtype=torch.uint8)})
            self.assert_same(load_file(self.tmp / "made/model.safetensors"), form)
            self.assert_same(self.load().state_dict(), named | tokens)
        others = {name: torch.zeros(2) for name in ("text_encoders.spiece_model", "text_encoders.umt5xxl.logit_scale", "model.diffusion_model.head.modulation",
                                                    "vae.conv1.weight", "first_stage_model.conv1.weight")}
        self.convert({f"text_encoders.umt5xxl.transformer.{n}": t for n, t in named.items()} | others)
        self.assert_same(load_file(self.tmp / "made/model.safetensors"), named)
        self.convert(less, "-t", "umt5-encoder", status=1)
        bias = "encoder.block.{}.layer.0.SelfAttention.relative_attention_bias.weight"
        self.assertIn("missing", self.convert({n: t for n, t in named.items() if n != bias.format(2)}, "-t", "umt5-encoder", status=1).stderr)

    def test_configuration_is_kept(self):
        """A folder of transformers is complete: its config.json is not replaced."""
        self.convert(self.original)
        path = self.tmp / "made/config.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"dropout_rate": 0.25}))
        self.run_fmtconv("-f", self.tmp / "made", f"{self.tmp}/copy/")
        self.assertEqual(json.loads((self.tmp / "copy/config.json").read_text())["dropout_rate"], 0.25)

    def test_t5_is_told_apart(self):
        """T5 has a table of positions in its first block alone."""
        self.convert(self.original)
        named = {n: t for n, t in load_file(self.tmp / "made/model.safetensors").items() if "relative" not in n or ".block.0." in n}
        self.assertIn("-t t5-encoder", self.convert(named).stderr)
        self.assertEqual(json.loads((self.tmp / "made/config.json").read_text())["model_type"], "t5")

    def test_full_size(self):
        (self.tmp / "names.txt").write_text("".join(f"{n} [{','.join(map(str, s))}]\n" for n, s in vaemake.wan_umt5().items()))
        result = self.run_fmtconv("map", "--json", "--check", "wan-umt5", "--against", self.tmp / "names.txt")
        report = json.loads(result.stdout.splitlines()[-1])
        with torch.device("meta"):
            model = transformers.UMT5EncoderModel(transformers.UMT5Config(**report["attributes"]["config"]))
        shapes = {n: tuple(t.shape) for n, t in model.state_dict().items() if n != "encoder.embed_tokens.weight"}
        self.assertEqual({r["name"]: tuple(r["shape"]) for r in report["results"]}, shapes)


if __name__ == "__main__":
    unittest.main()
