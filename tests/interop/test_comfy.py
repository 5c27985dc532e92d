# SPDX-License-Identifier: Apache-2.0
"""Layers that ComfyUI describes: decoded as its own kernels (comfy-kitchen) do, or refused, never guessed; and files of ComfyUI-GGUF."""
# Plugins: cast dequantize drop gguf prefix quantize rename safetensors select torch

import json
import math
import os

import comfy_kitchen
import comfymake
import gguf
import modelmake
import torch
from comfy_kitchen.float_utils import from_blocked
from comfy_kitchen.tensor import TensorCoreFP8Layout, TensorCoreMXFP8Layout, TensorCoreNVFP4Layout
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from support import Case

SHAPES = ((128, 64), (256, 512), (48, 96), (144, 1024), (640, 2112))  # full and partial tiles


def weight(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)) * 0.05


def header(**layers):
    return {"_quantization_metadata": json.dumps({"format_version": "1.0", "layers": layers})}


def marker(**description):
    return torch.tensor(list(json.dumps(description).encode()), dtype=torch.uint8)


def nvfp4(shape, seed=0):
    """The tensors of a layer as ComfyUI stores them, and its weights in f32."""
    scale = weight(*shape, seed=seed).abs().amax() / (448 * 6)
    codes, blocks = comfy_kitchen.quantize_nvfp4(weight(*shape, seed=seed), scale)
    return ({"weight": codes, "weight_scale": blocks, "weight_scale_2": scale},
            comfy_kitchen.dequantize_nvfp4(codes, scale, blocks, torch.float32))


def mxfp8(shape, seed=0):
    codes, blocks = comfy_kitchen.quantize_mxfp8(weight(*shape, seed=seed))
    return {"weight": codes, "weight_scale": blocks}, comfy_kitchen.dequantize_mxfp8(codes, blocks, torch.float32)


def fp8(shape, seed=0, dtype=torch.float8_e4m3fn):
    codes, params = TensorCoreFP8Layout.quantize(weight(*shape, seed=seed), dtype=dtype)
    return {"weight": codes, "weight_scale": params.scale}, TensorCoreFP8Layout.dequantize(codes, params)


