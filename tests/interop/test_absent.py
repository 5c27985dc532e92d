# SPDX-License-Identifier: Apache-2.0
"""A plugin that is not installed: the same bytes, or an error that names its package, and never another result."""
# Plugins: cast cogvideox-lora cogvideox-pipeline cogvideox-transformer cogvideox-vae diffusers safetensors sat t5-encoder torch

import os
import shutil
import subprocess
import unittest
from collections import OrderedDict
from pathlib import Path

import cogmake
import safetensors.torch
import torch
from cogmake import MODELS, VAE
from support import FMTCONV, Case, files

MODEL = next(m for m in MODELS if m.name == "5B")
BUILT = Path(os.environ["FMTCONV_PLUGIN_PATH"].split(":")[-1])
SOURCES = Path(__file__).resolve().parents[2] / "plugins"
USED = ("cogvideox-lora", "cogvideox-pipeline", "cogvideox-transformer", "cogvideox-vae", "diffusers", "safetensors", "sat",
        "t5-encoder", "torch")


class Absent(Case):
    """Conversions with all plugins, and with one of them taken away."""

    def setUp(self):
        super().setUp()
        self.modules, self.index = self.tmp / "modules", self.tmp / "index"
        self.modules.mkdir()
        self.index.mkdir()
        for module in BUILT.glob("*.so"):
            (self.modules / module.name).symlink_to(module)
        index = subprocess.run(["sh", SOURCES / "index.sh", "package-of-%s"], capture_output=True, check=True)
        (self.index / "fmtconv.yaml").write_bytes(index.stdout)
        self.environment = dict(os.environ, FMTCONV_PLUGIN_PATH=str(self.modules), FMTCONV_INDEX_PATH=str(self.index),
                                XDG_CONFIG_HOME=str(self.tmp))

    def convert(self, *arguments):
        return subprocess.run([FMTCONV, "-q", *map(str, arguments)], capture_output=True, text=True, env=self.environment)

    def made(self, out):
        """The files of the output, which goes."""
        got = files(out) if out.is_dir() else {"": out.read_bytes()} if out.exists() else {}
        shutil.rmtree(out) if out.is_dir() else out.unlink(missing_ok=True)
        return got

    def compare(self, *arguments, out, status=0):
        """Runs the conversion with all plugins, then without each.  Returns those that it does not need."""
        target = f"{out}/" if not out.suffix else out
        result = self.convert(*arguments, target)
        self.assertEqual(result.returncode, status, result.stderr)
        wanted, idle = self.made(out), set()
        for plugin in USED:
            with self.subTest(plugin=plugin):
                (self.modules / f"{plugin}.so").unlink()
                result = self.convert(*arguments, target)
                (self.modules / f"{plugin}.so").symlink_to(BUILT / f"{plugin}.so")
                got = self.made(out)
                if result.returncode == status:
                    self.assertEqual(got, wanted)
                    idle.add(plugin)
                else:
                    group = next(line.split()[1] for line in (SOURCES / plugin / "known.yaml").read_text().splitlines()
                                 if line.startswith("package:"))
                    self.assertEqual(result.returncode, 1)
                    self.assertIn(f"package-of-{group}", result.stderr)
                    self.assertEqual(got, {})
        return idle

    def save(self, tensors):
        path = self.tmp / "model.pt"
        torch.save({"module": OrderedDict(tensors)}, path)
        return path

    def parts(self, lora=False):
        return {**cogmake.transformer(MODEL, lora=lora), **cogmake.text_encoder(MODEL.dtype),
                **cogmake.vae(MODEL.dtype, VAE, channels=(32, 32), latents=16)}

    def test_pipeline(self):
        """All components, and what joins them."""
        idle = self.compare(self.save(self.parts()), out=self.tmp / "out")
        self.assertEqual(idle, {"cogvideox-lora", "sat"})

    def test_component_of_several(self):
        """One file cannot hold them, so the user has to choose, also between those that are missing."""
        path = self.save(self.parts())
        for plugin in ("cogvideox-vae", "t5-encoder"):
            (self.modules / f"{plugin}.so").unlink()
        result = self.convert(path, self.tmp / "out.safetensors")
        self.assertEqual(result.returncode, 1)
        self.assertIn("-t cogvideox-vae", result.stderr)
        self.assertIn("(not installed: package package-of-cogvideox)", result.stderr)

    def test_lora(self):
        """The LoRA is chosen before its base, whose transforms need not be there."""
        idle = self.compare(self.save(self.parts(lora=True)), out=self.tmp / "out.safetensors")
        self.assertEqual(idle, set(USED) - {"cogvideox-lora", "safetensors", "torch"})

    def test_incomplete(self):
        """A model that lacks a tensor is refused by the transform, and without it."""
        tensors = {k: t for k, t in cogmake.transformer(MODEL).items() if not k.endswith("mixins.patch_embed.proj.bias")}
        self.compare(self.save(tensors), out=self.tmp / "out.safetensors", status=1)

    def test_foreign(self):
        """A model that no missing transform recognizes converts as ever, also one that shares names with CogVideoX."""
        block = {f"transformer.layers.{i}.attention.{n}": torch.ones(3) for i in range(4) for n in ("q.weight", "k.weight")}
        dense = {f"transformer.layers.{i}.input_layernorm.weight": torch.ones(3) for i in range(4)}
        gpt = {f"h.{i}.mlp.c_fc.{n}": torch.ones(3) for i in range(4) for n in ("weight", "bias")}
        for what, tensors in {"sat": {**block, **dense}, "gpt": gpt, "vae": {"encoder.conv_in.weight": torch.ones(3)}}.items():
            with self.subTest(what):
                path = self.tmp / f"{what}.safetensors"
                safetensors.torch.save_file(tensors, path)
                idle = self.compare(path, out=self.tmp / "out.pt")
                self.assertEqual(idle, set(USED) - {"safetensors", "torch"})

    def test_components_of_a_spec(self):
        """Components whose transforms are not named."""
        path, spec = self.save(cogmake.transformer(MODEL)), self.tmp / "spec.yaml"
        vae = self.tmp / "vae.pt"
        torch.save(cogmake.vae(MODEL.dtype, channels=(32, 32), latents=16), vae)
        spec.write_text(f"fmtconv: 1\ncomponents:\n  transformer: {{read: {{torch: {{path: {path}}}}}}}\n"
                        f"  vae: {{read: {{torch: {{path: {vae}}}}}}}\nwrite: {{diffusers: {{path: '${{output}}'}}}}\n")
        idle = self.compare("-p", spec, out=self.tmp / "out")
        self.assertEqual(idle, {"cogvideox-lora", "sat", "t5-encoder"})

    def test_input_of_a_parameter(self):
        """A file that a transform reads."""
        base, more = self.tmp / "base.safetensors", self.tmp / "more.pt"
        safetensors.torch.save_file({"a": torch.ones(3)}, base)
        torch.save({"b": torch.ones(3)}, more)
        if not (BUILT / "merge.so").exists():
            self.skipTest("the plugin 'merge' was left out")
        idle = self.compare("-t", f"merge:{more}", base, out=self.tmp / "out.safetensors")
        self.assertEqual(idle, set(USED) - {"safetensors", "torch"})


if __name__ == "__main__":
    unittest.main()
