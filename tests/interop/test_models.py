# SPDX-License-Identifier: Apache-2.0
# Plugins: diffusers safetensors
"""The files in models/: names, shapes, bytes and config.json are those of diffusers, in both directions, and kin is told apart.

One entry of TABLE is one model; what is tested of it is the same for all."""

import json
import re
import unittest
from dataclasses import dataclass, field

import diffusers
import modelmake
import torch
from diffusers.loaders import single_file_utils
from safetensors.torch import load_file, save_file
from support import Case


@dataclass
class Model:
    name: str  # of the file in models/
    cls: str  # of diffusers
    original: callable  # sizes → name → shape, as the authors write them
    convert: callable  # sizes → the function of diffusers, for tensors of these sizes
    narrow: list  # sizes
    published: dict  # name → (sizes, what its config.json says)
    prefix: str = "model.diffusion_model."  # of ComfyUI
    side: str = ""  # the authors', as the file calls it
    kin: list = field(default_factory=list)  # functions that make names of another model of these


def flux_converter(h, **_):
    return modelmake.narrowed(single_file_utils.convert_flux_transformer_checkpoint_to_diffusers, ("inner_dim = 3072", f"inner_dim = {h}"))


def chroma(tensors):
    """Chroma has no modulations, and a network that makes them."""
    kept = {n: t for n, t in tensors.items() if "_mod." not in n and ".modulation." not in n and not n.startswith(("vector_in", "time_in"))}
    return kept | {"distilled_guidance_layer.in_proj.weight": torch.zeros(8, 8)}


FLUX_NARROW = {"h": 64, "d": 16, "c": 16, "e": 40, "v": 24, "double": 3, "single": 11}
FLUX_CONFIG = {"attention_head_dim": 128, "guidance_embeds": True, "in_channels": 64, "joint_attention_dim": 4096, "num_attention_heads": 24,
               "num_layers": 19, "num_single_layers": 38, "patch_size": 1, "pooled_projection_dim": 768}

def by_itself(name):
    """Returns what makes the function of diffusers of that name, which knows no sizes."""
    return lambda **_: getattr(single_file_utils, name)


SD3_NARROW = {"h": 64, "v": 24, "e": 40, "c": 4, "out": 4, "blocks": 3}
SD3_CONFIG = {"attention_head_dim": 64, "caption_projection_dim": 1536, "in_channels": 16, "joint_attention_dim": 4096, "num_attention_heads": 24,
              "num_layers": 24, "out_channels": 16, "patch_size": 2, "pooled_projection_dim": 2048, "pos_embed_max_size": 192, "sample_size": 128}
WAN_NARROW = {"h": 256, "ffn": 96, "blocks": 11, "c": 4, "out": 4, "text": 40, "freq": 32}
WAN_CONFIG = {"attention_head_dim": 128, "cross_attn_norm": True, "eps": 1e-06, "ffn_dim": 8960, "freq_dim": 256, "in_channels": 16,
              "num_attention_heads": 12, "num_layers": 30, "out_channels": 16, "patch_size": [1, 2, 2], "qk_norm": "rms_norm_across_heads",
              "rope_max_seq_len": 1024, "text_dim": 4096}
WAN_14B = {"h": 5120, "ffn": 13824, "blocks": 40}
WAN_14B_CONFIG = WAN_CONFIG | {"ffn_dim": 13824, "num_attention_heads": 40, "num_layers": 40}


def hunyuan_converter(h, **_):
    return modelmake.narrowed(single_file_utils.convert_hunyuan_video_transformer_to_diffusers, ("hidden_size = 3072", f"hidden_size = {h}"))


def mochi_converter(blocks, **_):
    return modelmake.narrowed(single_file_utils.convert_mochi_transformer_checkpoint_to_diffusers, ("num_layers = 48", f"num_layers = {blocks}"))


HUNYUAN_CONFIG = {"attention_head_dim": 128, "guidance_embeds": True, "in_channels": 16, "mlp_ratio": 4.0, "num_attention_heads": 24,
                  "num_layers": 20, "num_refiner_layers": 2, "num_single_layers": 40, "out_channels": 16, "patch_size": 2, "patch_size_t": 1,
                  "pooled_projection_dim": 768, "qk_norm": "rms_norm", "rope_axes_dim": [16, 56, 56], "rope_theta": 256.0, "text_embed_dim": 4096}