class Comfy(Case):
    def setUp(self):
        super().setUp()
        self.backend = comfy_kitchen.registry.use_backend("eager")
        self.backend.__enter__()

    def tearDown(self):
        self.backend.__exit__(None, None, None)
        super().tearDown()

    def save(self, tensors, metadata=None):
        source = self.tmp / "in.safetensors"
        save_file({n: t.contiguous() for n, t in tensors.items()}, source, metadata=metadata)
        return source

    def converted(self, tensors, *arguments, metadata=None, out="out.safetensors"):
        self.said = self.run_fmtconv("-f", *arguments, self.save(tensors, metadata), self.tmp / out).stderr
        return load_file(self.tmp / out)

    def refused(self, tensors, *arguments, metadata=None):
        result = self.run_fmtconv("-f", *arguments, self.save(tensors, metadata), self.tmp / "refused.safetensors", status=1)
        self.assertFalse((self.tmp / "refused.safetensors").exists())
        return result.stderr

    def metadata(self, name="out.safetensors"):
        with safe_open(self.tmp / name, "pt") as f:
            return f.metadata() or {}

    def formats(self):
        for shape in SHAPES:
            yield "nvfp4", *nvfp4(shape)
        for shape in SHAPES:
            yield "mxfp8", *mxfp8(shape)
        yield "float8_e4m3fn", *fp8((40, 56))
        yield "float8_e5m2", *fp8((40, 56), dtype=torch.float8_e5m2)

    def test_described_layers(self):
        """Both places of the description, each format, whole and partial tiles, every type of result."""
        for name, layer, wanted in self.formats():
            tensors = {f"a.b.{n}": t for n, t in layer.items()}
            for place in ("header", "tensor", "both"):
                state, metadata = dict(tensors, other=torch.ones(3)), None
                if place != "tensor":
                    metadata = header(**{"a.b": {"format": name}})
                if place != "header":
                    # Where both places differ, the header counts.
                    state["a.b.comfy_quant"] = marker(format=name if place == "tensor" else "unknown")
                for kind, dtype in (("f32", torch.float32), ("bf16", torch.bfloat16)):
                    with self.subTest(format=name, shape=tuple(wanted.shape), place=place, to=kind):
                        found = self.converted(state, "-t", f"dequantize:to={kind}", "--verify", metadata=metadata)
                        self.assert_same(found, {"a.b.weight": wanted.to(dtype), "other": state["other"]})
                        self.assertNotIn("_quantization_metadata", self.metadata())

    def test_scales_as_bytes(self):
        """The loader uses scales of type U8 by the format."""
        for name, (layer, wanted) in (("nvfp4", nvfp4((144, 96))), ("mxfp8", mxfp8((144, 96)))):
            state = {f"a.{n}": t.view(torch.uint8) if n == "weight_scale" else t for n, t in layer.items()}
            found = self.converted(state, "-t", "dequantize", metadata=header(a={"format": name}))
            self.assert_same(found, {"a.weight": wanted}, name)

    def test_any_memory_and_threads(self):
        layer, wanted = nvfp4((1280, 4160))
        state = {f"a.{n}": t for n, t in layer.items()}
        for more in (("--memory=1M", "--threads=3"), ("--threads=1",)):
            found = self.converted(state, "-t", "dequantize", *more, metadata=header(a={"format": "nvfp4"}))
            self.assert_same(found, {"a.weight": wanted}, str(more))

    def test_names_change(self):
        """A description in the header follows its layer to another name, and goes with it."""
        layers = {"a": nvfp4((128, 64), 1), "b": nvfp4((128, 64), 2)}
        state = {f"{n}.{k}": t for n, (layer, _) in layers.items() for k, t in layer.items()}
        described = header(a={"format": "nvfp4"}, b={"format": "nvfp4", "extra": 1})

        def stored():
            text = self.metadata().get("_quantization_metadata")
            return text and json.loads(text)["layers"]

        self.converted(state, metadata=described)
        self.assertEqual(self.metadata(), {**described, "format": "pt"})  # a copy is a copy
        self.converted(state, "-t", "prefix:add=model.", metadata=described)
        self.assertEqual(stored(), {"model.a": {"format": "nvfp4"}, "model.b": {"format": "nvfp4", "extra": 1}})
        found = self.converted(state, "-t", "prefix:add=model.", "-t", "dequantize", metadata=described)
        self.assert_same(found, {f"model.{n}.weight": w for n, (_, w) in layers.items()})
        self.converted(state, "-t", "drop:name=a.*", metadata=described)
        self.assertEqual(stored(), {"b": {"format": "nvfp4", "extra": 1}})
        found = self.converted(state, "-t", "dequantize:only=a.*", metadata=described)
        self.assertEqual(stored(), {"b": {"format": "nvfp4", "extra": 1}})
        self.assert_same({"a.weight": found["a.weight"]}, {"a.weight": layers["a"][1]})
        self.assertEqual(self.converted(state, "-t", "dequantize", metadata=described).keys(), {"a.weight", "b.weight"})
        self.assertIsNone(stored())

    def test_not_settled(self):
        """Without a description: shapes settle the order of scales or the user does, and only the user that of codes."""
        for shape in ((128, 128), (48, 96)):
            layer, tiled = nvfp4(shape)
            state = {f"a.{n}": t for n, t in layer.items()}
            said = self.refused(state, "-t", "dequantize")
            self.assertIn("does not say which of two codes in a byte is the first", said)
            self.assertIn("dequantize:layout=rows", said)
            self.assert_same(self.converted(state, "-t", "dequantize:layout=tiles"), {"a.weight": tiled})
        layer, tiled = mxfp8((128, 128))
        state = {f"a.{n}": t for n, t in layer.items()}
        self.assertIn("in rows or in tiles", self.refused(state, "-t", "dequantize"))
        self.assert_same(self.converted(state, "-t", "dequantize:layout=tiles"), {"a.weight": tiled})
        rows = layer["weight"].float() * layer["weight_scale"].float().repeat_interleave(32, 1)
        self.assertFalse(torch.equal(rows, tiled), "the order of scales cannot be seen")
        self.assert_same(self.converted(state, "-t", "dequantize:layout=rows"), {"a.weight": rows})
        layer, tiled = mxfp8((48, 96))
        self.assert_same(self.converted({f"a.{n}": t for n, t in layer.items()}, "-t", "dequantize"), {"a.weight": tiled})
        scale = from_blocked(layer["weight_scale"].view(torch.uint8), 48, 3).view(torch.float8_e8m0fnu)
        self.assert_same(self.converted({"a.weight": layer["weight"], "a.weight_scale": scale}, "-t", "dequantize"),
                         {"a.weight": tiled})

    def test_refused(self):
        """Tensors that cannot be decoded are named, with the format in the file."""
        layer, _ = nvfp4((128, 64))
        state = {f"a.{n}": t for n, t in layer.items()}
        for description, reason in (({"format": "convrot_w4a4"}, "does not decode their format, convrot_w4a4"),
                                    ({"format": "nvfp4", "convrot": True}, "nvfp4 with convrot"),
                                    ({"format": "mxfp8"}, "not those of the format mxfp8"),
                                    ({}, "a format without a name")):
            with self.subTest(description):
                self.assertIn(reason, self.refused(state, "-t", "dequantize", metadata=header(a=description)))
        for convrot in (True, 1, "true", {}):
            said = self.refused(state, "-t", "dequantize", metadata=header(a={"format": "nvfp4", "convrot": convrot}))
            self.assertIn("nvfp4 with convrot", said)
        bytes_ = {"a.weight": torch.full((2, 16), 0x38, dtype=torch.uint8), "a.weight_scale": torch.ones(2, 2).to(torch.float8_e4m3fn)}
        said = self.refused(bytes_, "-t", "dequantize", metadata=header(a={"format": "float8_e4m3fn"}))
        self.assertIn("not those of the format float8_e4m3fn", said)
        numbers = {"a.weight": weight(128, 128).to(torch.float8_e4m3fn), "a.weight_scale": torch.ones(128, 4)}  # and not exponents
        said = self.refused(numbers, "-t", "dequantize", metadata=header(a={"format": "mxfp8"}))
        self.assertIn("not those of the format mxfp8", said)
        for text, reason in (("{", "_quantization_metadata cannot be read"), ("[]", "no object 'layers'")):
            said = self.refused(state, "-t", "dequantize", metadata={"_quantization_metadata": text})
            self.assertIn(reason, said)
            self.assert_same(self.converted(state, metadata={"_quantization_metadata": text}), state)
        said = self.refused({**state, "a.comfy_quant": torch.zeros(4, dtype=torch.uint8)}, "-t", "dequantize")
        self.assertIn("tensor 'a.comfy_quant'", said)
        wrong = {**state, "a.weight_scale": layer["weight_scale"][:64]}
        said = self.refused(wrong, "-t", "dequantize", metadata=header(a={"format": "nvfp4"}))
        self.assertIn("the shape is not that of tiles of 128 x 4", said)
        said = self.refused({**state, "a.pre_quant_scale": torch.ones(64)}, "-t", "dequantize",
                            metadata=header(a={"format": "nvfp4"}))
        self.assertIn("pre_quant_scale", said)

    def loaded(self, path):
        """Weights as ComfyUI makes them of a file: by the header, from the weight and its scale, in its own classes."""
        state, found = load_file(path), {}
        layers = json.loads(self.metadata(path.name)["_quantization_metadata"])["layers"]
        for layer, description in layers.items():
            kind = {"float8_e4m3fn": torch.float8_e4m3fn, "float8_e5m2": torch.float8_e5m2}[description["format"]]
            codes, scale = state.pop(f"{layer}.weight"), state.pop(f"{layer}.weight_scale")
            self.assertEqual((codes.dtype, scale.dtype, scale.numel()), (kind, torch.float32, 1))
            params = TensorCoreFP8Layout.Params(scale=scale, orig_dtype=torch.float32, orig_shape=tuple(codes.shape))
            found[f"{layer}.weight"] = TensorCoreFP8Layout.dequantize(codes, params)
        return {**state, **found}

    def test_written_for_comfyui(self):
        """meta=comfy: the header says which layers are scaled, and ComfyUI's classes give the values that fmtconv reads."""
        state = {"a.weight": weight(40, 64), "b.weight": weight(24, 40, seed=1), "norm.weight": weight(8, 8),
                 "pos": weight(4, 64), "a.bias": weight(40)}
        self.converted(state, "-t", "quantize:f8_e4m3,scale=tensor,meta=comfy,rule=b.*=f8_e5m2", metadata={"author": "x"})
        layers = json.loads(self.metadata()["_quantization_metadata"])["layers"]
        self.assertEqual(layers, {"a": {"format": "float8_e4m3fn"}, "b": {"format": "float8_e5m2"}})
        self.assertEqual(self.metadata()["author"], "x")
        self.run_fmtconv("-f", "-t", "dequantize", self.tmp / "out.safetensors", self.tmp / "again.safetensors")
        self.assert_same(self.loaded(self.tmp / "out.safetensors"), load_file(self.tmp / "again.safetensors"))
        self.converted(state, "-t", "quantize:f8_e4m3,scale=tensor,meta=comfy", "-t", "prefix:add=x.")
        self.assertEqual(set(json.loads(self.metadata()["_quantization_metadata"])["layers"]), {"x.a", "x.b"})

    def test_loader_decides_what_is_allowed(self):
        state = {"a.weight": weight(40, 64), "b": weight(4, 64)}
        for parameters, status, reason in (("scale=row,meta=comfy", 2, "meta=comfy needs scale=tensor"),
                                           ("scale=row,meta=deepseek", 2, "meta=deepseek needs scale=block"),
                                           ("scale=tensor,scale-name=scale_weight,meta=comfy", 2, "leave out scale-name="),
                                           ("scale=tensor,meta=comfy,rule=b=f8_e4m3", 1, "a tensor that is not called weight"),
                                           ("scale=row,meta=compressed-tensors", 1, "convert a folder with a config.json")):
            with self.subTest(parameters):
                said = self.run_fmtconv("-f", "-t", f"quantize:f8_e4m3,{parameters}", self.save(state),
                                        self.tmp / "refused.safetensors", status=status).stderr
                self.assertIn(reason, said)
                self.assertFalse((self.tmp / "refused.safetensors").exists())


