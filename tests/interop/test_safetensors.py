# SPDX-License-Identifier: Apache-2.0
"""safetensors files: every data type, shape and cast, compared with the results of safetensors and torch."""
# Plugins: cast drop safetensors torch

import json
import unittest

import safetensors.torch
import torch
from support import Case

DTYPES = [torch.bool, torch.uint8, torch.int8, torch.float8_e5m2, torch.float8_e4m3fn, torch.float8_e5m2fnuz,
          torch.float8_e4m3fnuz, torch.int16, torch.uint16, torch.float16, torch.bfloat16, torch.int32, torch.uint32,
          torch.float32, torch.complex64, torch.float64, torch.int64, torch.uint64, torch.float8_e8m0fnu]
FLOATS = {"f16": torch.float16, "bf16": torch.bfloat16, "f32": torch.float32, "f64": torch.float64,
          "f8_e4m3": torch.float8_e4m3fn, "f8_e5m2": torch.float8_e5m2}


def random_bytes(shape, dtype, generator):
    count = torch.Size(shape).numel() * dtype.itemsize
    raw = torch.randint(0, 256, (count,), dtype=torch.uint8, generator=generator)
    if dtype is torch.bool:
        raw &= 1
    return raw.view(dtype).reshape(shape)


def zoo():
    generator = torch.Generator().manual_seed(3)
    shapes = [(), (0,), (1,), (7,), (3, 5), (2, 0, 4), (2, 3, 4, 5), (1, 2, 1, 3, 1, 2, 1, 2)]
    return {f"{str(d)[6:]}.{n}": random_bytes(s, d, generator) for d in DTYPES for n, s in enumerate(shapes)}