LTX_CONFIG = {"activation_fn": "gelu-approximate", "attention_bias": True, "attention_head_dim": 64, "attention_out_bias": True,
              "caption_channels": 4096, "cross_attention_dim": 2048, "in_channels": 128, "norm_elementwise_affine": False, "norm_eps": 1e-06,
              "num_attention_heads": 32, "num_layers": 28, "out_channels": 128, "patch_size": 1, "patch_size_t": 1,
              "qk_norm": "rms_norm_across_heads"}
MOCHI_CONFIG = {"activation_fn": "swiglu", "attention_head_dim": 128, "in_channels": 12, "max_sequence_length": 256, "num_attention_heads": 24,
                "num_layers": 48, "out_channels": None, "patch_size": 2, "pooled_projection_dim": 1536, "qk_norm": "rms_norm",
                "text_embed_dim": 4096, "time_embed_dim": 256}

TABLE = [
    Model("flux", "FluxTransformer2DModel", modelmake.flux, flux_converter, side="bfl",
          narrow=[FLUX_NARROW, FLUX_NARROW | {"guidance": False}],
          published={"dev": ({}, FLUX_CONFIG), "schnell": ({"guidance": False}, FLUX_CONFIG | {"guidance_embeds": False})}, kin=[chroma]),
    Model("sd3", "SD3Transformer2DModel", modelmake.sd3, by_itself("convert_sd3_transformer_checkpoint_to_diffusers"), side="stability",
          narrow=[SD3_NARROW, SD3_NARROW | {"dual": 2, "head": 16}],
          published={"3-medium": ({}, SD3_CONFIG),
                     "3.5-medium": ({"side": 384, "dual": 13, "head": 64}, SD3_CONFIG | {
                         "dual_attention_layers": list(range(13)), "pos_embed_max_size": 384, "qk_norm": "rms_norm"}),
                     "3.5-large": ({"h": 2432, "blocks": 38, "head": 64}, SD3_CONFIG | {
                         "caption_projection_dim": 2432, "num_attention_heads": 38, "num_layers": 38, "qk_norm": "rms_norm"})}),
    Model("wan", "WanTransformer3DModel", modelmake.wan, by_itself("convert_wan_transformer_to_diffusers"), side="wan",
          narrow=[WAN_NARROW, WAN_NARROW | {"image": 48, "c": 9}],
          published={"2.1-t2v-1.3B": ({}, WAN_CONFIG), "2.1-t2v-14B": (WAN_14B, WAN_14B_CONFIG),
                     "2.1-i2v-14B": (WAN_14B | {"c": 36, "image": 1280}, WAN_14B_CONFIG | {
                         "in_channels": 36, "image_dim": 1280, "added_kv_proj_dim": 5120})}),
    Model("hunyuan-video", "HunyuanVideoTransformer3DModel", modelmake.hunyuan_video, hunyuan_converter, side="tencent",
          narrow=[{"h": 64, "d": 16, "c": 4, "text": 40, "v": 24, "double": 3, "single": 11}], published={"t2v": ({}, HUNYUAN_CONFIG)}),
    Model("ltx", "LTXVideoTransformer3DModel", modelmake.ltx, by_itself("convert_ltx_transformer_checkpoint_to_diffusers"), side="lightricks",
          narrow=[{"h": 64, "c": 8, "caption": 40, "blocks": 11}],
          published={"0.9.5": ({}, LTX_CONFIG), "0.9.7-13B": ({"h": 4096, "blocks": 48}, LTX_CONFIG | {
              "attention_head_dim": 128, "cross_attention_dim": 4096, "num_layers": 48})}),
    Model("mochi", "MochiTransformer3DModel", modelmake.mochi, mochi_converter, side="genmo",
          narrow=[{"h": 64, "d": 16, "e": 32, "c": 4, "text": 40, "blocks": 11}], published={"1": ({}, MOCHI_CONFIG)}),
]


