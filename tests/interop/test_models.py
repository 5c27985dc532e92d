# SPDX-License-Identifier: Apache-2.0
# Plugins: diffusers safetensors
"""The files in models/: names, shapes, bytes and config.json are those of diffusers, in both directions, and kin is told apart.

One entry of TABLE is one model; what is tested of it is the same for all."""

import json
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

TABLE = [
    Model("flux", "FluxTransformer2DModel", modelmake.flux, flux_converter, side="bfl",
          narrow=[FLUX_NARROW, FLUX_NARROW | {"guidance": False}],
          published={"dev": ({}, FLUX_CONFIG), "schnell": ({"guidance": False}, FLUX_CONFIG | {"guidance_embeds": False})}, kin=[chroma]),
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
    def test_diffusers_opens_the_folder(self, model, original, wanted):
        self.convert(original, "-t", model.name, output="folder/")
        loaded, info = getattr(diffusers, model.cls).from_pretrained(self.tmp / "folder", output_loading_info=True, torch_dtype=torch.bfloat16)
        self.assertEqual({k: v for k, v in info.items() if v}, {})
        self.assert_same(dict(loaded.state_dict()), wanted)
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
    def test_kin_is_refused(self, model, original, wanted):
        for kin in model.kin:
            self.convert(kin(original), "-t", model.name, status=1)


if __name__ == "__main__":
    unittest.main()
