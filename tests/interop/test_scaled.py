# SPDX-License-Identifier: Apache-2.0
"""Tensors of few bits with separate scales: dequantized with torch's arithmetic, bit for bit."""
# Plugins: cast dequantize diffusers drop fuse gguf map prefix quantize rename safetensors select split torch transpose

import json
import unittest

import torch
from oracle import Ggml
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from support import Case

E4M3, E5M2, E8M0 = torch.float8_e4m3fn, torch.float8_e5m2, torch.float8_e8m0fnu
DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}
VALUES = torch.tensor([0, .5, 1, 1.5, 2, 3, 4, 6, -0.0, -.5, -1, -1.5, -2, -3, -4, -6])


def codes(*shape, dtype=E4M3, seed=0):
    """All numbers that the type has, again and again."""
    generator = torch.Generator().manual_seed(seed)
    raw = torch.randint(0, 256, shape, generator=generator, dtype=torch.uint8).view(dtype)
    return torch.where(raw.to(torch.float32).isfinite(), raw.to(torch.float32), 1).to(dtype)


def scales(*shape, dtype=torch.float32, seed=1):
    generator = torch.Generator().manual_seed(seed)
    if dtype in (E8M0, torch.uint8):
        return torch.randint(118, 128, shape, generator=generator, dtype=torch.uint8).view(dtype)
    return (torch.rand(shape, generator=generator) * 0.02 + 0.001).to(dtype)


def number(scale):
    return (scale.view(E8M0) if scale.dtype == torch.uint8 else scale).to(torch.float32)


def spread(scale, shape, block):
    """Returns a scale for each element: with as many axes (missing ones at the end), blocks repeated and cut at the
    edge."""
    if scale.numel() == 1:
        return scale.reshape(())
    scale = scale.reshape(*scale.shape, *[1] * (len(shape) - scale.dim()))
    for axis, extent in enumerate(shape):
        if scale.shape[axis] not in (1, extent):
            scale = scale.repeat_interleave(block, axis).narrow(axis, 0, extent)
    return scale


def values(weight, scale, block=1):
    return weight.to(torch.float32) * spread(number(scale), weight.shape, block)


def unpacked(weight):
    """Two codes in a byte, the lower half first."""
    return torch.stack([VALUES[(weight & 15).long()], VALUES[(weight >> 4).long()]], -1).reshape(*weight.shape[:-1], -1)


