# SPDX-License-Identifier: Apache-2.0
"""GGUF files with reshaped tensors, as ComfyUI-GGUF stores those whose rows its blocks do not divide."""
# Plugins: cast dequantize gguf merge prefix quantize rename reshape safetensors select split transpose

import unittest

import ggmlfile
import gguf
import numpy as np
import safetensors.torch
import torch
from support import Case
from zoomake import finish

TYPES = [kind for kind in gguf.GGMLQuantizationType if kind.name not in ("Q8_1", "Q8_K")]
PLAIN = {"F32", "F16", "BF16", "F64", "I8", "I16", "I32", "I64"}
ORIGINAL = "comfy.gguf.orig_shape."


def can_decode(kind):
    try:
        block, size = gguf.GGML_QUANT_SIZES[kind]
        gguf.quants.dequantize(np.zeros((1, size), np.uint8), kind)
    except (NotImplementedError, KeyError):
        return False
    return True


def as_comfy(path):
    """Returns the tensors as ComfyUI-GGUF loads a file: name → (type, shape, bytes). Original shapes must be arrays of
    i32."""
    reader, loaded = gguf.GGUFReader(path), {}
    for t in reader.tensors:
        field = reader.get_field(ORIGINAL + t.name)
        shape = tuple(int(n) for n in reversed(t.shape))
        if field is not None:
            assert field.types == [gguf.GGUFValueType.ARRAY, gguf.GGUFValueType.INT32], field.types
            shape = tuple(field.contents())
        loaded[t.name] = t.tensor_type, shape, t.data.tobytes()
    return loaded


def originals(path):
    """Names of tensors with an original shape in the file."""
    return {k.removeprefix(ORIGINAL) for k in gguf.GGUFReader(path).fields if k.startswith(ORIGINAL)}