class SafeTensors(Case):
    def test_same_bytes(self):
        """Through reader and writer, the official writer's bytes are kept."""
        source, out = self.tmp / "a.safetensors", self.tmp / "b.safetensors"
        for tensors in (zoo(), {}, {"a b\"\\ü\U0001f600": torch.ones(2)}):
            safetensors.torch.save_file(tensors, source, {"format": "pt"})
            self.run_fmtconv("-f", source, out)
            self.assertEqual(source.read_bytes(), out.read_bytes())

    def test_less_than_a_byte(self):
        """Types whose elements share bytes are copied, in the official writer's order."""
        source, out = self.tmp / "a.safetensors", self.tmp / "b.safetensors"
        sizes = {"F6_E3M2": 3 * 8 // 4 * 3, "F6_E2M3": 3 * 8 // 4 * 3, "F4": 3 * 8 // 2}
        header, data = {"__metadata__": {"format": "pt"}}, b""
        for name, size in sizes.items():
            header[name] = {"dtype": name, "shape": [3, 8], "data_offsets": [len(data), len(data) + size]}
            data += bytes(range(size))
        text = json.dumps(header, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 8)
        source.write_bytes(len(text).to_bytes(8, "little") + text + data)
        self.run_fmtconv("--verify", source, out)
        self.assertEqual(source.read_bytes(), out.read_bytes())
        with safetensors.safe_open(out, "pt") as f:
            for name in sizes:
                part = f.get_slice(name)
                self.assertEqual((part.get_dtype(), part.get_shape()), (name, [3, 8]))
        packed = torch.arange(24, dtype=torch.uint8).reshape(3, 8).view(torch.float4_e2m1fn_x2)
        safetensors.torch.save_file({"x": packed, "y": torch.ones(3)}, source, {"format": "pt"})
        self.run_fmtconv("-f", source, out)
        self.assertEqual(source.read_bytes(), out.read_bytes())
        run = self.run_fmtconv("-f", "--dtype", "f16", source, out)
        self.assertIn("1 tensor is not floating-point and keeps its data type", run.stderr)

    def test_metadata(self):
        source, out = self.tmp / "a.safetensors", self.tmp / "b.safetensors"
        safetensors.torch.save_file({"x": torch.ones(2)}, source, {"format": "pt", "author": "me", "note": "n"})
        self.run_fmtconv("-w", "safetensors:metadata.note=,metadata.more=a\\,b", source, out)
        with safetensors.safe_open(out, "pt") as f:
            self.assertEqual(f.metadata(), {"format": "pt", "author": "me", "more": "a,b"})

    def official_header(self, path, text):
        """Writes a file with this header and 8 bytes; returns whether the official library opens it."""
        path.write_bytes(len(text).to_bytes(8, "little") + text.encode() + bytes(8))
        try:
            with safetensors.safe_open(path, "pt") as f:
                return bool(f.keys())
        except safetensors.SafetensorError:
            return False

    def test_no_metadata(self):
        """null instead of the metadata means none, as for the official library."""
        source, out = self.tmp / "a.safetensors", self.tmp / "b.safetensors"
        text = '{"__metadata__":null,"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'
        self.assertTrue(self.official_header(source, text))
        self.run_fmtconv(source, out)
        self.assert_same(safetensors.torch.load_file(out), {"a": torch.zeros(2)})

    def test_minus_zero(self):
        """-0 is not an integer, as for the official library."""
        source, out = self.tmp / "a.safetensors", self.tmp / "b.safetensors"
        for shape, offsets, wanted in (("2", "0,8", True), ("2", "-0,8", False), ("2", "0,8", True), ("-0,2", "0,8", False)):
            text = f'{{"a":{{"dtype":"F32","shape":[{shape}],"data_offsets":[{offsets}]}}}}'
            self.assertEqual(self.official_header(source, text), wanted)
            said = self.run_fmtconv("-f", source, out, status=0 if wanted else 1).stderr
            self.assertEqual("non-negative integer" in said, not wanted)

    def test_name_of_the_metadata(self):
        """The one name that no tensor can have."""
        source, out = self.tmp / "in.pt", self.tmp / "out.safetensors"
        torch.save({"__metadata__": torch.ones(2), "a": torch.ones(1)}, source)
        result = self.run_fmtconv("-t", "none", source, out, status=1)
        self.assertIn("tensor '__metadata__'", result.stderr)
        self.assertFalse(out.exists())
        self.run_fmtconv("-t", "drop:name=__metadata__", source, out)
        self.assert_same(safetensors.torch.load_file(out), {"a": torch.ones(1)})

    def test_casts(self):
        """Every float type to every other, all bit patterns of the small ones."""
        generator = torch.Generator().manual_seed(4)
        tensors = {"f16": torch.arange(65536, dtype=torch.int32).to(torch.uint16).view(torch.float16),
                   "bf16": torch.arange(65536, dtype=torch.int32).to(torch.uint16).view(torch.bfloat16),
                   "e4m3": torch.arange(256, dtype=torch.int32).to(torch.uint8).view(torch.float8_e4m3fn),
                   "e5m2": torch.arange(256, dtype=torch.int32).to(torch.uint8).view(torch.float8_e5m2),
                   "f32": random_bytes((9999,), torch.float32, generator),
                   "f64": random_bytes((999,), torch.float64, generator),
                   "normal": torch.randn(30001, generator=generator), "i64": torch.arange(5)}
        source, out = self.tmp / "a.safetensors", self.tmp / "b.safetensors"
        safetensors.torch.save_file(tensors, source)
        for name, dtype in FLOATS.items():
            with self.subTest(to=name):
                self.run_fmtconv("-f", "-q", "--dtype", name, source, out)
                wanted = {k: t.to(dtype) if t.is_floating_point() else t for k, t in tensors.items()}
                self.assert_close_nan(safetensors.torch.load_file(out), wanted)

    def assert_close_nan(self, got, wanted):
        """Equal bits, but that a NaN may carry another payload."""
        for name, w in wanted.items():
            g = got[name]
            self.assertEqual(g.dtype, w.dtype)
            if not w.is_floating_point():
                self.assertTrue(torch.equal(g, w), name)
                continue
            g, w = g.double(), w.double()
            same = (g == w) & (torch.signbit(g) == torch.signbit(w)) | (g.isnan() & w.isnan())
            self.assertTrue(bool(same.all()), f"{name}: {g[~same][:4]} for {w[~same][:4]}")


if __name__ == "__main__":
    unittest.main()
