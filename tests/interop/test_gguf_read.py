# SPDX-License-Identifier: Apache-2.0
"""Unusual GGUF files that other programs write and read: big-endian ones, strings of any bytes, no padding at the end."""
# Plugins: gguf safetensors

import json
import struct
import unittest

import ggmlfile
import gguf
import numpy as np
import safetensors.torch
import torch
from support import Case
from zoomake import finish

TYPES = gguf.GGUFValueType
NUMBERS = {TYPES.UINT8: (0, 255), TYPES.INT8: (-128, 127), TYPES.UINT16: (1, 65535), TYPES.INT16: (-32768, 2),
           TYPES.UINT32: (3, 2**32 - 1), TYPES.INT32: (-2**31, 4), TYPES.UINT64: (5, 2**64 - 1), TYPES.INT64: (-2**63, 6),
           TYPES.FLOAT32: (0.5, float("inf")), TYPES.FLOAT64: (1e300, -0.0), TYPES.BOOL: (False, True), TYPES.STRING: ("", "é\n")}


def string(raw):
    return struct.pack("<Q", len(raw)) + raw


def fields(path):
    """All keys with types and values, as gguf-py reads them."""
    return {k: (f.types, f.contents()) for k, f in gguf.GGUFReader(path).fields.items() if not k.startswith("GGUF.")}