# The file in models/, the architecture, and tensors as the authors name them: narrow, with rows of 256 and others.
VIDEO = {"wan": ("wan", {"h": 256, "ffn": 288, "blocks": 3, "c": 4, "out": 4, "text": 40, "freq": 32, "image": 64}),
         "ltx": ("ltxv", {"h": 256, "c": 8, "caption": 40, "blocks": 5}),
         "hunyuan_video": ("hyvid", {"h": 256, "d": 32, "c": 4, "text": 40, "v": 24, "double": 1, "single": 1})}
IMAGE = {"flux": ("flux", {"h": 256, "d": 32, "c": 16, "e": 40, "v": 24, "double": 1, "single": 1}),
         "sd3": ("sd3", {"h": 256, "v": 24, "e": 40, "c": 4, "out": 4, "blocks": 2, "head": 32})}
LATER = {"chroma": ("flux", {"h": 256, "d": 64, "c": 16, "e": 40, "guide": 48, "channels": 8, "layers": 1, "double": 1, "single": 1}),
         "flux2": ("flux", {"h": 256, "d": 64, "c": 16, "e": 40, "freq": 32, "double": 1, "single": 1}),
         "lumina2": ("lumina2", {"h": 768, "d": 48, "kv": 96, "c": 4, "e": 40, "ada": 768, "blocks": 1, "refiner": 1}),
         "hidream": ("hidream", {"h": 256, "c": 4, "e": 256, "v": 24, "double": 1, "single": 1}),
         "z_image": ("lumina2", {"h": 256, "d": 64, "c": 4, "e": 40, "ffn": 682, "blocks": 1, "refiner": 1}),
         "auraflow": ("aura", {"h": 256, "c": 4, "e": 40, "positions": 16, "double": 1, "single": 1}),
         "wan_vace": ("wan", {"h": 256, "ffn": 288, "blocks": 2, "vace": 1, "c": 4, "text": 40, "freq": 32, "channels": 24})}