class Shapes(Case):
    def setUp(self):
        super().setUp()
        self.source, self.out, self.plain = self.tmp / "a.gguf", self.tmp / "b.gguf", self.tmp / "c.safetensors"

    def write(self, tensors, also=()):
        """tensors: name → (type, original shape, values or None for random blocks), stored in rows of 256."""
        writer, random = gguf.GGUFWriter(self.source, "sdxl"), np.random.default_rng(1)
        for name, (kind, shape, values) in tensors.items():
            rows = int(np.prod(shape)) // 256
            block, size = gguf.GGML_QUANT_SIZES[kind]
            if values is None:
                data = random.integers(0, 256, (rows, 256 // block * size), np.uint8)
            else:
                data = gguf.quants.quantize(values.astype(np.float32).reshape(rows, 256), kind)
            writer.add_array(ORIGINAL + name, [int(n) for n in shape])
            writer.add_tensor(name, data, raw_dtype=kind)
        for key, value in also:
            writer.add_array(key, value)
        finish(writer)

    def test_every_type(self):
        """Shape and bytes of all types survive, and ComfyUI-GGUF reads ours like its own."""
        self.write({kind.name: (kind, (64, 4, 3, 3), None) for kind in TYPES})
        self.run_fmtconv("--verify", self.source, self.out)
        wanted = as_comfy(self.source)
        self.assertEqual(as_comfy(self.out), wanted)
        self.assertEqual({shape for _, shape, _ in wanted.values()}, {(64, 4, 3, 3)})
        self.assertEqual(originals(self.out), {k.name for k in TYPES} - PLAIN)
        self.assertEqual(set(ggmlfile.read(self.out)[2]), {k.name for k in TYPES}, "ggml refuses it")
        self.run_fmtconv(self.out, self.tmp / "d.gguf")
        self.assertEqual((self.tmp / "d.gguf").read_bytes(), self.out.read_bytes())

    def test_decoded(self):
        """The values have the original shape; gguf-py is the reference for the values."""
        kinds = [kind for kind in TYPES if can_decode(kind) and kind.name not in PLAIN]
        values = np.random.default_rng(2).standard_normal((64, 4, 3, 3)).astype(np.float32)
        self.write({kind.name: (kind, (64, 4, 3, 3), values if kind.name in ("Q8_0", "Q4_0", "Q5_1") else None) for kind in kinds})
        self.run_fmtconv("-t", "dequantize", self.source, self.plain)
        got = safetensors.torch.load_file(self.plain)
        for t in gguf.GGUFReader(self.source).tensors:
            wanted = torch.from_numpy(gguf.quants.dequantize(t.data, t.tensor_type).reshape(64, 4, 3, 3).copy())
            self.assertEqual(got[t.name].shape, wanted.shape)
            self.assertTrue(torch.equal(got[t.name].nan_to_num(7), wanted.nan_to_num(7)), t.name)
        self.assertGreater(len(kinds), 15)

    def test_sizes(self):
        """Rows that blocks divide are stored as such; others in rows of 256, or of a block if 256 does not divide."""
        q8, q4 = gguf.GGMLQuantizationType.Q8_0, gguf.GGMLQuantizationType.Q4_K
        shapes = {"whole": (q8, (8, 64)), "row": (q8, (768,)), "conv": (q8, (32, 1, 3, 8)), "k": (q4, (16, 3, 16)), "wide": (q4, (3, 512))}
        self.write({n: (*each, None) for n, each in shapes.items()})
        self.run_fmtconv(self.source, self.out)
        self.assertEqual(originals(self.out), {"conv", "k"})
        self.assertEqual({n: shape for n, (_, shape, _) in as_comfy(self.out).items()}, {n: s for n, (_, s) in shapes.items()})
        stored = {t.name: [int(n) for n in t.shape] for t in gguf.GGUFReader(self.out).tensors}
        self.assertEqual(stored, {"whole": [64, 8], "row": [768], "conv": [256, 3], "k": [256, 3], "wide": [512, 3]})
        small = gguf.GGUFWriter(self.source, "sdxl")
        small.add_tensor("odd", np.zeros((9, 34), np.uint8), raw_dtype=q8)
        small.add_array(ORIGINAL + "odd", [32, 9])
        finish(small)
        self.run_fmtconv("-f", self.source, self.out)
        self.assertEqual(as_comfy(self.out), as_comfy(self.source))

    def test_changes(self):
        """No change leaves a shape that is not true: shapes belong to tensors, not to names."""
        kind = gguf.GGMLQuantizationType.Q8_0
        values = np.random.default_rng(3).standard_normal((64, 4, 3, 3))
        self.write({"x.a.weight": (kind, (64, 4, 3, 3), values), "x.b.weight": (kind, (32, 8, 3, 3), values),
                    "x.c.weight": (gguf.GGMLQuantizationType.F16, (64, 4, 3, 3), values)})
        before = as_comfy(self.source)
        a, b, c = (before[f"x.{n}.weight"] for n in "abc")
        for transform, wanted in (
                ("prefix:strip=x.", {"a.weight": a, "b.weight": b, "c.weight": c}),
                ("rename:from=^x.a,to=x.b2", {"x.b2.weight": a, "x.b.weight": b, "x.c.weight": c}),
                ("select:name=*.b.*", {"x.b.weight": b}),
                ("reshape:name=x.a.weight,shape=64x36", {"x.a.weight": (kind, (64, 36), a[2]), "x.b.weight": b, "x.c.weight": c}),
                ("reshape:name=x.a.weight,shape=9x256", {"x.a.weight": (kind, (9, 256), a[2]), "x.b.weight": b, "x.c.weight": c})):
            with self.subTest(transform=transform):
                self.run_fmtconv("-f", "--verify", "-t", transform, self.source, self.out)
                self.assertEqual(as_comfy(self.out), wanted)
                self.assertLessEqual(originals(self.out), set(wanted))
        for transform in ("dequantize", "dequantize:to=bf16"):
            with self.subTest(transform=transform):
                self.run_fmtconv("-f", "-t", transform, self.source, self.out)
                self.assertEqual(originals(self.out), set())
                self.assertEqual({n: s for n, (_, s, _) in as_comfy(self.out).items()}, {n: s for n, (_, s, _) in before.items()})
        for transform in ("split:from=x.a.weight,to=x.{p:d\\,e}.weight", "transpose:name=x.a.weight,axes=1023"):
            with self.subTest(transform=transform):
                self.run_fmtconv("-f", "-t", "dequantize", "-t", transform, self.source, self.out)
                result = self.run_fmtconv("-f", "-t", transform, self.source, self.out, status=1)
                self.assertIn("q8_0 whose blocks of 32 run over the ends of its rows cannot be", result.stderr)
                self.assertIn("dequantize it first", result.stderr)

    def test_merged(self):
        """A tensor of another file with the name of a reshaped one keeps its shape."""
        kind = gguf.GGMLQuantizationType.Q8_0
        self.write({"a": (kind, (64, 4, 3, 3), None), "b": (kind, (64, 4, 3, 3), None)})
        safetensors.torch.save_file({"new": torch.ones(2304)}, self.tmp / "m.safetensors")
        self.run_fmtconv("-t", "select:name=b", "-t", f"merge:file={self.tmp / 'm.safetensors'}", "-t", "rename:from=new,to=a",
                         self.source, self.out)
        loaded = as_comfy(self.out)
        self.assertEqual((loaded["a"][1], loaded["b"][1], originals(self.out)), ((2304,), (64, 4, 3, 3), {"b"}))

    def test_round_trip(self):
        """To safetensors and back into blocks: the shapes are those of the model."""
        values = np.random.default_rng(4).standard_normal((320, 320))
        self.write({"w": (gguf.GGMLQuantizationType.Q4_0, (320, 320), values),
                    "conv": (gguf.GGMLQuantizationType.Q4_0, (64, 4, 3, 3), values.reshape(-1)[:2304])})
        self.run_fmtconv("-t", "dequantize", self.source, self.plain)
        self.assertEqual({n: tuple(t.shape) for n, t in safetensors.torch.load_file(self.plain).items()},
                         {"w": (320, 320), "conv": (64, 4, 3, 3)})
        self.run_fmtconv("-t", "quantize:to=q4_0", "-w", "gguf:architecture=sdxl", self.plain, self.out)
        self.assertEqual(as_comfy(self.out)["w"][1], (320, 320))
        self.assertEqual(as_comfy(self.out)["conv"][1], (64, 4, 3, 3))
        self.assertEqual(originals(self.out), set())

    def test_names(self):
        """A shape belongs to the tensor with exactly its name; a shape without a tensor is left out, with a note."""
        kind = gguf.GGMLQuantizationType.Q8_0
        self.write({"a b%20": (kind, (64, 4, 3, 3), None)}, [(ORIGINAL + "gone", [1, 2])])
        result = self.run_fmtconv(self.source, self.out)
        self.assertIn("1 key comfy.gguf.orig_shape.* is left out", result.stderr)
        self.run_fmtconv("-t", "dequantize", self.out, self.plain)
        self.assertEqual(safetensors.torch.load_file(self.plain)["a b%20"].shape, (64, 4, 3, 3))
        self.assertEqual(len(originals(self.out)), 1)

    def test_files(self):
        """In a model of several files, each has the shapes of its tensors."""
        kind = gguf.GGMLQuantizationType.Q8_0
        self.write({n: (kind, (64, 4, 3, 3), None) for n in ("a", "b", "c")})
        self.run_fmtconv("--verify", "-w", "gguf:split-max-size=3000", self.source, self.tmp / "s.gguf")
        parts = sorted(self.tmp.glob("s-*"))
        self.assertEqual([originals(p) for p in parts], [{"a", "b", "c"}, {"b"}, {"c"}])
        self.run_fmtconv(parts[2], self.out)
        self.assertEqual(as_comfy(self.out), as_comfy(self.source))


class Notes(Case):
    def test_importance(self):
        """Keys about the importance matrix of a quantization go when it goes, and when it is replaced."""
        source, out = self.tmp / "a.gguf", self.tmp / "b.gguf"
        writer = gguf.GGUFWriter(source, "llama")
        notes = {"quantize.imatrix.file": "i.dat", "quantize.imatrix.dataset": "wiki"}
        for key, value in notes.items():
            writer.add_string(key, value)
        writer.add_uint32("quantize.imatrix.entries_count", 1)
        writer.add_tensor("w", np.zeros((8, 64 // 32 * 34), np.uint8), raw_dtype=gguf.GGMLQuantizationType.Q8_0)
        finish(writer)
        for transforms, kept in (([], True), (["-t", "rename:from=w,to=v"], True), (["-t", "dequantize"], False),
                                 (["--allow-lossy", "-t", "quantize:to=q4_0"], False), (["-t", "cast:f16"], True)):
            self.run_fmtconv("-f", *transforms, source, out)
            self.assertEqual([k in gguf.GGUFReader(out).fields for k in (*notes, "quantize.imatrix.entries_count")], [kept] * 3,
                             transforms)


if __name__ == "__main__":
    unittest.main()