class Reading(Case):
    def setUp(self):
        super().setUp()
        self.source, self.out, self.plain = self.tmp / "a.gguf", self.tmp / "b.gguf", self.tmp / "c.safetensors"

    def write(self, endian, tensors):
        writer = gguf.GGUFWriter(self.source, "test", endianess=endian)
        for kind, (a, b) in NUMBERS.items():
            writer.add_key_value(f"x.{kind.name.lower()}", b, kind)
            writer.add_key_value(f"test.{kind.name.lower()}", a, kind)
            writer.add_key_value(f"y.{kind.name.lower()}", [a, b] * 40, TYPES.ARRAY, sub_type=kind)
        writer.add_key_value("long", list(range(100000)), TYPES.ARRAY, sub_type=TYPES.UINT64)
        writer.add_key_value("words", [str(i) * (i % 9) for i in range(9000)], TYPES.ARRAY, sub_type=TYPES.STRING)
        writer.add_custom_alignment(64)
        for name, values in tensors.items():
            writer.add_tensor(name, values, raw_dtype=gguf.GGMLQuantizationType.BF16 if values.dtype == np.uint16 else None)
        finish(writer)

    def test_big_endian(self):
        """Keys and tensors of a big-endian file of gguf-py are those of its little-endian one."""
        random = np.random.default_rng(0)
        tensors = {d.__name__: random.integers(0, 100, (5, 7)).astype(d)
                   for d in (np.float32, np.float16, np.float64, np.int8, np.int16, np.int32, np.int64, np.uint16)}
        self.write(gguf.GGUFEndian.LITTLE, tensors)
        little = self.source.read_bytes()
        self.run_fmtconv("--verify", self.source, self.out)
        wanted = self.out.read_bytes()
        self.write(gguf.GGUFEndian.BIG, tensors)
        self.assertNotEqual(self.source.read_bytes(), little)
        result = self.run_fmtconv("-f", "--verify", self.source, self.out)
        self.assertEqual(self.out.read_bytes(), wanted)
        self.assertIn("(gguf)", result.stderr)
        before, after = fields(self.source), fields(self.out)
        self.assertEqual({k: after[k] for k in before}, before)
        read = ggmlfile.read(self.out)
        self.assertIsNotNone(read, "ggml refuses it")
        for name, values in tensors.items():
            self.assertEqual(read[2][name][1].tobytes(), values.tobytes(), name)
        self.run_fmtconv("--dtype", "f32", self.source, self.plain)
        got = safetensors.torch.load_file(self.plain)
        self.assertTrue(torch.equal(got["float16"], torch.from_numpy(tensors["float16"]).float()))

    def test_big_endian_blocks(self):
        """Nobody agrees on the bytes of big-endian blocks: refused by name, with the way out."""
        writer = gguf.GGUFWriter(self.source, "test", endianess=gguf.GGUFEndian.BIG)
        writer.add_tensor("w", np.zeros((2, 34), np.uint8), raw_dtype=gguf.GGMLQuantizationType.Q8_0)
        finish(writer)
        result = self.run_fmtconv(self.source, self.out, status=1)
        self.assertIn("tensor 'w': blocks of q8_0 in big-endian order are not supported", result.stderr)
        self.assertIn("gguf-convert-endian", result.stderr)

    def test_strings(self):
        """Values that are not text are written back as they are; an inspection shows them escaped."""
        tokens, model = [b"ok", b"\xf6\x80", b"a\0b", b"\x1b[31m", "é".encode()], b"\xff\xfe"
        keys = [(b"general.architecture", 8, string(b"falcon")), (b"general.name", 8, string(model)),
                (b"tokenizer.ggml.tokens", 9, struct.pack("<IQ", 8, len(tokens)) + b"".join(map(string, tokens))),
                (b"falcon.x", 8, string(b"\x80")), (b"falcon.list", 9, struct.pack("<IQ", 8, 1) + string(b"\xc0")),
                (b"falcon.y", 8, string(b"text"))]
        data = np.arange(9, dtype=np.float32).tobytes()
        head = b"GGUF" + struct.pack("<IQQ", 3, 1, len(keys)) + b"".join(string(k) + struct.pack("<I", t) + v for k, t, v in keys)
        head += string(b"a") + struct.pack("<IQQIQ", 2, 3, 3, 0, 0)
        self.source.write_bytes(head + b"\0" * (-len(head) % 32) + data)
        self.run_fmtconv("--verify", self.source, self.out)
        after = gguf.GGUFReader(self.out).fields
        for key, kind, value in keys:
            field = after[key.decode()]
            self.assertEqual(field.types[0], kind)
            self.assertIn(b"".join(p.tobytes() for p in field.parts[-2:]), value)
        field = after["tokenizer.ggml.tokens"]
        self.assertEqual([bytes(field.parts[i]) for i in field.data], tokens)
        self.assertEqual(bytes(after["general.name"].parts[-1]), model)
        self.assertIsNotNone(ggmlfile.read(self.out), "ggml refuses it")
        shown = self.run_fmtconv("inspect", "--json", self.source).stdout.splitlines()[-1]
        attributes = json.loads(shown)["attributes"]
        self.assertEqual(attributes["gguf"]["tokenizer.ggml.tokens"][:2], ["ok", "\\xf6\\x80"])
        self.assertEqual(attributes["gguf"]["general.name"], {"bytes": ["\\xff\\xfe"]})
        self.assertEqual(attributes["config"], {"y": "text"})
        self.run_fmtconv(self.source, self.plain)
        self.assertEqual(safetensors.torch.load_file(self.plain)["a"].tolist(), np.arange(9.0).reshape(3, 3).tolist())

    def test_end(self):
        """A file that ends with its last byte of data, or with more zeros than padding."""
        writer = gguf.GGUFWriter(self.source, "test")
        writer.add_tensor("a", np.arange(3, dtype=np.float32))
        writer.add_tensor("b", np.arange(5, dtype=np.float32))
        finish(writer)
        whole = self.source.read_bytes()
        self.run_fmtconv(self.source, self.out)
        wanted = self.out.read_bytes()
        for data in (whole[:-12], whole[:-5], whole + b"\0", whole + b"\0" * 4096):
            self.source.write_bytes(data)
            self.run_fmtconv("-f", "--verify", self.source, self.out)
            self.assertEqual(self.out.read_bytes(), wanted)
        for data, says in ((whole[:-13], "the file is truncated"), (whole + b"\0" * 9 + b"\1", "belong to no tensor")):
            self.source.write_bytes(data)
            self.assertIn(says, self.run_fmtconv("-f", self.source, self.out, status=1).stderr)

    def write_with(self, architecture, tensors):
        writer = gguf.GGUFWriter(self.source, architecture)
        for name, values in tensors.items():
            writer.add_tensor(name, values)
        finish(writer)

    def test_limits(self):
        """Files that ggml refuses are refused, except those that ComfyUI-GGUF makes of image models, and our own."""
        five, long = {"a": np.ones((2, 1, 2, 1, 2), np.float32)}, {"n" * 100: np.ones(2, np.float32)}
        for tensors, says in ((five, "5 dimensions, more than the limit of 4"), (long, "100 bytes of a name, more than the limit of 63")):
            shapes = {n: v.shape for n, v in tensors.items()}
            for architecture, accepted in (("test", False), ("llama", False), ("wan", True), ("hyvid", True)):
                self.write_with(architecture, tensors)
                self.assertIsNone(ggmlfile.read(self.source))
                if accepted:
                    self.run_fmtconv("-f", self.source, self.plain)
                else:
                    result = self.run_fmtconv("-f", self.source, self.plain, status=1)
                    self.assertIn(says, result.stderr)
                    self.assertIn("-r gguf:limits=gguf-py", result.stderr)
                    self.run_fmtconv("-f", "-r", "gguf:limits=gguf-py", self.source, self.plain)
                self.assertEqual({n: tuple(t.shape) for n, t in safetensors.torch.load_file(self.plain).items()}, shapes)
                self.run_fmtconv("-r", "gguf:limits=ggml", "-f", self.source, self.plain, status=1)
        self.write_with("wan", five)
        self.run_fmtconv("-w", "gguf:fold=yes", self.source, self.out)
        self.assertIsNotNone(ggmlfile.read(self.out))
        self.assertEqual(fields(self.out)["comfy.gguf.orig_shape.a"][1], [2, 1, 2, 1, 2])

    def test_own_names(self):
        """Long names that were asked for are recorded, in each file of a model; the record goes with the names."""
        tensors = {"n" * 100: torch.ones(20), "m" * 63: torch.ones(20), "k" * 70: torch.ones(20)}
        safetensors.torch.save_file(tensors, self.plain)
        self.run_fmtconv("--verify", "-w", "gguf:architecture=test,name-limit=100,split-max-size=1", self.plain, self.tmp / "s.gguf")
        parts = sorted(self.tmp.glob("s-*"))
        limits = [fields(p).get("fmtconv.name_limit", (0, 0))[1] for p in parts]
        longest = [max(len(t.name) for t in gguf.GGUFReader(p).tensors) for p in parts]
        self.assertEqual(limits, [100] + [n if n > 63 else 0 for n in longest[1:]])
        self.run_fmtconv("-t", "select:name=m*", parts[1], self.out)
        self.assertNotIn("fmtconv.name_limit", fields(self.out))
        self.run_fmtconv("-f", "-w", "gguf:name-limit=128", parts[2], self.out)
        self.assertEqual(fields(self.out)["fmtconv.name_limit"][1], 100)


if __name__ == "__main__":
    unittest.main()
