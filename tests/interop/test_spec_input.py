# SPDX-License-Identifier: Apache-2.0
"""Specs as inputs: nested chains give the same bytes as the same steps with files between them."""
# Plugins: cast cogvideox-lora cogvideox-pipeline cogvideox-transformer cogvideox-vae diffusers gguf lora-merge
# Plugins: merge prefix quantize rename safetensors sat t5-encoder torch

import json
import os
import resource
import shutil
import subprocess
import unittest
from dataclasses import replace

import cogmake
import gguf
import pipemake
import safetensors.torch
import torch
from cogmake import MODELS
from diffusers import CogVideoXPipeline, CogVideoXTransformer3DModel
from ggmlfile import read as ggml_read
from support import FMTCONV, Case

# Heads that rotary embeddings can share out to three axes.
BY_NAME = {m.name: replace(m, head=16) for m in MODELS}
GGUF = ("-w", "gguf:architecture=test")


def files(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


class Chains(Case):
    """A checkpoint of SAT's training, and specs in a separate folder."""

    def setUp(self):
        super().setUp()
        self.m = BY_NAME["5B"]
        self.tensors = cogmake.transformer(self.m)
        (self.tmp / "ckpt" / "1000").mkdir(parents=True)
        (self.tmp / "ckpt" / "latest").write_text("1000")
        torch.save({"module": self.tensors}, self.tmp / "ckpt" / "1000" / "mp_rank_00_model_states.pt")
        (self.tmp / "specs").mkdir()
        self.inner = self.spec("inner", "read: {sat: {path: ../ckpt}}", "transform: [cogvideox-transformer]",
                               "write: {diffusers: {path: ../not-there}}")
        self.between, self.out = self.tmp / "between", self.tmp / "out"

    def spec(self, name, *lines):
        path = self.tmp / "specs" / f"{name}.yaml"
        path.write_text("\n".join(("fmtconv: 1", *lines, "")))
        return path

    def run_fmtconv(self, *arguments, **more):
        """The specs are in a folder next to the checkpoints, which "../" names."""
        return super().run_fmtconv("--allow-paths", *arguments, **more)

    def wanted(self):
        return {k: t.float() for k, t in cogmake.wanted_transformer(self.tensors, self.m).items()}

    def compare(self, source, wanted, *more):
        """The spec as `source`, detected and named, verified, gives the content of `wanted` (a folder or file)."""
        (self.tmp / "got").mkdir(exist_ok=True)
        got = self.tmp / "got" / wanted.name
        for read in ((), ("-r", "spec")):
            self.run_fmtconv("-f", "--verify", *read, *more, source, f"{got}/" if wanted.is_dir() else got)
            if wanted.is_dir():
                self.assertEqual(files(got), files(wanted))
            else:
                self.assertEqual(got.read_bytes(), wanted.read_bytes(), more)
        return got

    def test_equals_one_chain(self):
        """The same as one command with all transforms, in any format, and as read by the libraries."""
        found = {}
        (self.tmp / "one").mkdir()
        for name, more in {"out.gguf": ("-t", "quantize:to=Q8_0", *GGUF), "out.safetensors": ("-t", "cast:to=f16"),
                           "out": ("-t", "none", "-w", "diffusers"), "out.pt": ("-t", "cast:to=f32")}.items():
            one = self.tmp / "one" / name
            both = more if more[1] != "none" else more[2:]
            self.run_fmtconv("-r", "sat", "-t", "cogvideox-transformer", *both, self.tmp / "ckpt", one)
            found[name] = self.compare(self.inner, one, *more)
        self.assertFalse((self.tmp / "not-there").exists())
        model = CogVideoXTransformer3DModel.from_pretrained(found["out"], torch_dtype=torch.float32)
        self.assert_same(model.state_dict(), self.wanted())
        self.assert_same(safetensors.torch.load_file(found["out.safetensors"]),
                         {k: t.half() for k, t in self.wanted().items()})
        self.assert_same(torch.load(found["out.pt"], weights_only=True), self.wanted())
        self.assertIsNotNone(ggml_read(found["out.gguf"]))
        blocks = {t.name: t for t in gguf.GGUFReader(found["out.gguf"]).tensors}
        self.assertEqual(sorted(blocks), sorted(self.wanted()))
        quantized = [t for t in blocks.values() if t.tensor_type == gguf.GGMLQuantizationType.Q8_0]
        self.assertTrue(quantized)
        for t in quantized:
            whole, wanted = torch.from_numpy(gguf.dequantize(t.data, t.tensor_type)), self.wanted()[t.name]
            self.assertLess((whole - wanted).abs().max(), wanted.abs().max() / 127, t.name)

    def test_equals_files(self):
        """The same as two commands with a file between them, if that file can hold everything."""
        self.run_fmtconv("-r", "sat", "-t", "cogvideox-transformer", "-w", "diffusers", self.tmp / "ckpt", self.between)
        (self.tmp / "two").mkdir()
        for name, more in {"out.safetensors": ("-t", "cast:to=f16"), "out": ("-t", "cast:to=f32", "-w", "diffusers")}.items():
            self.run_fmtconv(*more, self.between, self.tmp / "two" / name)
            self.compare(self.inner, self.tmp / "two" / name, *more)
        torch.save({"model." + k: torch.randn(64, 64) for k in "cab"}, self.tmp / "plain.pt")
        plain = self.spec("plain", "read: ../plain.pt", "transform: [{prefix: {strip: model.}}]")
        self.run_fmtconv("-t", "prefix:strip=model.", self.tmp / "plain.pt", self.tmp / "between.pt")
        for name, more in {"plain.gguf": ("-t", "quantize:to=Q8_0", *GGUF), "plain.pt": ("-t", "cast:to=bf16")}.items():
            self.run_fmtconv(*more, self.tmp / "between.pt", self.tmp / "two" / name)
            self.compare(plain, self.tmp / "two" / name, *more)

    def test_two_deep(self):
        """A spec that reads a spec that reads a spec."""
        first = self.tmp / "1.safetensors"
        second = self.tmp / "2.safetensors"
        self.run_fmtconv("-r", "sat", "-t", "cogvideox-transformer", "-w", "diffusers", self.tmp / "ckpt", self.between)
        self.run_fmtconv("-t", "prefix:add=model.", "-t", "cast:to=f32", self.between, first)
        self.run_fmtconv("-t", "rename:from=norm1,to=first_norm", first, second)
        self.run_fmtconv("-t", "cast:to=f16", second, self.tmp / "wanted.safetensors")
        middle = self.spec("middle", "variables: {prefix: }", "read: inner.yaml",
                           "transform: [{prefix: {add: '${prefix}'}}, {cast: {to: f32}}]")
        self.spec("outer", "read: {spec: {path: middle.yaml, prefix: model.}}",
                  "transform: [{rename: {from: norm1, to: first_norm}}]", "write: ../unused.safetensors")
        got = self.tmp / "got.safetensors"
        outer = self.tmp / "specs" / "outer.yaml"
        said = self.run_fmtconv("--json", "-t", "cast:to=f16", outer, got).stdout
        a, b = safetensors.torch.load_file(got), safetensors.torch.load_file(self.tmp / "wanted.safetensors")
        self.assert_same(a, b)
        report = json.loads(said.splitlines()[-1])
        specs = [str(outer), str(middle), str(self.inner)]
        self.assertEqual([p["through"] for p in report["inputs"]], [specs])
        self.assertEqual([(t["name"], len(t["through"])) for t in report["transforms"]],
                         [("cogvideox-transformer", 3), ("prefix", 2), ("cast", 2), ("rename", 1), ("cast", 0)])
        self.assertEqual(report["account"]["in"], len(self.tensors))
        self.assertEqual(report["account"]["in"] - report["account"]["dropped"], report["account"]["renamed"]
                         + report["account"]["split"] + report["account"]["merged"] + report["account"]["kept"])
        # The same as a conversion that is a spec, printed and done again.
        printed = self.tmp / "printed.yaml"
        printed.write_text(self.run_fmtconv("--print-spec", "-t", "cast:to=f16", outer, "again.safetensors").stdout)
        self.run_fmtconv("-p", printed)
        self.assertEqual((self.tmp / "again.safetensors").read_bytes(), got.read_bytes())

    def test_dropped(self):
        """Tensors that the inner chain drops are reported with the reason, as often as by one chain."""
        lora = cogmake.transformer(self.m, lora=True)
        torch.save({"module": lora}, self.tmp / "ckpt" / "1000" / "mp_rank_00_model_states.pt")
        inner = self.spec("lora", "read: ../ckpt", "transform: [{cogvideox-lora: {alpha: 4}}]")
        reports = [json.loads(self.run_fmtconv("--json", "-t", t, source, self.tmp / f"{n}.safetensors").stdout.splitlines()[-1])
                   for n, (t, source) in enumerate((("cogvideox-lora:alpha=4", self.tmp / "ckpt"), ("none", inner)))]
        self.assertTrue(reports[0]["dropped"])
        for key in ("dropped", "account"):
            self.assertEqual(reports[0][key], reports[1][key])
        self.assertEqual((self.tmp / "0.safetensors").read_bytes(), (self.tmp / "1.safetensors").read_bytes())

    def test_bundle(self):
        """The preset of a complete pipeline as an input, with its files, through other transforms, to a folder."""
        vae = cogmake.vae(channels=(32, 32, 32, 32), latents=16)
        torch.save({"state_dict": vae}, self.tmp / "3d-vae.pt")
        pipe, t5 = pipemake.pipeline(), self.tmp / "t5"
        pipe.text_encoder.save_pretrained(t5 / "text_encoder")
        pipe.tokenizer.save_pretrained(t5 / "tokenizer")
        self.run_fmtconv("-p", "cogvideox-pipeline", "-D", f"vae={self.tmp}/3d-vae.pt", "-D", f"t5={t5}",
                         self.tmp / "ckpt", f"{self.between}/")
        preset = next(p for folder in os.environ["FMTCONV_PIPELINE_PATH"].split(":")
                      if (p := os.path.join(folder, "cogvideox-pipeline.yaml")) and os.path.exists(p))
        parameters = f"spec:input={self.tmp}/ckpt,vae={self.tmp}/3d-vae.pt,t5={t5}"
        self.run_fmtconv("--verify", "-r", parameters, preset, f"{self.out}/")
        self.assertEqual(files(self.out), files(self.between))
        shutil.rmtree(self.out)
        more = ("-t", "transformer/cast:to=f16")
        wanted = self.tmp / "wanted"
        self.run_fmtconv(*more, f"{self.between}/", f"{wanted}/")
        self.run_fmtconv(*more, "-r", parameters, preset, f"{self.out}/")
        self.assertEqual(files(self.out), files(wanted))
        whole = CogVideoXPipeline.from_pretrained(self.out, torch_dtype=torch.float32)
        self.assert_same(whole.transformer.state_dict(), {k: t.half().float() for k, t in self.wanted().items()})
        self.assert_same(whole.vae.state_dict(), cogmake.wanted_vae(vae))
        # Without optional variables, with a note how to give them here; and the components in other outputs.
        said = self.run_fmtconv("-f", "-r", parameters.rsplit(",", 1)[0], preset, f"{self.tmp}/less/").stderr
        self.assertIn("left out text_encoder, tokenizer; add spec:t5=VALUE", said)
        said = self.run_fmtconv("-r", parameters, preset, self.tmp / "x.safetensors", status=1).stderr
        self.assertIn("takes one model, but the input has", said)
        self.assertFalse((self.tmp / "x.safetensors").exists())

    def test_component(self):
        """A component that is read from a spec; one that would be several components is refused."""
        outer = self.spec("outer", "components:", "  transformer: {read: inner.yaml, transform: [{cast: {to: f16}}]}",
                          "write: {diffusers: {path: ../out}}")
        self.run_fmtconv("-p", outer)
        model = CogVideoXTransformer3DModel.from_pretrained(self.out / "transformer", torch_dtype=torch.float32)
        self.assert_same(model.state_dict(), {k: t.half().float() for k, t in self.wanted().items()})
        self.spec("both", "components:", "  a: {read: inner.yaml, transform: none}", "  b: {read: inner.yaml, transform: none}")
        nested = self.spec("nested", "components:", "  x: {read: both.yaml, transform: none}",
                           "write: {diffusers: {path: ../nested}}")
        self.run_fmtconv("-p", nested, status=1)
        self.assertFalse((self.tmp / "nested").exists())

    def test_as_parameter(self):
        """A file that is merged into a model, also a LoRA, may come from a spec."""
        base = {"w.weight": torch.randn(6, 4)}
        safetensors.torch.save_file(base, self.tmp / "base.safetensors")
        safetensors.torch.save_file({"w.lora_A.weight": torch.randn(2, 4), "w.lora_B.weight": torch.randn(6, 2)},
                                    self.tmp / "lora.safetensors")
        self.run_fmtconv("-t", "lora-merge:file=" + str(self.tmp / "lora.safetensors"), self.tmp / "base.safetensors",
                         self.tmp / "wanted.safetensors")
        lora = self.spec("lora", "read: ../lora.safetensors", "transform: none")
        self.run_fmtconv("-t", f"lora-merge:file={lora}", self.tmp / "base.safetensors", self.tmp / "got.safetensors")
        self.assertEqual((self.tmp / "got.safetensors").read_bytes(), (self.tmp / "wanted.safetensors").read_bytes())
        self.run_fmtconv("-t", f"merge:file={self.inner},prefix=t.", self.tmp / "base.safetensors", self.tmp / "m.safetensors")
        merged = {f"t.{k}": t for k, t in cogmake.wanted_transformer(self.tensors, self.m).items()}
        self.assert_same(safetensors.torch.load_file(self.tmp / "m.safetensors"), {**base, **merged})
        said = self.run_fmtconv("diff", self.inner, self.inner).stdout
        self.assertIn("equal", said)

    def test_nothing_between(self):
        """No file but the output is made, and none larger than that: the model between would be twice as large."""
        wide = {"model.a": torch.randn(512, 512), "model.b": torch.randn(64, 64)}
        torch.save(wide, self.tmp / "wide.pt")
        inner = self.spec("wide", "read: ../wide.pt", "transform: [{prefix: {strip: model.}}]", "write: ../unused.safetensors")
        before = set(self.tmp.rglob("*"))
        limit = 3 * 512 * 512
        result = subprocess.run([FMTCONV, "--json", "--allow-paths", "-t", "cast:to=f16", inner, self.tmp / "out.safetensors"],
                                capture_output=True, text=True,
                                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(set(self.tmp.rglob("*")) - before, {self.tmp / "out.safetensors"})
        report = json.loads(result.stdout.splitlines()[-1])
        self.assertEqual(report["bytes"]["read"], 4 * (512 * 512 + 64 * 64))
        self.assertEqual(report["bytes"]["written"], (self.tmp / "out.safetensors").stat().st_size)
        self.assert_same(safetensors.torch.load_file(self.tmp / "out.safetensors"),
                         {k[6:]: t.half() for k, t in wide.items()})


if __name__ == "__main__":
    unittest.main()