ROWS = """fmtconv-model: 1
name: rows
summary: "toy whose convolutions are stored in rows"
kind: unet
sides: [authors, others]
prefix: ["", model.diffusion_model.]
architecture: sd1
comfy: {plain: ["*time_embed.*"], rows: yes}
rules:
  - {from: "conv.{i}.weight", to: "c.{i}.weight"}
  - {from: "time_embed.weight", to: "t.weight"}
  - {from: "in.to_v.weight", to: "to_v.weight"}
"""


class Files(Case):
    """fmtconv MODEL x.gguf makes what the tools of ComfyUI-GGUF make of the model."""

    def read(self, path):
        file = gguf.GGUFReader(path)
        shapes = {k.removeprefix("comfy.gguf.orig_shape."): tuple(f.contents()) for k, f in file.fields.items() if "orig_shape" in k}
        tensors = {t.name: (t.tensor_type, shapes.get(t.name, tuple(map(int, reversed(t.shape)))), t.data.tobytes()) for t in file.tensors}
        return {k: f.contents() for k, f in file.fields.items() if k.startswith("general.")}, tensors, shapes

    def compare(self, path, architecture, wanted, file_type):
        keys, tensors, _ = self.read(path)
        self.assertEqual([keys[f"general.{k}"] for k in ("architecture", "file_type", "quantization_version")], [architecture, file_type, 2])
        self.assertEqual({n: t[:2] for n, t in tensors.items()}, {n: t[:2] for n, t in wanted.items()})
        self.assertEqual([n for n, t in wanted.items() if tensors[n][2] != t[2]], [])

    def put(self, tensors, prefix=""):
        save_file({prefix + n: t.contiguous() for n, t in tensors.items()}, self.tmp / "in.safetensors")
        return self.tmp / "in.safetensors", load_file(self.tmp / "in.safetensors")

    def test_models(self):
        files = [("Q4_K_S", 14), ("Q3_K_M", 12), ("Q2_K", 10), ("Q4_0", 2), ("Q5_K_M", 17)]
        for (name, (architecture, sizes)), (file, number) in zip((VIDEO | IMAGE).items(), files):
            with self.subTest(name, file=file):
                transform = name.replace("_", "-")
                source, original = self.put(modelmake.random(getattr(modelmake, name)(**sizes)), "model.diffusion_model.")
                original = {n.removeprefix("model.diffusion_model."): t for n, t in original.items()}  # in the order of the file
                wanted = comfymake.made(architecture, original, file)
                self.assertGreaterEqual(len({t[0] for t in wanted.values()}), 3)
                self.run_fmtconv("-f", source, self.tmp / f"x-{file}.gguf")
                self.compare(self.tmp / f"x-{file}.gguf", architecture, wanted, number)
                self.run_fmtconv("-f", "-t", f"quantize:{file}", source, self.tmp / "typed.gguf")
                self.assertEqual((self.tmp / "typed.gguf").read_bytes(), (self.tmp / f"x-{file}.gguf").read_bytes())
                self.run_fmtconv("-f", "-t", transform, source, f"{self.tmp}/{name}/")
                self.run_fmtconv("-f", "-t", "quantize:auto", self.tmp / name, self.tmp / "folder.gguf")
                self.compare(self.tmp / "folder.gguf", architecture, comfymake.made(architecture, original), 32)
                self.run_fmtconv("-f", "-t", transform, "-w", "gguf", self.tmp / name, self.tmp / "names.gguf")
                self.assertEqual(self.read(self.tmp / "names.gguf")[1].keys(), original.keys())
                # From the file back to diffusers, which names it as before.
                self.run_fmtconv("-f", "-t", transform, self.tmp / "names.gguf", f"{self.tmp}/again/")
                stored = "diffusion_pytorch_model.safetensors"
                self.assert_same(load_file(self.tmp / "again" / stored), load_file(self.tmp / name / stored))

    def test_later_models(self):
        """Their lists of names are those of their kin, and some have the architecture of kin in files."""
        for name, (architecture, sizes) in LATER.items():
            with self.subTest(name):
                source, original = self.put(modelmake.random(getattr(modelmake, name)(**sizes)))
                self.run_fmtconv("-f", source, self.tmp / "x-Q4_K_M.gguf")
                self.compare(self.tmp / "x-Q4_K_M.gguf", architecture, comfymake.made(architecture, original, "Q4_K_M"), 15)
        source, original = self.put(modelmake.random(modelmake.qwen_image(h=256, d=64, c=16, e=40, blocks=1)))
        self.run_fmtconv("-f", source, self.tmp / "x-Q8_0.gguf")
        keys, tensors, _ = self.read(self.tmp / "x-Q8_0.gguf")
        self.assertEqual((keys["general.architecture"], tensors.keys()), ("qwen_image", original.keys()))

    def test_types_of_the_input(self):
        """F32 becomes F16, as F16 does; both keep small tensors, but only F32 in 32 bits."""
        for dtype, number in ((torch.float32, 1), (torch.float16, 1)):
            source, original = self.put(modelmake.random(modelmake.ltx(h=64, c=8, caption=40, blocks=1), dtype=dtype))
            self.run_fmtconv("-f", source, self.tmp / "x.gguf")
            self.compare(self.tmp / "x.gguf", "ltxv", comfymake.made("ltxv", original), number)

    def test_rows(self):
        (self.tmp / "models").mkdir()
        (self.tmp / "models/rows.yaml").write_text(ROWS)
        before = os.environ.get("FMTCONV_MODEL_PATH", "")
        os.environ["FMTCONV_MODEL_PATH"] = f"{self.tmp}/models:{before}"
        self.addCleanup(os.environ.__setitem__, "FMTCONV_MODEL_PATH", before)
        source, original = self.put({"conv.0.weight": weight(32, 8, 3, 3), "conv.1.weight": weight(5, 7, 3, 3), "conv.2.weight": weight(16, 32, 1, 1),
                                     "conv.3.weight": weight(256, 512), "time_embed.weight": weight(512, 40), "in.to_v.weight": weight(64, 40)})
        wanted = comfymake.made("sd1", original, "Q4_K_S")
        self.run_fmtconv("-f", "--verify", "-t", "quantize:Q4_K_S", source, self.tmp / "x.gguf")
        self.compare(self.tmp / "x.gguf", "sd1", wanted, 14)
        _, _, shapes = self.read(self.tmp / "x.gguf")
        blocks = [n for n, t in wanted.items() if t[0].name.startswith("Q") and t[1][-1] % 256]
        self.assertEqual((len(blocks), shapes), (3, {n: wanted[n][1] for n in blocks}))
        self.assertTrue(all(math.prod(s) % 256 == 0 for s in shapes.values()))

    def test_refused(self):
        source, tensors = self.put(modelmake.random(modelmake.flux(**IMAGE["flux"][1])))
        said = self.run_fmtconv("-f", source, self.tmp / "x-iq4_nl.gguf", status=1).stderr
        self.assertIn("ComfyUI-GGUF does not make files of the type iq4_nl", said)
        self.run_fmtconv("-f", "-t", "quantize:iq4_nl,choice=name", source, self.tmp / "x.gguf")
        said = self.run_fmtconv("-f", "-t", "flux:to=gguf,reverse", source, self.tmp / "y.gguf", status=2).stderr
        self.assertIn("leave out reverse", said)
        tensors.pop("img_in.weight")
        source, _ = self.put(tensors)
        self.assertIn("missing: 'img_in.weight'", self.run_fmtconv("-f", "-t", "flux", source, self.tmp / "y.gguf", status=1).stderr)
        self.assertFalse((self.tmp / "y.gguf").exists())


if __name__ == "__main__":
    import unittest

    unittest.main()
