# SPDX-License-Identifier: Apache-2.0
"""Integers of quantizers: what is made of them is what the quantizer's own software makes, bit for bit."""
# Plugins: cast dequantize diffusers drop gguf lora-merge prefix quantize rename safetensors select split torch transpose

import json
import os
import sys
import unittest

import torch
from oracle import Ggml
from safetensors.torch import load_file, save_file
from support import Case, bits

sys.path.append(os.environ.get("FMTCONV_CONVERTER", os.path.dirname(__file__)))  # for bitsandbytes
DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}
AWQ_REVERSE = [0, 4, 1, 5, 2, 6, 3, 7]


def random(*shape, low=0, high=2, dtype=torch.int32, seed=0):
    return torch.randint(low, high, shape, generator=torch.Generator().manual_seed(seed), dtype=torch.int64).to(dtype)


def scales(*shape, dtype=torch.float16, seed=1):
    return (torch.rand(shape, generator=torch.Generator().manual_seed(seed)) * 0.02 + 0.001).to(dtype)


def pack(values, width, axis):
    """Fields one after the other from the lowest bit on, over the borders of words."""
    if axis == 0:
        return pack(values.T, width, 1).T.contiguous()
    rows, columns = values.shape
    words = [[0] * -(-columns * width // 32) for _ in range(rows)]
    for r, row in enumerate(values.tolist()):
        for c, value in enumerate(row):
            at, shift = divmod(c * width, 32)
            words[r][at] |= value << shift & 0xffffffff
            if shift + width > 32:
                words[r][at + 1] |= value >> (32 - shift)
    return torch.tensor(words, dtype=torch.int64).to(torch.int32)


def pack_padded(values, width):
    """Fields of which none continues in the next word, as compressed-tensors 0.13 packs them."""
    each = 32 // width
    values = torch.nn.functional.pad(values, (0, -values.shape[1] % each)).to(torch.int64)
    return sum(values[:, i::each] << width * i for i in range(each)).to(torch.int32)


class Layers:
    """Tensors of a layer, and the weight that its own software computes of them."""

    @staticmethod
    def gptq(width=4, rows=128, columns=96, group=32, order=None, dtype=torch.float16, less=1, seed=0):
        groups = -(-rows // group)
        codes = random(rows, columns, high=1 << width, seed=seed)
        zeros = random(groups, columns, high=1 << width, seed=seed + 1)
        scale = scales(groups, columns, dtype=dtype, seed=seed + 2)
        index = torch.arange(rows, dtype=torch.int32) // group
        if order == "act":
            index = index[torch.randperm(rows, generator=torch.Generator().manual_seed(seed))]
        tensors = {"qweight": pack(codes, width, 0), "qzeros": pack(zeros, width, 1), "scales": scale}
        if order != "none":
            tensors["g_idx"] = index
        return tensors, (scale[index.long()] * (codes - (zeros + less)[index.long()])).T.contiguous()

    @staticmethod
    def awq(rows=128, columns=64, group=32, seed=0):
        codes, zeros = random(rows, columns, high=16, seed=seed), random(rows // group, columns, high=16, seed=seed + 1)
        scale = scales(rows // group, columns, seed=seed + 2)
        place = torch.arange(columns).reshape(-1, 8)[:, AWQ_REVERSE].reshape(-1)

        def shuffled(values):
            out = torch.empty_like(values)
            out[:, place] = values
            return pack(out, 4, 1)
        wanted = (codes.to(torch.int8) - zeros.to(torch.int8).repeat_interleave(group, 0)) * scale.repeat_interleave(group, 0)
        return {"qweight": shuffled(codes), "qzeros": shuffled(zeros), "scales": scale}, wanted.T.contiguous()

    @staticmethod
    def compressed(width=4, rows=48, columns=128, group=32, asymmetric=False, dtype=torch.bfloat16, index=False, seed=0):
        low = -(1 << width - 1)
        groups = columns // group if group else 1
        codes = random(rows, columns, low=low, high=-low, seed=seed)
        scale = scales(rows, groups, dtype=dtype, seed=seed + 1)
        tensors = {"weight_packed": pack(codes - low, width, 1), "weight_scale": scale,
                   "weight_shape": torch.tensor([rows, columns])}
        at = torch.arange(columns, dtype=torch.int32) // (group or columns)
        if index:
            tensors["weight_g_idx"] = at = at[torch.randperm(columns, generator=torch.Generator().manual_seed(seed))]
        zero = torch.zeros(rows, groups, dtype=torch.int32)
        if asymmetric:
            zero = random(rows, groups, low=low, high=-low, seed=seed + 2)
            tensors["weight_zero_point"] = pack(zero - low, width, 0)
        wanted = (codes.to(dtype) - zero[:, at.long()].to(dtype)) * scale[:, at.long()]
        return tensors, wanted

    @staticmethod
    def int8(shape=(48, 96), scale_shape=(48, 1), dtype=torch.float32, asymmetric=False, seed=0):
        codes, scale = random(*shape, low=-128, high=128, dtype=torch.int8, seed=seed), scales(*scale_shape, dtype=dtype, seed=seed + 1)
        tensors = {"weight": codes, "weight_scale": scale}
        spread = scale.reshape(*scale.shape, *[1] * (len(shape) - scale.dim())) if scale.dim() else scale
        for axis, n in enumerate(shape):
            if scale.dim() and spread.shape[axis] not in (1, n):
                spread = spread.repeat_interleave(n // spread.shape[axis], axis)
        values = codes.to(dtype)
        if asymmetric:
            zero = random(*scale_shape, low=-128, high=128, dtype=torch.int8, seed=seed + 2)
            tensors["weight_zero_point"] = zero
            values = values - (zero.repeat_interleave(shape[1] // scale_shape[1], 1) if len(scale_shape) == 2 else zero).to(dtype)
        return tensors, values * spread

    @staticmethod
    def bnb_int8(rows=48, columns=96, seed=0):
        codes = random(rows, columns, low=-127, high=128, dtype=torch.int8, seed=seed)
        scb = scales(rows, dtype=torch.float32, seed=seed + 1) * 100
        return ({"weight": codes, "SCB": scb, "weight_format": torch.tensor(0, dtype=torch.uint8)},
                codes * scb.view(-1, 1) * 7.874015718698502e-3)

    NF4 = torch.tensor([-1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635,
                        -0.18477343022823334, -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725,
                        0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941,
                        0.7229568362236023, 1.0])
    FP4 = torch.tensor([0, 0.0625, 8, 12, 4, 6, 2, 3, -0, -0.0625, -8, -12, -4, -6, -2, -3]) / 12

    @classmethod
    def bnb(cls, kind="nf4", shape=(48, 96), block=64, nested=False, dtype="bfloat16", seed=0):
        n = torch.Size(shape).numel()
        table, blocks = cls.NF4 if kind == "nf4" else cls.FP4, -(-n // block)
        codes = random(-(-n // 2), 1, high=256, dtype=torch.uint8, seed=seed)
        absmax = scales(blocks, dtype=torch.float32, seed=seed + 1) * 10
        state = {"quant_type": kind, "blocksize": block, "dtype": dtype, "shape": list(shape)}
        tensors = {"weight": codes, "weight.absmax": absmax, "weight.quant_map": table.clone()}
        if nested:
            stored = random(blocks, high=256, dtype=torch.uint8, seed=seed + 2)
            of = scales(-(-blocks // 256), dtype=torch.float32, seed=seed + 3)
            map_ = torch.rand(256, generator=torch.Generator().manual_seed(seed)) * 2 - 1
            tensors |= {"weight.absmax": stored, "weight.nested_absmax": of, "weight.nested_quant_map": map_}
            state |= {"nested_blocksize": 256, "nested_offset": 0.04321987, "nested_dtype": "float32"}
            absmax = map_[stored.long()] * of.repeat_interleave(256)[:blocks] + torch.tensor(0.04321987)
        tensors[f"weight.quant_state.bitsandbytes__{kind}"] = torch.tensor(list(json.dumps(state).encode()), dtype=torch.uint8)
        flat = torch.stack([codes.view(-1) >> 4, codes.view(-1) & 15], 1).reshape(-1)[:n]
        values = table[flat.long()] * absmax.repeat_interleave(block)[:n]
        return tensors, values.to(getattr(torch, dtype)).reshape(shape)


class Packed(Case):
    def save(self, layers, name="in.safetensors"):
        tensors = {f"{layer}.{k}": t for layer, parts in layers.items() for k, t in parts.items()}
        tensors["norm.gain"] = torch.ones(8, dtype=torch.bfloat16)
        path = self.tmp / name
        save_file(tensors, path) if path.suffix == ".safetensors" else torch.save(tensors, path)
        return path

    def model(self, layers, config):
        folder = self.tmp / "model"
        folder.mkdir(exist_ok=True)
        self.save(layers, "model/model.safetensors")
        (folder / "config.json").write_text(json.dumps({"model_type": "llama", "architectures": ["LlamaForCausalLM"],
                                                        "quantization_config": config}))
        return folder

    def decoded(self, layers, *arguments, transform="dequantize", suffix="safetensors", more=()):
        out = self.tmp / "out.safetensors"
        self.said = self.run_fmtconv("-f", *arguments, "-t", transform, *more, self.save(layers, f"in.{suffix}"), out).stderr
        found = load_file(out)
        del found["norm.gain"]
        return found

    def assert_decoded(self, what, tensors, wanted, option=""):
        """In every type, from both readers, with little memory and several threads."""
        for name, dtype in DTYPES.items():
            for suffix in ("safetensors", "pt") if name == "f32" else ("safetensors",):
                with self.subTest(what, dtype=name, file=suffix):
                    found = self.decoded({"a.b": tensors}, transform=f"dequantize:to={name}{option}", suffix=suffix)
                    self.assert_same(found, {"a.b.weight": wanted.to(torch.float32).to(dtype)}, what)
        with self.subTest(what, memory="1M"):
            found = self.decoded({"a.b": tensors}, "--memory=1M", "--threads=3", "--verify", transform=f"dequantize:to=f32{option}")
            self.assert_same(found, {"a.b.weight": wanted.to(torch.float32)}, what)

    def test_gptq(self):
        for width in (2, 3, 4, 8):
            for order in ("act", "plain", "none"):
                self.assert_decoded((width, order), *Layers.gptq(width, order=order), ",zeros=less-one")
        self.assert_decoded("exact", *Layers.gptq(less=0), ",zeros=exact")
        self.assert_decoded("bf16", *Layers.gptq(dtype=torch.bfloat16), ",zeros=less-one")
        self.assert_decoded("large", *Layers.gptq(rows=1152, columns=2080, group=128, order="act"), ",zeros=less-one")

    def test_gptq_config(self):
        """checkpoint_format says how zero points are stored; nothing is guessed."""
        for form, less in (("gptq", 1), ("gptq_v2", 0), (None, 1)):
            tensors, wanted = Layers.gptq(less=less)
            config = {"quant_method": "gptq", "bits": 4, **({"checkpoint_format": form} if form else {})}
            out = self.tmp / "plain"
            said = self.run_fmtconv("-f", "-t", "dequantize:to=f16", self.model({"a": tensors}, config), f"{out}/").stderr
            self.assertIn("quantization_config", said)
            self.assertNotIn("quantization_config", json.loads((out / "config.json").read_text()))
            self.assertTrue(torch.equal(load_file(out / "model.safetensors")["a.weight"], wanted), form)
        folder = self.model({"a": tensors}, {"quant_method": "gptq", "checkpoint_format": "marlin"})
        said = self.run_fmtconv("-f", "-t", "dequantize", folder, self.tmp / "no.safetensors", status=1).stderr
        self.assertIn("'a.qweight': cannot be decoded", said)
        said = self.run_fmtconv("-f", "-t", "dequantize", self.save({"a": tensors}), self.tmp / "no.safetensors", status=1).stderr
        self.assertIn("zeros=less-one", said)

    def test_gptq_many_groups(self):
        """More groups than rows, of which g_idx takes some."""
        tensors, _ = Layers.gptq(width=8, rows=16, group=16)
        groups = 40
        zeros, scale = random(groups, 96, high=256, seed=4), scales(groups, 96, seed=5)
        index = torch.randperm(groups, generator=torch.Generator().manual_seed(6))[:16].to(torch.int32)
        codes = random(16, 96, high=256)
        tensors |= {"qweight": pack(codes, 8, 0), "qzeros": pack(zeros, 8, 1), "scales": scale, "g_idx": index}
        wanted = (scale[index.long()] * (codes - (zeros + 1)[index.long()])).T.contiguous()
        self.assert_decoded("many", tensors, wanted, ",zeros=less-one")
        said = self.refused({k: t for k, t in tensors.items() if k != "g_idx"}, "dequantize:zeros=less-one")
        self.assertIn("its packing is not that of", said)

    def test_auto_round(self):
        """Its packing says how zero points are stored, by the names in backend.py of auto-round 0.16."""
        for less, said in ((1, {"packing_format": "auto_round:auto_gptq"}), (1, {"packing_format": "auto_round:gptq"}),
                           (1, {"backend": "auto_round:gptq:exllamav2"}), (0, {"packing_format": "auto_round"}),
                           (0, {"packing_format": "auto_round:gptqmodel"}), (0, {"backend": "auto_round"}),
                           (0, {"packing_format": "auto_round", "backend": "auto_round:auto_gptq"}),
                           (None, {"packing_format": "auto_round:exllamav2"}), (None, {"backend": "auto"}), (None, {})):
            tensors, wanted = Layers.gptq(less=less or 0)
            folder, out = self.model({"a": tensors}, {"quant_method": "auto-round", "bits": 4, **said}), self.tmp / "plain"
            with self.subTest(**said):
                told = self.run_fmtconv("-f", "-t", "dequantize:to=f16", folder, f"{out}/", status=int(less is None)).stderr
                if less is None:
                    self.assertIn("zeros=less-one", told)
                else:
                    self.assertTrue(torch.equal(load_file(out / "model.safetensors")["a.weight"], wanted))

    def test_awq(self):
        self.assert_decoded("awq", *Layers.awq())
        self.assert_decoded("large", *Layers.awq(1024, 1120, 128))

    def test_compressed_tensors(self):
        for width in range(1, 8):
            for asymmetric in (False, True):
                self.assert_decoded((width, asymmetric), *Layers.compressed(width, asymmetric=asymmetric))
        self.assert_decoded("channel", *Layers.compressed(group=0, columns=100, rows=7))
        self.assert_decoded("f32", *Layers.compressed(dtype=torch.float32, asymmetric=True, rows=33))
        self.assert_decoded("g_idx", *Layers.compressed(index=True, asymmetric=True))

    def convert_compressed(self, tensors, *widths, status=0):
        """Converts with a config.json that says these widths; returns the messages."""
        groups = {f"group_{i}": {"weights": {"num_bits": w, "type": "int"}} for i, w in enumerate(widths)}
        config = {"quant_method": "compressed-tensors", "format": "pack-quantized", "config_groups": groups}
        return self.run_fmtconv("-f", "-t", "dequantize", self.model({"a": tensors}, config), f"{self.tmp}/plain/",
                                status=status).stderr

    def test_compressed_tensors_config(self):
        """The configuration decides where several widths need as many words."""
        for width in range(1, 9):
            for columns in (128, 32):
                for asymmetric in (False, True):
                    tensors, wanted = Layers.compressed(width, columns=columns, asymmetric=asymmetric)
                    with self.subTest(width=width, columns=columns, asymmetric=asymmetric):
                        self.convert_compressed(tensors, width)
                        found = load_file(self.tmp / "plain/model.safetensors")
                        self.assert_same({"a.weight": found["a.weight"]}, {"a.weight": wanted.float()})
        four = Layers.compressed(4, columns=32)[0]
        self.assertIn("do not fit each other", self.convert_compressed(four, 5, status=1))
        self.assertIn("integers of 3 bits and of 4 bits", self.convert_compressed(four, 3, 4, status=1))

    def test_compressed_tensors_ambiguous(self):
        """Widths that need as many words as another are not guessed."""
        for width, columns, said in ((8, 128, (7, 8)), (4, 32, (3, 4)), (6, 32, (5, 6)), (7, 32, (6, 7)), (8, 32, (7, 8))):
            told = self.refused(Layers.compressed(width, columns=columns)[0])
            with self.subTest(width=width, columns=columns):
                self.assertIn("is ambiguous: they fit integers of {} bits and of {} bits".format(*said), told)
                self.assertIn("give the folder with config.json", told)

    def test_compressed_tensors_padded(self):
        """Older releases pad each word; where the widths divide 32, that is the same."""
        for width in range(1, 9):
            for columns in (128, 32, 20):
                tensors, wanted = Layers.compressed(width, columns=columns, group=0)
                tensors["weight_packed"] = pack_padded(random(48, columns, high=1 << width), width)
                with self.subTest(width=width, columns=columns):
                    if 32 % width == 0:
                        self.convert_compressed(tensors, width)
                        self.assert_same({"w": load_file(self.tmp / "plain/model.safetensors")["a.weight"]}, {"w": wanted.float()})
                        continue
                    said = self.convert_compressed(tensors, width, status=1)
                    self.assertIn(f"integers of {width} bits that do not continue in the next word", said)
        tensors["weight_packed"] = pack_padded(random(48, 128, high=8), 3)
        self.assertIn("integers of 3 bits that do not", self.refused({**tensors, "weight_shape": torch.tensor([48, 128])}))

    def test_int8(self):
        for scale in ((48, 1), (48,), (1,), (), (1, 96), (48, 3)):
            for dtype in DTYPES.values():
                self.assert_decoded((scale, dtype), *Layers.int8(scale_shape=scale, dtype=dtype))
        self.assert_decoded("convolution", *Layers.int8((12, 5, 3, 3), (12, 1, 1, 1)))
        for scale in ((48, 1), (48, 3), (1,)):
            self.assert_decoded(("zero points", scale), *Layers.int8(scale_shape=scale, asymmetric=True, dtype=torch.bfloat16))

    def test_int8_described(self):
        """ComfyUI says what its int8 layers are; rotated ones are not weights."""
        tensors, wanted = Layers.int8(scale_shape=())
        for rotated in (False, True):
            layer = {"format": "int8_tensorwise", **({"convrot": True} if rotated else {})}
            source, out = self.tmp / "in.safetensors", self.tmp / "out.safetensors"
            save_file({f"a.{k}": t for k, t in tensors.items()}, source,
                      metadata={"_quantization_metadata": json.dumps({"format_version": "1.0", "layers": {"a": layer}})})
            with self.subTest(rotated=rotated):
                said = self.run_fmtconv("-f", "-t", "dequantize", source, out, status=int(rotated)).stderr
                if rotated:
                    self.assertIn("fmtconv does not decode their format, int8_tensorwise with convrot", said)
                else:
                    self.assert_same(load_file(out), {"a.weight": wanted})
        marked = {**tensors, "comfy_quant": torch.tensor(list(b'{"format": "int8_tensorwise"}'), dtype=torch.uint8)}
        self.assert_same(self.decoded({"a": marked}), {"a.weight": wanted})

    def test_bitsandbytes(self):
        self.assert_decoded("int8", *Layers.bnb_int8())
        for kind in ("nf4", "fp4"):
            for nested in (False, True):
                for dtype in ("bfloat16", "float16", "float32"):
                    self.assert_decoded((kind, nested, dtype), *Layers.bnb(kind, nested=nested, dtype=dtype))
        self.assert_decoded("odd", *Layers.bnb(shape=(7, 33)))
        self.assert_decoded("large", *Layers.bnb(shape=(640, 1031), block=128, nested=True))
        self.assert_decoded("kernel", *Layers.bnb(shape=(12, 8, 3, 3)))

    def test_bitsandbytes_agrees(self):
        """The package's own way, which quantizes too."""
        try:
            import bitsandbytes.functional as bnb
        except ImportError:
            self.skipTest("bitsandbytes is not installed")
        weight = torch.randn(64, 192, generator=torch.Generator().manual_seed(5))
        for kind in ("nf4", "fp4"):
            for nested in (False, True):
                for dtype in (torch.bfloat16, torch.float16, torch.float32):
                    packed, state = bnb.quantize_4bit(weight.to(dtype), quant_type=kind, compress_statistics=nested)
                    tensors = {"weight": packed, **{f"weight.{k}": t for k, t in state.as_dict(packed=True).items()}}
                    # The table of fp4 has +0 twice; the package's kernels for some processors make the second -0.
                    wanted = bnb.dequantize_4bit(packed, state).float() + 0.0
                    with self.subTest(kind=kind, nested=nested, dtype=dtype):
                        self.assert_same(self.decoded({"a": tensors}), {"a.weight": wanted})
        codes, scb, _ = bnb.int8_vectorwise_quant(weight.half())
        self.assert_same(self.decoded({"a": {"weight": codes, "SCB": scb}}),
                         {"a.weight": bnb.int8_vectorwise_dequant(codes, scb)})

    def test_compressed_tensors_agrees(self):
        try:
            from compressed_tensors.compressors.pack_quantized.base import PackedQuantizationCompressor as Compressor
            from compressed_tensors.compressors.pack_quantized.helpers import pack_to_int32, unpack_from_int32
            from compressed_tensors.quantization import QuantizationArgs, QuantizationScheme
        except ImportError:
            self.skipTest("compressed-tensors is not installed")
        for width in range(1, 9):
            for symmetric in (True, False):
                args = QuantizationArgs(num_bits=width, type="int", symmetric=symmetric, strategy="group", group_size=32)
                scheme = QuantizationScheme(targets=["Linear"], weights=args)
                tensors, wanted = Layers.compressed(width, asymmetric=not symmetric)
                with self.subTest(width=width, symmetric=symmetric):
                    own = Compressor.decompress(dict(tensors), scheme)["weight"]
                    self.assertTrue(torch.equal(bits(own), bits(wanted)))
                    packed = tensors["weight_packed"]
                    codes = unpack_from_int32(packed, width, torch.Size(tensors["weight_shape"].tolist()))
                    self.assertTrue(torch.equal(pack_to_int32(codes, width), packed))

    def test_then_anything(self):
        """Cut, turned, renamed and quantized, in one conversion."""
        tensors, wanted = Layers.gptq(rows=256, columns=128, order="act")
        found = self.decoded({"a": tensors}, transform="dequantize:zeros=less-one", more=("-t", "transpose:name=a.*"))
        self.assert_same(found, {"a.weight": wanted.float().T.contiguous()})
        found = self.decoded({"a": tensors}, transform="dequantize:zeros=less-one",
                             more=("-t", r"split:from={a}.weight,to={a}.{p:x\,y}.weight", "-t", "cast:to=bf16"))
        self.assert_same({k: t for k, t in found.items() if k[0] == "a"},
                         {f"a.{p}.weight": t.contiguous().bfloat16() for p, t in zip("xy", wanted.float().chunk(2))})
        out = self.tmp / "out.gguf"
        self.run_fmtconv("-f", "-t", "dequantize:zeros=less-one", "-t", "quantize:to=Q8_0", "-w", "gguf:architecture=test",
                         self.save({"a": tensors}), out)
        import gguf
        (tensor,) = [t for t in gguf.GGUFReader(out).tensors if t.name == "a.weight"]
        self.assertTrue(torch.equal(torch.from_numpy(tensor.data.copy()).view(torch.uint8).reshape(-1),
                                    Ggml().quantize("q8_0", wanted.float()).reshape(-1)))

    def test_several_layers(self):
        layers = {"a": Layers.bnb(seed=1), "b": Layers.bnb(seed=2, nested=True), "c": Layers.bnb_int8(seed=3)}
        found = self.decoded({n: t for n, (t, _) in layers.items()})
        self.assert_same(found, {f"{n}.weight": w.float() for n, (_, w) in layers.items()})
        self.assertIn("3 tensors of a quantizer are decoded to f32", self.said)
        self.assertRegex(self.said, r"dropped +5 tensors.*now decoded")

    def test_only(self):
        layers = {n: Layers.bnb(seed=i)[0] for i, n in enumerate("ab")}
        found = self.decoded(layers, transform="dequantize:only=a.*")
        self.assert_same({k: t for k, t in found.items() if k[0] == "b"}, {f"b.{k}": t for k, t in layers["b"].items()})
        self.assertEqual([k for k in found if k[0] == "a"], ["a.weight"])
        self.assertIn("1 keep their integers", self.said)

    def samples(self):
        """One layer of every scheme, decoded or not."""
        yield "gptq", Layers.gptq()[0], "GPTQ or AWQ"
        yield "awq", Layers.awq()[0], "GPTQ or AWQ"
        yield "compressed", Layers.compressed()[0], "compressed-tensors packed integers"
        yield "int8", Layers.int8()[0], "is scaled by 'a.weight_scale' (f32)"
        yield "zero points", Layers.int8(asymmetric=True)[0], "int8 with zero points"
        yield "bnb int8", Layers.bnb_int8()[0], "bitsandbytes int8"
        yield "nf4", Layers.bnb()[0], "bitsandbytes 4-bit"
        codes, unsigned = random(32, 16, low=-128, high=128, dtype=torch.int8), random(32, 16, high=256, dtype=torch.uint8)
        yield "svdquant", {"qweight": codes, "wscales": scales(2, 32), "smooth_factor": scales(32)}, "SVDQuant"
        yield "uint8", {"weight": unsigned, "weight_scale": scales(32, 1)}, "unsigned bytes with scales"
        yield "quanto", {"weight._data": codes, "weight._scale": scales(32, 1)}, "quanto"
        yield "hqq", {"W_q": unsigned, "scale": scales(32, 1), "zero": scales(32, 1)}, "HQQ"
        yield "torchao", {"_weight_qdata": codes, "_weight_scale": scales(32, 1)}, "torchao"
        yield "torchao fp8", {"weight:qdata": codes.view(torch.float8_e4m3fn), "weight:scale": scales(32, 1)}, "torchao"
        stored = {k: t.view(-1).view(torch.bfloat16) if k == "weight" else t for k, t in Layers.bnb()[0].items()}
        yield "nf4 as bf16", stored, "bitsandbytes 4-bit"
        yield "eetq", {"weight": codes, "weight_scales": scales(16)}, "EETQ"

    def test_refused_without(self):
        """Nothing computes on integers, or rounds their scales; they are copied unchanged, and told of."""
        lora = {"a.lora_A.weight": torch.ones(4, 8), "a.lora_B.weight": torch.ones(8, 4)}
        save_file(lora, self.tmp / "lora.safetensors")
        for what, tensors, scheme in self.samples():
            source = self.save({"a": tensors})
            for arguments, out in ((("--dtype=bf16",), "o.safetensors"), (("-t", "cast:to=f16"), "o.safetensors"),
                                   (("-t", "quantize:to=Q8_0", "-w", "gguf:architecture=test"), "o.gguf"),
                                   (("-t", f"lora-merge:file={self.tmp}/lora.safetensors"), "o.safetensors"),
                                   (("-w", "gguf:architecture=test"), "o.gguf"), (("-t", "transpose:name=*"), "o.pt")):
                with self.subTest(what, arguments=arguments):
                    said = self.run_fmtconv("-f", *arguments, source, self.tmp / out, status=1).stderr
                    self.assertIn(scheme, said)
                    self.assertIn("-t dequantize", said)
                    self.assertFalse((self.tmp / out).exists())
                    self.assert_clean(self.tmp)
            with self.subTest(what, copied=True):
                said = self.run_fmtconv("-f", "-t", "prefix:add=x.", source, self.tmp / "o.safetensors").stderr
                self.assert_same(load_file(self.tmp / "o.safetensors"),
                                 {f"x.{k}": t for k, t in load_file(source).items()})
                self.assertIn("1 scaled tensors keep their quantized values", said)
                (self.tmp / "o.safetensors").unlink()

    def test_not_decoded(self):
        """What has no decoder is named, with a way forward."""
        for what, tensors, scheme in self.samples():
            if scheme in ("SVDQuant", "unsigned bytes with scales", "quanto", "HQQ", "EETQ", "torchao"):
                with self.subTest(what):
                    said = self.run_fmtconv("-f", "-t", "dequantize", self.save({"a": tensors}), self.tmp / "o.safetensors",
                                            status=1).stderr
                    self.assertIn(f"cannot be decoded: fmtconv does not decode {scheme}", said)
                    self.assertIn("convert the model that it was quantized from", said)

    def refused(self, tensors, transform="dequantize"):
        said = self.run_fmtconv("-f", "-t", transform, self.save({"a": tensors}), self.tmp / "o.safetensors", status=1).stderr
        self.assertFalse((self.tmp / "o.safetensors").exists())
        self.assert_clean(self.tmp)
        return said

    def test_shapes(self):
        """Parts that do not fit each other are an error, never a guess."""
        gptq, compressed, nf4, eight = Layers.gptq()[0], Layers.compressed()[0], Layers.bnb()[0], Layers.int8()[0]
        state = "weight.quant_state.bitsandbytes__nf4"
        text = json.loads(bytes(nf4[state].tolist()))

        def with_state(**changes):
            return {**nf4, state: torch.tensor(list(json.dumps({**text, **changes}).encode()), dtype=torch.uint8)}
        for what, tensors, said in (
                ("zeros", {**gptq, "qzeros": gptq["qzeros"][:, :5].contiguous()}, "its packing is not that of"),
                ("groups", {**gptq, "scales": gptq["scales"][:3].contiguous()}, "its packing is not that of"),
                ("no zeros", {k: t for k, t in gptq.items() if k != "qzeros"}, "its packing is not that of"),
                ("g_idx", {**gptq, "g_idx": gptq["g_idx"][:8].contiguous()}, "its packing is not that of"),
                ("g_idx of i64", {**gptq, "g_idx": gptq["g_idx"].long()}, "its packing is not that of"),
                ("shape", {**compressed, "weight_shape": torch.tensor([48, 900])}, "do not fit each other"),
                ("no shape", {k: t for k, t in compressed.items() if k != "weight_shape"}, "do not fit each other"),
                ("huge", {**compressed, "weight_shape": torch.tensor([48, 1 << 62])}, "do not fit each other"),
                ("negative", {**compressed, "weight_shape": torch.tensor([-1, -1])}, "do not fit each other"),
                ("scale", {**compressed, "weight_scale": scales(48, 5, dtype=torch.bfloat16)}, "do not fit each other"),
                ("map", {**nf4, "weight.quant_map": torch.linspace(-1, 1, 16)}, "not the table of nf4 or fp4"),
                ("not JSON", {**nf4, state: torch.zeros(9, dtype=torch.uint8)}, "quant_state is missing"),
                ("no state", {k: t for k, t in nf4.items() if k != state}, "quant_state is missing"),
                ("block", with_state(blocksize=0), "a block size"), ("dtype", with_state(dtype="int8"), "data type"),
                ("shape 0", with_state(shape=[0, 8]), "does not describe it"),
                ("large shape", with_state(shape=[1 << 40, 1 << 40]), "does not describe it"),
                ("other shape", with_state(shape=[48, 97]), "do not have the sizes"),
                ("other storage", {**nf4, "weight": nf4["weight"].view(-1).view(torch.bfloat16)}, "do not have the sizes"),
                ("absmax", {**nf4, "weight.absmax": nf4["weight.absmax"][:7].contiguous()}, "do not have the sizes"),
                ("rows", {**eight, "weight_scale": scales(47, 1, dtype=torch.float32)}, "the shapes do not fit"),
                ("zero point", {**eight, "weight_zero_point": random(48, 2, dtype=torch.int8)}, "are not bytes of the shape"),
                ("tiles", {**Layers.bnb_int8()[0], "weight_format": torch.tensor(2, dtype=torch.uint8)}, "weight_format")):
            with self.subTest(what):
                self.assertIn(said, self.refused(tensors, "dequantize:zeros=less-one"))

    def test_groups_out_of_range(self):
        """Values of g_idx are only known when they are read."""
        for bad in (-1, 4, 1 << 30):
            for tensors, name, at, said in ((Layers.gptq()[0], "g_idx", 77, "not a row of the scales"),
                                            (Layers.compressed(index=True)[0], "weight_g_idx", 127, "not a column of the scales")):
                index = tensors[name].clone()
                index[at] = bad
                with self.subTest(name, bad=bad):
                    told = self.refused({**tensors, name: index}, "dequantize:zeros=less-one")
                    self.assertIn(said, told)
                    self.assertIn("a.weight", told)

    def test_checksums(self):
        """Damage to a part is found, as in any tensor of a torch file."""
        source = self.save({"a": Layers.gptq(rows=512, columns=512)[0]}, "in.pt")
        data = bytearray(source.read_bytes())
        data[len(data) // 2] ^= 1
        source.write_bytes(data)
        said = self.run_fmtconv("-f", "-t", "dequantize:zeros=less-one", source, self.tmp / "o.safetensors", status=1).stderr
        self.assertIn("checksum mismatch", said)
        self.assertIn("a.weight", said)

    def test_lost_scales(self):
        said = self.run_fmtconv("-f", "-t", "select:name=*.qweight", self.save({"a": Layers.gptq()[0]}),
                                self.tmp / "o.safetensors").stderr
        self.assertIn("warning: 1 scaled tensors have lost their scales", said)


if __name__ == "__main__":
    unittest.main()