def packed(rows, columns, seed=3):
    return torch.randint(0, 256, (rows, columns // 2), generator=torch.Generator().manual_seed(seed), dtype=torch.uint8)


class Scaled(Case):
    def save(self, tensors, suffix="safetensors"):
        source = self.tmp / f"in.{suffix}"
        if suffix == "safetensors":
            save_file(tensors, source)
        else:
            torch.save(tensors, source)
        return source

    def converted(self, tensors, *transforms, to="safetensors", suffix="safetensors", more=()):
        out = self.tmp / f"out.{to}"
        chain = [a for t in transforms for a in ("-t", t)]
        self.said = self.run_fmtconv("-f", *more, *chain, self.save(tensors, suffix), out).stderr
        return load_file(out) if to == "safetensors" else torch.load(out, weights_only=True)

    def refused(self, tensors, *arguments, status=1, out="out.safetensors"):
        result = self.run_fmtconv("-f", *arguments, self.save(tensors), self.tmp / out, status=status)
        self.assertFalse((self.tmp / out).exists())
        self.assert_clean(self.tmp)
        return result.stderr

    def schemes(self):
        """Name, weight, scale, block: every scheme with every size of its blocks, whole and partial."""
        yield "tensor", ".weight_scale", codes(40, 56), scales(), 1
        yield "tensor of one", ".scale_weight", codes(40, 56, dtype=E5M2), scales(1), 1
        yield "scale in bf16", ".weight_scale", codes(40, 56), scales(1, 1, dtype=torch.bfloat16), 1
        yield "row", ".weight_scale", codes(40, 56), scales(40, 1), 1
        yield "row of one axis", ".weight_scale", codes(40, 56), scales(40, dtype=torch.bfloat16), 1
        yield "column", ".weight_scale", codes(40, 56), scales(1, 56), 1
        yield "block", ".weight_scale_inv", codes(256, 384), scales(2, 3), 128
        yield "partial block", ".weight_scale_inv", codes(576, 200), scales(5, 2), 128
        yield "small matrix", ".weight_scale_inv", codes(96, 300), scales(1, 3), 128
        yield "long rows", ".weight_scale_inv", codes(3, 40000), scales(1, 313), 128
        yield "many rows", ".weight_scale", codes(40000, 3), scales(40000), 1
        yield "mxfp8", ".weight_scale", codes(24, 96), scales(24, 3, dtype=E8M0), 32
        yield "mxfp8 in bytes", ".weight_scale", codes(24, 96, dtype=E5M2), scales(24, 3, dtype=torch.uint8), 32
        yield "vector", ".weight_scale", codes(77), scales(), 1
        yield "vector of its own", ".weight_scale", codes(77), scales(77), 1
        yield "convolution", ".weight_scale", codes(12, 5, 3, 3), scales(12, dtype=torch.float16), 1
        yield "convolution in full", ".weight_scale", codes(12, 5, 3, 3), scales(12, 1, 1, 1), 1
        yield "experts", ".weight_scale", codes(4, 256, 130), scales(4, 2, 2), 128
        yield "an expert", ".weight_scale", codes(4, 24, 10), scales(4), 1
        yield "fnuz", ".weight_scale", codes(40, 56, dtype=torch.float8_e4m3fnuz), scales(40), 1

    def test_every_scheme(self):
        """One tensor, from both readers and to both writers, in every data type."""
        for what, ending, weight, scale, block in self.schemes():
            state = {"a.weight": weight, "a" + ending: scale, "a.bias": torch.ones(4)}
            wanted = values(weight, scale, block)
            for name, dtype in DTYPES.items():
                for suffix in ("safetensors", "pt"):
                    with self.subTest(what, dtype=name, file=suffix):
                        self.assert_same(self.converted(state, f"dequantize:to={name}", suffix=suffix),
                                         {"a.weight": wanted.to(dtype), "a.bias": state["a.bias"]}, what)
            with self.subTest(what, to="pt"):
                self.assert_same(self.converted(state, "dequantize", to="pt"),
                                 {"a.weight": wanted, "a.bias": state["a.bias"]}, what)

    def test_all_numbers(self):
        """Every code, NaN and infinity too, times ordinary scales and those that overflow, underflow or are NaN."""
        for dtype in (E4M3, E5M2):
            weight = torch.arange(256, dtype=torch.uint8).repeat(8, 1).view(dtype)
            scale = torch.tensor([1, 0.37, 1e38, 1e-40, -2, 0, float("inf"), float("nan")])
            for name in DTYPES:
                with self.subTest(dtype=dtype, to=name):
                    found = self.converted({"w.weight": weight, "w.weight_scale": scale}, f"dequantize:to={name}")
                    self.assert_same(found, {"w.weight": values(weight, scale).to(DTYPES[name])})

    def test_nvfp4(self):
        """ModelOpt multiplies the scale by the second one, compressed-tensors divides it, and both do so first."""
        weight, scale = packed(48, 96), scales(48, 6).mul(10000).to(E4M3)
        second = torch.tensor(0.00123)
        state = {"a.weight": weight, "a.weight_scale": scale, "a.weight_scale_2": second, "a.input_scale": torch.ones(())}
        wanted = unpacked(weight) * (number(scale) * second).repeat_interleave(16, 1)
        for name, dtype in DTYPES.items():
            self.assert_same(self.converted(state, f"dequantize:to={name},layout=rows"), {"a.weight": wanted.to(dtype)}, name)
        state = {"a.weight_packed": weight, "a.weight_scale": scale, "a.weight_global_scale": torch.tensor([1234.5]),
                 "a.input_global_scale": torch.ones(1)}
        wanted = unpacked(weight) * (number(scale) / 1234.5).repeat_interleave(16, 1)
        self.assert_same(self.converted(state, "dequantize"), {"a.weight": wanted})
        order = unpacked(weight) * number(scale).repeat_interleave(16, 1) / 1234.5
        self.assertFalse(torch.equal(order, wanted), "the order of rounding cannot be seen")

    def test_fp4_types(self):
        """Codes as F4, or as bytes with a sign, with exponents for 32 of them."""
        weight, scale = packed(24, 128), scales(24, 4, dtype=E8M0)
        wanted = {"a.weight": unpacked(weight) * number(scale).repeat_interleave(32, 1)}
        for stored in (weight.view(torch.float4_e2m1fn_x2), weight.view(torch.int8), weight):
            with self.subTest(stored=stored.dtype):
                state = {"a.weight": stored, "a.weight_scale": scale}
                self.assert_same(self.converted(state, "dequantize:layout=rows"), wanted)
        state = {"a.weight_packed": weight, "a.weight_scale": scale.view(torch.uint8)}
        self.assert_same(self.converted(state, "dequantize"), wanted)

    def test_transformers_agrees(self):
        """The reference's method for full blocks."""
        try:
            from transformers.integrations.finegrained_fp8 import Fp8Dequantize
        except ImportError:
            self.skipTest("transformers has no Fp8Dequantize")
        for weight, scale in ((codes(256, 384), scales(2, 3)), (codes(64, 96), scales(64, 3, dtype=torch.uint8))):
            wanted = Fp8Dequantize(None)._dequantize_one(weight, scale, torch.bfloat16)
            found = self.converted({"a.weight": weight, "a.weight_scale_inv": scale}, "dequantize:to=bf16")
            self.assert_same(found, {"a.weight": wanted.reshape(weight.shape)})

    def test_then_anything(self):
        """Sliced, concatenated, permuted, with any memory limit and any number of threads."""
        state = {"q.weight": codes(320, 272), "q.weight_scale_inv": scales(3, 3),
                 "k.weight": codes(320, 272, seed=5), "k.weight_scale_inv": scales(3, 3, seed=6)}
        q, k = (values(state[f"{n}.weight"], state[f"{n}.weight_scale_inv"], 128) for n in "qk")
        cases = {
            (r"fuse:from={p:q\,k}.weight,to=qk.weight",): {"qk.weight": torch.cat([q, k])},
            (r"fuse:from={p:q\,k}.weight,to=qk.weight,axis=1", "transpose:name=*"): {
                "qk.weight": torch.cat([q, k], 1).T.contiguous()},
            (r"split:from={a}.weight,to={a}.{p:x\,y}.weight",): {
                f"{n}.{p}.weight": t for n, w in (("q", q), ("k", k)) for p, t in zip("xy", w.chunk(2))},
            ("reshape:name=*,shape=5x64x272", "transpose:name=*,axes=210"): {
                "q.weight": q.reshape(5, 64, 272).permute(2, 1, 0).contiguous(),
                "k.weight": k.reshape(5, 64, 272).permute(2, 1, 0).contiguous()},
            ("transpose:name=*",): {"q.weight": q.T.contiguous(), "k.weight": k.T.contiguous()},
        }
        for transforms, wanted in cases.items():
            for more in ((), ("--memory=1M", "--threads=3"), ("--verify",)):
                with self.subTest(transforms=transforms, more=more):
                    self.assert_same(self.converted(state, "dequantize", *transforms, more=more), wanted)

    def test_gguf(self):
        """Dequantized and quantized in one step, as ggml does with torch's values."""
        weight, scale = codes(256, 384), scales(2, 3)
        source, out = self.save({"a.weight": weight, "a.weight_scale_inv": scale}), self.tmp / "out.gguf"
        self.run_fmtconv("-t", "dequantize", "-t", "quantize:to=Q8_0", "-w", "gguf:architecture=test", source, out)
        import gguf
        (tensor,) = gguf.GGUFReader(out).tensors
        wanted = Ggml().quantize("q8_0", values(weight, scale, 128))
        self.assertTrue(torch.equal(torch.from_numpy(tensor.data.copy()).view(torch.uint8).reshape(-1), wanted.reshape(-1)))

    def test_nothing_is_lost(self):
        """Scales are used, tensors without use are named, and the others are unchanged."""
        state = {"a.weight": codes(8, 8), "a.scale_weight": scales(), "a.scale_input": scales(1),
                 "b.weight": codes(8, 8), "c.weight_scale": scales(3), "scaled_fp8": torch.zeros(2).to(E4M3)}
        found = self.converted(state, "dequantize:to=bf16")
        self.assert_same(found, {"a.weight": values(state["a.weight"], state["a.scale_weight"]).bfloat16(),
                                 "b.weight": state["b.weight"], "c.weight_scale": state["c.weight_scale"]})
        self.assertRegex(self.said, "1 tensor is multiplied by its scales, to bf16")
        self.assertRegex(self.said, "dropped +2 tensors.*now decoded")

    def test_only(self):
        state = {"a.weight": codes(8, 8), "a.weight_scale": scales(8), "b.weight": codes(8, 8), "b.weight_scale": scales()}
        found = self.converted(state, "dequantize:only=a.*")
        self.assert_same(found, {**{n: t for n, t in state.items() if n[0] == "b"},
                                 "a.weight": values(state["a.weight"], state["a.weight_scale"])})
        self.assertIn("1 keep their quantized values and scales", self.said)

    def test_kept_beside_each_other(self):
        """Transforms that only move names and bytes, and writers, leave them unchanged."""
        state = {"a.weight": codes(8, 8), "a.weight_scale": scales(8), "b.bias": torch.ones(3)}
        self.assert_same(self.converted(state), state)
        self.assert_same(self.converted(state, to="pt"), state)
        self.assert_same(self.converted(state, "drop:name=b.*"), {n: t for n, t in state.items() if n[0] == "a"})
        self.assert_same(self.converted(state, "rename:from=^a,to=z"), {n.replace("a.", "z."): t for n, t in state.items()})

    def test_told(self):
        """A note counts tensors that stay quantized, and a warning those that lose their scales."""
        save_file({"a.weight": codes(8, 16), "a.weight_scale": scales(8, 1), "b.weight": codes(8, 16),
                   "b.weight_scale": scales(1), "plain": codes(4, 4)}, self.tmp / "in.safetensors")
        for transform, kept, lost in (("none", 2, 0), ("prefix:add=x.", 2, 0), ("drop:name=b.weight_scale", 1, 1),
                                      ("select:name=*.weight", 0, 2), ("dequantize", 0, 0), ("select:name=plain", 0, 0)):
            said = self.run_fmtconv("-f", "-t", transform, self.tmp / "in.safetensors", self.tmp / "out.safetensors").stderr
            self.assertEqual(f"{kept} scaled tensors keep their quantized values" in said, kept > 0, said)
            self.assertEqual(f"warning: {lost} scaled tensors have lost their scales" in said, lost > 0, said)

    def test_refused_without(self):
        """No transform computes on quantized values."""
        state = {"a.weight": codes(32, 32), "a.weight_scale": scales(32)}
        for arguments, out in ((("-t", "cast:to=bf16"), "out.safetensors"), (("--dtype=bf16",), "out.safetensors"),
                               (("-t", "quantize:to=Q8_0", "-w", "gguf:architecture=test"), "out.gguf"),
                               (("-w", "gguf:architecture=test"), "out.gguf"), (("-t", "transpose:name=*"), "out.pt")):
            with self.subTest(arguments=arguments):
                said = self.refused(state, *arguments, out=out)
                self.assertIn("'a.weight' (f8_e4m3) is scaled by 'a.weight_scale' (f32)", said)
                self.assertIn("-t dequantize", said)

    def test_wrong_shapes(self):
        for scale, shape in ((scales(7, 3), "[7, 3]"), (scales(31), "[31]"), (scales(2, 2, 2), "[2, 2, 2]")):
            with self.subTest(shape=shape):
                said = self.refused({"a.weight": codes(32, 32), "a.weight_scale": scale}, "-t", "dequantize")
                self.assertIn("its scales 'a.weight_scale' cannot be applied", said)
                self.assertIn(f"f8_e4m3 [32, 32] scaled by f32 {shape}", said)

    def test_second_scale_of_several_numbers(self):
        state = {"a.weight": packed(32, 32), "a.weight_scale": scales(32, 2).to(E4M3), "a.weight_scale_2": scales(32)}
        self.assertIn("their second scale is not a single number", self.refused(state, "-t", "dequantize"))

    def test_configuration_settles_the_layout(self):
        """ModelOpt and others name themselves in config.json; a bare file of theirs does not say the order of its codes."""
        folder = self.tmp / "model"
        folder.mkdir()
        weight, scale, second = packed(128, 128), scales(128, 8).mul(10000).to(E4M3), torch.tensor(0.00123)
        save_file({"a.weight": weight, "a.weight_scale": scale, "a.weight_scale_2": second},
                  folder / "diffusion_pytorch_model.safetensors")
        wanted = unpacked(weight) * (number(scale) * second).repeat_interleave(16, 1)
        for method, status in (("modelopt", 0), ("unheard-of", 1)):
            (folder / "config.json").write_text(json.dumps({"_class_name": "Some", "quantization_config": {"quant_method": method}}))
            self.run_fmtconv("-f", "-t", "dequantize", folder, self.tmp / "out.safetensors", status=status)
        self.assert_same(load_file(self.tmp / "out.safetensors"), {"a.weight": wanted})

    def test_inspect(self):
        """How many there are, and the command for them."""
        state = {"a.weight": codes(8, 8), "a.weight_scale": scales(8), "b.weight": codes(8, 8)}
        said = self.run_fmtconv("inspect", self.save(state)).stdout
        self.assertRegex(said, r"scaled +1 tensor with quantized values and scales \(-t dequantize")
        self.assertRegex(said, r"convert +fmtconv -t dequantize ")
        self.assertEqual(json.loads(self.run_fmtconv("inspect", "--json", self.save(state)).stdout)["scaled"], 1)
        del state["a.weight_scale"]
        self.assertNotIn("scaled", self.run_fmtconv("inspect", self.save(state)).stdout)

    def test_config(self):
        """A configuration that calls the model quantized would make its loader fail."""
        folder, out = self.tmp / "model", self.tmp / "plain"
        folder.mkdir()
        weight, scale = codes(128, 128), scales(1, 1)
        save_file({"a.weight": weight, "a.weight_scale_inv": scale}, folder / "diffusion_pytorch_model.safetensors")
        (folder / "config.json").write_text(json.dumps({"_class_name": "Some", "quantization_config": {"quant_method": "fp8"}}))
        said = self.run_fmtconv("-t", "dequantize", folder, f"{out}/").stderr
        self.assertIn("quantization_config", said)
        self.assertNotIn("quantization_config", json.loads((out / "config.json").read_text()))
        with safe_open(out / "diffusion_pytorch_model.safetensors", "pt") as f:
            self.assertTrue(torch.equal(f.get_tensor("a.weight"), values(weight, scale)))


if __name__ == "__main__":
    unittest.main()