def narrow(test):
    """Runs the test for each model in each narrow size, with its tensors in the names of the authors and of diffusers."""
    def run(self):
        for model in TABLE:
            for sizes in model.narrow:
                with self.subTest(model.name, **sizes):
                    original = modelmake.random(model.original(**sizes))
                    test(self, model, original, dict(model.convert(**sizes)(checkpoint=dict(original))))

    return run


class Models(Case):
    def put(self, tensors, name="in.safetensors"):
        save_file({n: t.contiguous().clone() for n, t in tensors.items()}, self.tmp / name)
        return self.tmp / name

    def convert(self, tensors, *options, output="out.safetensors", status=0):
        result = self.run_fmtconv("-f", *options, self.put(tensors), f"{self.tmp}/{output}", status=status)
        return result.stderr if status or output.endswith("/") else load_file(self.tmp / output)

    @narrow
    def test_bytes_both_ways(self, model, original, wanted):
        self.assert_same(self.convert(original, "-t", model.name), wanted, "forward")
        self.assert_same(self.convert(wanted, "-t", f"{model.name}:reverse"), original, "reverse")
        self.assert_same(self.convert(wanted, "-t", f"{model.name}:to={model.side}"), original, "to the side")
        prefixed = {model.prefix + n: t for n, t in original.items()}
        self.assert_same(self.convert(prefixed, "-t", model.name), wanted, "with a prefix")
        self.assert_same(self.convert(wanted, "-t", f"{model.name}:reverse,prefix={model.prefix}"), prefixed, "to a prefix")

    @narrow
    def test_file_with_other_models(self, model, original, wanted):
        """The checkpoints that authors and ComfyUI publish hold a VAE and text encoders, too."""
        prefixed = {"model.diffusion_model." + n: t for n, t in original.items()}
        others = {"vae.decoder.conv_in.weight": torch.zeros(2)}
        if model.name in ("flux", "sd3", "wan", "hunyuan-video"):
            others |= {"first_stage_model.encoder.conv_in.bias": torch.zeros(2), "text_encoders.clip_l.logit_scale": torch.zeros(1)}
        if model.name != "mochi":
            self.assert_same(self.convert(prefixed | others, "-t", model.name), wanted, "with other models")

    def test_families(self):
        """What stands for a part of the configuration must be whole: its tensors are there together, and have its shapes."""
        sizes = {"sd3": (modelmake.sd3(**(SD3_NARROW | {"dual": 2, "head": 16})), r"context_block\.attn\.ln_"),
                 "wan": (modelmake.wan(**(WAN_NARROW | {"image": 48, "c": 9})), r"_img\."),
                 "flux": (modelmake.flux(**FLUX_NARROW), r"guidance_in\.out")}
        for name, (shapes, family) in sizes.items():
            with self.subTest(name):
                tensors = modelmake.random(shapes)
                self.convert({n: t for n, t in tensors.items() if not re.search(family, n)}, "-t", name, status=1)
        flux = modelmake.random(modelmake.flux(**FLUX_NARROW))
        self.assertIn("guidance_in.in_layer.weight", self.convert(flux | {"guidance_in.in_layer.weight": torch.zeros(3, 7)}, "-t", "flux", status=1))

    def test_heads_of_a_configuration(self):
        """The number of heads of Wan is in its configuration alone."""
        original = modelmake.random(modelmake.wan(**(WAN_NARROW | {"h": 128})))
        folder = self.tmp / "wan"
        folder.mkdir()
        save_file({n: t.contiguous() for n, t in original.items()}, folder / "diffusion_pytorch_model.safetensors")
        (folder / "config.json").write_text(json.dumps({"model_type": "t2v", "dim": 128, "num_heads": 2}))
        self.run_fmtconv("-f", folder, f"{self.tmp}/made/")
        made = json.loads((self.tmp / "made/config.json").read_text())
        self.assertEqual((made["num_attention_heads"], made["attention_head_dim"]), (2, 64))

    @narrow
    def test_diffusers_opens_the_folder(self, model, original, wanted):
        self.convert(original, "-t", model.name, output="folder/")
        loaded, info = getattr(diffusers, model.cls).from_pretrained(self.tmp / "folder", output_loading_info=True, torch_dtype=torch.bfloat16)
        self.assertEqual({k: v for k, v in info.items() if v}, {})
        # Some models keep a few modules in f32, which holds each value.
        self.assert_same({n: t.to(wanted[n].dtype) for n, t in loaded.state_dict().items()}, wanted)
        self.run_fmtconv("-f", "-t", f"{model.name}:reverse", self.tmp / "folder", self.tmp / "back.safetensors")
        self.assert_same(load_file(self.tmp / "back.safetensors"), original, "back from the folder")

    def test_full_size(self):
        for model in TABLE:
            for name, (sizes, published) in model.published.items():
                with self.subTest(model.name, published=name):
                    lines = [f"{n} [{','.join(map(str, s))}]\n" for n, s in model.original(**sizes).items()]
                    (self.tmp / "names.txt").write_text("".join(lines))
                    result = self.run_fmtconv("map", "--json", "--check", model.name, "--against", self.tmp / "names.txt")
                    report = json.loads(result.stdout.splitlines()[-1])
                    config = report["attributes"]["config"]
                    with torch.device("meta"):
                        cls = getattr(diffusers, model.cls)
                        ours, theirs = cls.from_config(config), cls.from_config(published)
                    self.assertEqual({r["name"]: tuple(r["shape"]) for r in report["results"]},
                                     {n: tuple(t.shape) for n, t in theirs.state_dict().items()})
                    self.assertEqual(report["changed"], [])
                    self.assertEqual({k: getattr(ours.config, k) for k in published}, published)
                    self.assertEqual(*(json.loads(json.dumps({k: v for k, v in m.config.items() if k[0] != "_"})) for m in (ours, theirs)))

    @narrow
    def test_incomplete_and_misshapen_models_are_refused(self, model, original, wanted):
        for name in (next(iter(original)), list(original)[len(original) // 2]):
            less = {n: t for n, t in original.items() if n != name}
            self.assertIn(f"missing: '{name}'", self.convert(less, "-t", model.name, status=1))
            odd = original | {name: torch.zeros(3, 5, 7, dtype=torch.bfloat16)}
            self.assertIn(name, self.convert(odd, "-t", model.name, status=1))
        more = original | {"not.of.this.model": torch.zeros(1)}
        self.assertIn("unknown: 'not.of.this.model'", self.convert(more, "-t", model.name, status=1))

    @narrow
    def test_a_configuration_that_contradicts_the_tensors_is_refused(self, model, original, wanted):
        self.convert(original, "-t", model.name, output="folder/")
        path = self.tmp / "folder" / "config.json"
        config = json.loads(path.read_text())
        path.write_text(json.dumps(config | {"num_layers": config["num_layers"] + 1}))
        error = self.run_fmtconv("-f", "-t", f"{model.name}:reverse", self.tmp / "folder", self.tmp / "x.safetensors", status=1).stderr
        self.assertIn("num_layers", error)
        self.assertIn("config.json contradicts the tensors", error)

    @narrow
    def test_kin_is_told_apart(self, model, original, wanted):
        for kin in model.kin:
            self.convert(kin(original), "-t", model.name, status=1)
            self.convert(kin(original))  # nothing is chosen for it
            self.assert_same(load_file(self.tmp / "out.safetensors"), kin(original))

    @narrow
    def test_what_is_chosen(self, model, original, wanted):
        self.assert_same(self.convert(original), wanted, "recognized")
        self.assert_same(self.convert(wanted), wanted, "converted already")
        less = {n: t for n, t in original.items() if n != next(iter(original))}
        error = self.convert(less, status=1)
        self.assertIn("no transform matches this model completely", error)
        self.assertIn(f"-t {model.name} ", error)
        result = json.loads(self.run_fmtconv("inspect", "--json", self.put(original)).stdout.splitlines()[-1])
        self.assertIn(f", names of {model.side}", result["title"])
        result = json.loads(self.run_fmtconv("inspect", "--json", self.put(wanted)).stdout.splitlines()[-1])
        self.assertIn(", names of diffusers", result["title"])
        self.assertIn(f"-t {model.name}:reverse", result["convert"][-1])


if __name__ == "__main__":
    unittest.main()
