# SPDX-License-Identifier: Apache-2.0
"""GGUF files: fmtconv's files read by ggml, gguf-py and diffusers, and their files read by fmtconv."""
# Plugins: cast cogvideox-transformer cogvideox-vae dequantize diffusers gguf quantize safetensors torch

import json
import shutil
import struct
import unittest
from dataclasses import replace

import cogmake
import ggmlfile
import gguf
import numpy as np
import safetensors.torch
import torch
from diffusers import CogVideoXTransformer3DModel
from diffusers.models.model_loading_utils import load_gguf_checkpoint
from diffusers.quantizers.gguf.utils import _replace_with_gguf_linear as replace_linear
from support import Case
from zoomake import finish

PLAIN = {torch.float32: 0, torch.float16: 1, torch.int8: 24, torch.int16: 25, torch.int32: 26, torch.int64: 27,
         torch.float64: 28, torch.bfloat16: 30}
SHAPES = {"scalar": (), "empty": (0,), "empty-2": (0, 3), "empty-3": (2, 0, 4), "one": (1,), "odd": (7,), "rows": (3, 5),
          "four": (2, 3, 4, 5), "ones": (1, 1, 1, 1)}
ARCHITECTURE = "gguf:architecture=test"


def random_bits(shape, dtype, generator):
    """Any bits but those of NaN and infinity (as an f32), which ggml calls invalid."""
    if dtype is torch.float64:
        return torch.randn(shape, dtype=dtype, generator=generator)
    count = torch.Size(shape).numel()
    raw = torch.randint(0, 256, (count * dtype.itemsize,), dtype=torch.uint8, generator=generator).view(dtype)
    return (raw.nan_to_num(0, 0, 0) if dtype.is_floating_point else raw).reshape(shape)


def string(text):
    """As GGUF has it."""
    return struct.pack("<Q", len(text)) + text.encode()


def zoo():
    generator = torch.Generator().manual_seed(5)
    return {f"{str(d)[6:]}.{n}": random_bits(s, d, generator) for d in PLAIN for n, s in SHAPES.items()}


class Gguf(Case):
    def setUp(self):
        super().setUp()
        self.source, self.out, self.back = self.tmp / "a.safetensors", self.tmp / "a.gguf", self.tmp / "b.safetensors"

    def convert(self, tensors, writer=ARCHITECTURE, metadata=None, status=0, *more):
        safetensors.torch.save_file(tensors, self.source, metadata)
        return self.run_fmtconv("-f", "--verify", "-w", writer, *more, self.source, self.out, status=status)

    def check(self, path, wanted, folded=()):
        """ggml and gguf-py read the file; both see these tensors.  folded: names stored under another shape."""
        seen = ggmlfile.read(path)
        self.assertIsNotNone(seen, "ggml refuses it")
        version, keys, tensors = seen
        self.assertEqual(version, 3)
        self.assertEqual(sorted(tensors), sorted(wanted))
        by_py = {t.name: t for t in gguf.GGUFReader(path).tensors}
        self.assertEqual(list(tensors), list(by_py))
        for name, w in wanted.items():
            kind, raw = tensors[name]
            self.assertEqual(kind, PLAIN[w.dtype], name)
            self.assertEqual(raw.tobytes(), w.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes(), name)
            self.assertTrue(ggmlfile.is_valid(kind, raw), name)
            self.assertEqual((int(by_py[name].tensor_type), by_py[name].data.nbytes), (kind, raw.size), name)
            if name not in folded:
                self.assertEqual(tuple(int(n) for n in by_py[name].shape[::-1]), tuple(w.shape), name)
        return keys

    def read_back(self, path):
        self.run_fmtconv("-f", "-q", path, self.back)
        return safetensors.torch.load_file(self.back)

    def fields(self, path):
        return {k: (f.types, f.contents()) for k, f in gguf.GGUFReader(path).fields.items() if not k.startswith("GGUF.")}


class Tensors(Gguf):
    def test_plain(self):
        """Every plain type and edge shape, to GGUF and back; a second passage changes no byte."""
        tensors = zoo()
        self.convert(tensors)
        self.check(self.out, tensors, [n for n in tensors if n.endswith(("empty-2", "empty-3", "bfloat16.scalar"))])
        self.assert_same(self.read_back(self.out), tensors)
        self.run_fmtconv("-q", self.out, self.tmp / "again.gguf")
        self.assertEqual((self.tmp / "again.gguf").read_bytes(), self.out.read_bytes())

    def test_no_tensors(self):
        self.convert({})
        self.check(self.out, {})
        self.assertEqual(self.read_back(self.out), {})

    def test_alignment(self):
        tensors = {"a": torch.ones(3), "b": torch.zeros(0), "c": torch.ones(5, 7), "d": torch.ones(())}
        for alignment in (2**n for n in range(3, 17)):
            with self.subTest(alignment=alignment):
                self.convert(tensors, f"{ARCHITECTURE},alignment={alignment}")
                self.check(self.out, tensors)
                self.assertEqual(gguf.GGUFReader(self.out).alignment, alignment)
                self.assertEqual(self.out.stat().st_size % alignment, 0)
                self.assert_same(self.read_back(self.out), tensors)
                again = self.tmp / "again.gguf"
                self.run_fmtconv("-f", "-q", self.out, again)
                self.assertEqual(again.read_bytes(), self.out.read_bytes())
        for alignment in (0, 1, 4, 24, 131072, -8):
            result = self.convert(tensors, f"{ARCHITECTURE},alignment={alignment}", None, 2)
            self.assertIn("is not a power of two from 8 to 65536", result.stderr)

    def test_names(self):
        """ggml reads names of up to 63 bytes; all longer names are listed; the limit can be raised."""
        self.convert({"n" * 63: torch.ones(2), "ü" * 31: torch.ones(2)})
        self.check(self.out, {"n" * 63: torch.ones(2), "ü" * 31: torch.ones(2)})
        long = {"n" * 64: torch.ones(2), "m" * 100: torch.ones(3), "short": torch.ones(1)}
        result = self.convert(long, ARCHITECTURE, None, 1)
        self.assertIn("cannot store 2 of 3 tensors", result.stderr)
        self.assertIn("name-limit=", result.stderr)
        self.assertIn("'" + "n" * 64 + "': the name has 64 bytes, at most 63", result.stderr)
        self.assertIn("'" + "m" * 100 + "': the name has 100 bytes, at most 63", result.stderr)
        self.convert(long, f"{ARCHITECTURE},name-limit=100")
        self.assertIsNone(ggmlfile.read(self.out), "ggml reads such names now: raise the limit")
        self.assertEqual({t.name for t in gguf.GGUFReader(self.out).tensors}, set(long))
        self.assert_same(self.read_back(self.out), long)

    def test_fold(self):
        generator = torch.Generator().manual_seed(6)
        folded = {"five": (2, 3, 4, 5, 6), "eight": (1, 2, 1, 3, 1, 2, 1, 2), "none": (2, 0, 3, 4, 5)}
        tensors = {n: torch.randn(s, generator=generator).half() for n, s in {**folded, "four": (2, 2, 2, 2)}.items()}
        result = self.convert(tensors, ARCHITECTURE, None, 1)
        self.assertIn("cannot store 3 of 4 tensors", result.stderr)
        self.assertIn("'five': 5 dimensions, at most 4", result.stderr)
        self.assertIn("fold=yes", result.stderr)
        self.convert(tensors, ARCHITECTURE + ",fold=yes")
        self.check(self.out, tensors, folded)
        shapes = {t.name: tuple(int(n) for n in t.shape[::-1]) for t in gguf.GGUFReader(self.out).tensors}
        self.assertEqual(shapes, {"five": (6, 4, 5, 6), "eight": (6, 2, 1, 2), "none": (0,), "four": (2, 2, 2, 2)})
        fields = self.fields(self.out)
        self.assertEqual(fields["comfy.gguf.orig_shape.five"],
                         ([gguf.GGUFValueType.ARRAY, gguf.GGUFValueType.INT32], [2, 3, 4, 5, 6]))
        self.assert_same(self.read_back(self.out), tensors)
        odd = {"ü %": torch.ones(1, 2, 1, 2, 1)}
        self.convert(odd, ARCHITECTURE + ",fold=yes")
        self.check(self.out, odd, odd)
        self.assert_same(self.read_back(self.out), odd)

    def test_every_block_type(self):
        """Files of gguf-py are converted unchanged."""
        writer, random = gguf.GGUFWriter(self.out, "test"), np.random.default_rng(0)
        for kind in gguf.GGMLQuantizationType:
            if kind.name not in ("Q8_1", "Q8_K"):
                _, size = gguf.GGML_QUANT_SIZES[kind]
                writer.add_tensor(kind.name, random.integers(0, 256, (2, 3, 2 * size), np.uint8), raw_dtype=kind)
        finish(writer)
        again = self.tmp / "again.gguf"
        self.run_fmtconv("--verify", self.out, again)
        _, _, wanted = ggmlfile.read(self.out)
        _, keys, got = ggmlfile.read(again)
        self.assertEqual(list(got), list(wanted))
        for name, (kind, raw) in wanted.items():
            self.assertEqual(got[name][0], kind)
            self.assertTrue(np.array_equal(got[name][1], raw), name)
        self.assertEqual([t.shape.tolist() for t in gguf.GGUFReader(again).tensors],
                         [t.shape.tolist() for t in gguf.GGUFReader(self.out).tensors])

    def test_large(self):
        """More than 2^31 elements of a type of one bit, in a file with holes."""
        count, kind = 2**31 + 1024, gguf.GGMLQuantizationType.Q1_0
        size = count // 128 * 18
        head = b"GGUF" + struct.pack("<IQQ", 3, 1, 1) + string("general.architecture") + struct.pack("<I", 8) + string("test")
        head += string("big") + struct.pack("<IQQIQ", 2, count // 8, 8, kind, 0)
        source = self.tmp / "sparse.gguf"
        begin, marks = (len(head) + 31) // 32 * 32, {block * 18: bytes(range(block % 7, block % 7 + 18))
                                                     for block in (0, count // 256, count // 128 - 1)}
        with source.open("wb") as f:
            f.write(head)
            f.truncate(begin + (size + 31) // 32 * 32)
            for at, mark in marks.items():
                f.seek(begin + at)
                f.write(mark)
        self.run_fmtconv("-q", source, self.out)
        _, _, seen = ggmlfile.read(self.out, data=False)
        self.assertEqual({n: (k, raw.size) for n, (k, raw) in seen.items()}, {"big": (kind, size)})
        tensor = gguf.GGUFReader(self.out).tensors[0]
        self.assertEqual(tensor.shape.tolist(), [count // 8, 8])
        wanted = np.memmap(source, np.uint8, "r", begin, (size,))
        self.assertTrue(np.array_equal(tensor.data.reshape(-1), wanted))
        report = json.loads(self.run_fmtconv("inspect", "--json", self.out).stdout.splitlines()[-1])
        self.assertEqual(report["parameters"], count)

    def test_many_tiny(self):
        """Time grows with the number of tensors, not with its square."""
        tensors = {f"blk.{i}.weight": torch.ones(2, 2) for i in range(8000)}
        self.convert(tensors)
        self.check(self.out, tensors)
        result = self.run_fmtconv("--json", self.out, self.tmp / "again.gguf")
        self.assertLess(json.loads(result.stdout.splitlines()[-1])["seconds"], 2)

    def test_data_types(self):
        """Data types that GGUF does not have are refused by name."""
        bad = {"u": torch.ones(2, dtype=torch.uint8), "c": torch.ones(2, dtype=torch.complex64),
               "f": torch.ones(2, dtype=torch.float8_e4m3fn), "fine": torch.ones(2)}
        result = self.convert(bad, ARCHITECTURE, None, 1)
        for text in ("'u': u8 cannot be stored", "'c': c64 cannot", "'f': f8_e4m3 cannot", "3 of 4 tensors"):
            self.assertIn(text, result.stderr)
        result = self.convert({"f": bad["f"]}, ARCHITECTURE, None, 1)
        self.assertIn("--dtype f32", result.stderr)


class Keys(Gguf):
    def test_general(self):
        for dtype, number in ((torch.float32, 0), (torch.float16, 1), (torch.bfloat16, 32)):
            self.convert({"w": torch.ones(64, 8).to(dtype), "bias": torch.ones(8)})
            fields = self.fields(self.out)
            u32 = [gguf.GGUFValueType.UINT32]
            self.assertEqual(fields["general.file_type"], (u32, number))
            self.assertEqual(fields["general.quantization_version"], (u32, 2))
            self.assertEqual(fields["general.alignment"], (u32, 32))
            self.assertEqual(list(fields)[0], "general.architecture")
        self.convert({"w": torch.ones(4, dtype=torch.int64)})
        self.assertNotIn("general.file_type", self.fields(self.out))

    def test_file_type(self):
        """The file type is the requested one; a GGUF that is not quantized again keeps its file type."""
        tensors = {"blk.0.to_v.weight": torch.randn(256, 256), "blk.0.to_q.weight": torch.randn(256, 256), "blk.0.bias": torch.ones(256)}
        safetensors.torch.save_file(tensors, self.source)
        types = gguf.LlamaFileType
        for to, wanted in (("q8_0", types.MOSTLY_Q8_0), ("Q4_0", types.MOSTLY_Q4_0), ("q5_1", types.MOSTLY_Q5_1),
                           ("Q4_K_M", types.MOSTLY_Q4_K_M), ("Q4_K_S", types.MOSTLY_Q4_K_S), ("q4_K", types.MOSTLY_Q4_K_M),
                           ("Q3_K_L", types.MOSTLY_Q3_K_L), ("q6_K", types.MOSTLY_Q6_K), ("iq4_nl", types.MOSTLY_IQ4_NL),
                           ("mxfp4", types.MOSTLY_MXFP4_MOE), ("bf16", types.MOSTLY_BF16)):
            with self.subTest(to=to):
                self.run_fmtconv("-f", "-t", "quantize:to=" + to, "-w", ARCHITECTURE, self.source, self.out)
                self.assertEqual(self.fields(self.out)["general.file_type"][1], wanted)
                self.assertEqual(self.fields(self.out)["general.quantization_version"][1], gguf.GGML_QUANT_VERSION)
                _, _, seen = ggmlfile.read(self.out)
                self.assertTrue(all(ggmlfile.is_valid(kind, raw) for kind, raw in seen.values()))
                self.run_fmtconv("-f", self.out, self.tmp / "again.gguf")
                self.assertEqual((self.tmp / "again.gguf").read_bytes(), self.out.read_bytes())
        for file_type, kept in ((types.MOSTLY_Q4_K_S, types.MOSTLY_Q4_K_S), (types.ALL_F32, types.MOSTLY_Q4_K_M)):
            writer = gguf.GGUFWriter(self.out, "test")
            writer.add_file_type(file_type)
            writer.add_tensor("w", np.zeros((2, 144), np.uint8), raw_dtype=gguf.GGMLQuantizationType.Q4_K)
            finish(writer)
            self.run_fmtconv("-f", self.out, self.tmp / "again.gguf")
            self.assertEqual(self.fields(self.tmp / "again.gguf")["general.file_type"][1], kept)

    def test_architecture(self):
        result = self.convert({"w": torch.ones(1)}, "gguf", None, 1)
        self.assertIn("architecture=", result.stderr)
        for name in ("Test", "a.b", "_a", "-a", "general", "split"):
            result = self.convert({"w": torch.ones(1)}, "gguf:architecture=" + name, None, 2)
            self.assertIn(f"'{name}' cannot be an architecture", result.stderr)
        self.convert({"w": torch.ones(1)}, "gguf:architecture=first")
        self.run_fmtconv("-w", "gguf:architecture=second", self.out, self.tmp / "b.gguf")
        self.assertEqual(self.fields(self.tmp / "b.gguf")["general.architecture"][1], "second")
        for name in gguf.MODEL_ARCH_NAMES.values():
            if set(name) & set("-_"):
                self.convert({"w": torch.ones(1)}, "gguf:architecture=" + name, None)
                self.assertEqual(self.fields(self.out)["general.architecture"][1], name)

    def test_metadata(self):
        """Metadata of any keys and values comes through."""
        metadata = {"format": "pt", "ü %": "vé\n\x01", "a.b": "", "x" * 1000: "y" * 100000}
        self.convert({"w": torch.ones(1)}, ARCHITECTURE, metadata)
        self.check(self.out, {"w": torch.ones(1)})
        self.assertEqual(self.fields(self.out)["fmtconv.metadata.format"][1], "pt")
        self.read_back(self.out)
        with safetensors.safe_open(self.back, "pt") as f:
            self.assertEqual(f.metadata(), metadata)

    def test_given(self):
        given = {"general.author": "me", "x.int": 7, "x.neg": -7, "x.big": 2**40, "x.f": 0.5, "x.d": 0.1234567890123,
                 "x.yes": True, "x.list": [1, 2], "x.words": ["a", "b"], "x.quoted": "7", "x.plain": "{% if %}",
                 "x.bools": [True, False], "x.floats": [0.5, 1e-5], "x.wide": [1, 2**40],
                 "gpt-oss.rope.freq_base": 10000.0}
        spelt = {"x.quoted": '"7"', "x.plain": "{% if %}", "general.author": "me"}
        pairs = ",".join("kv.%s=%s" % (k, spelt.get(k, json.dumps(v)).replace(",", "\\,")) for k, v in given.items())
        self.convert({"w": torch.ones(1)}, f"{ARCHITECTURE},{pairs},kv.general.file_type=")
        self.assertIsNotNone(ggmlfile.read(self.out))
        fields, types = self.fields(self.out), gguf.GGUFValueType
        for key, value in given.items():
            got = fields[key][1]
            wanted = [np.float32(v) for v in value] if key == "x.floats" else value
            self.assertEqual(got, wanted, key)
        kinds = {"x.int": types.UINT32, "x.neg": types.INT32, "x.big": types.UINT64, "x.f": types.FLOAT32,
                 "x.d": types.FLOAT64, "gpt-oss.rope.freq_base": types.FLOAT32, "x.yes": types.BOOL, "x.quoted": types.STRING}
        for key, kind in kinds.items():
            self.assertEqual(fields[key][0], [kind], key)
        self.assertEqual(fields["x.list"][0][1], types.INT32)
        self.assertEqual(fields["x.wide"][0][1], types.INT64)
        self.assertEqual(fields["x.floats"][0][1], types.FLOAT32)
        self.assertNotIn("general.file_type", fields)
        for key, value, status, says in (("A", "1", 2, "lower-case letters"), ("general.alignment", "64", 2, "sets it"),
                                         ("split.no", "0", 2, "sets it"), ("x", "[1\\,", 2, "not a JSON value"),
                                         ("x", "[[1]]", 1, "cannot hold this kind of value"), ("x", "[1\\,\"a\"]", 1, "cannot hold this kind of value"),
                                         ("x", "[]", 1, "cannot hold this kind of value")):
            result = self.convert({"w": torch.ones(1)}, f"{ARCHITECTURE},kv.{key}={value}", None, status)
            self.assertIn(says, result.stderr)

    def test_kept(self):
        """Every type of value that gguf-py writes comes through with its type, arrays of any length too."""
        writer = gguf.GGUFWriter(self.out, "test")
        types = gguf.GGUFValueType
        values = {types.UINT8: (0, 255), types.INT8: (-128, 127), types.UINT16: (0, 65535), types.INT16: (-32768, 32767),
                  types.UINT32: (0, 2**32 - 1), types.INT32: (-2**31, 2**31 - 1), types.UINT64: (0, 2**64 - 1),
                  types.INT64: (-2**63, 2**63 - 1), types.FLOAT32: (0.5, float("inf")), types.FLOAT64: (1e300, float("-inf")),
                  types.BOOL: (False, True), types.STRING: ("", "é\n")}
        for kind, (a, b) in values.items():
            name = kind.name.lower()
            writer.add_key_value(f"a.{name}", a, kind)
            writer.add_key_value(f"b.{name}", b, kind)
            writer.add_key_value(f"c.{name}", [a, b] * 3, types.ARRAY, sub_type=kind)
            writer.add_key_value(f"d.{name}", [b, a] * 40, types.ARRAY, sub_type=kind)
        writer.add_key_value("long.numbers", list(range(10000)), types.ARRAY, sub_type=types.UINT64)
        writer.add_key_value("long.words", [str(i) * (i % 9) for i in range(9000)], types.ARRAY, sub_type=types.STRING)
        writer.add_key_value("tokens", ["\0", "a\0b", "x"], types.ARRAY, sub_type=types.STRING)
        writer.add_tensor("w", np.ones(3, np.float32))
        finish(writer)
        again = self.tmp / "again.gguf"
        self.run_fmtconv("-q", self.out, again)
        before, after = self.fields(self.out), self.fields(again)
        self.assertEqual({k: after[k] for k in before}, before)
        shown = json.loads(self.run_fmtconv("inspect", "--json", again).stdout.splitlines()[-1])["attributes"]["gguf"]
        self.assertEqual(shown["d.int8"], {"type": "i8", "items": 80, "first": [127, -128] * 4})
        self.assertEqual(shown["b.float64"], "-Infinity")
        self.assertEqual(shown["c.string"], ["", "é\n"] * 3)
        self.assertEqual(shown["a.float32"], 0.5)

    def test_memory(self):
        """A long array costs no memory: its bytes go from file to file."""
        count = 1 << 24
        head = b"GGUF" + struct.pack("<IQQ", 3, 0, 2) + string("general.architecture") + struct.pack("<I", 8) + string("test")
        head += string("x.long") + struct.pack("<IIQ", 9, 11, count)
        with self.out.open("wb") as f:
            f.write(head)
            f.truncate(len(head) + 8 * count)
        again = self.tmp / "again.gguf"
        report = json.loads(self.run_fmtconv("--json", self.out, again).stdout.splitlines()[-1])
        self.assertLess(report["memory"]["catalogue"], 1 << 20)
        added = sum(8 + len(k) + 4 + 4 for k in ("general.quantization_version", "general.alignment"))
        self.assertEqual(again.stat().st_size, (self.out.stat().st_size + added + 31) // 32 * 32)


class Splits(Gguf):
    def sizes(self):
        generator = torch.Generator().manual_seed(7)
        return {f"t{i:02}": torch.randn(int(torch.randint(1, 200, (), generator=generator)), generator=generator)
                for i in range(20)}

    def by_llama(self, tensors, most):
        """gguf-split's rule: in order, by padded sizes."""
        files, used = [[]], 0
        for name, size in tensors:
            if files[-1] and used + size > most:
                files.append([])
                used = 0
            files[-1].append(name)
            used += size
        return files

    def test_split(self):
        tensors = {**self.sizes(), "five": torch.ones(2, 1, 2, 1, 2), "huge": torch.ones(1000),
                   "zero": torch.tensor(1.5, dtype=torch.bfloat16)}
        for most in (1, 512, 1000, 4096, 100000):
            with self.subTest(most=most):
                shutil.rmtree(self.tmp / "s", ignore_errors=True)
                (self.tmp / "s").mkdir()
                out = self.tmp / "s" / "x.gguf"
                safetensors.torch.save_file(tensors, self.source, {"format": "pt", "note": "kept"})
                self.run_fmtconv("--verify", "-w", f"{ARCHITECTURE},fold=yes,split-max-size={most}", self.source, out)
                whole = self.tmp / "whole.gguf"
                self.run_fmtconv("-f", "-w", ARCHITECTURE + ",fold=yes", self.source, whole)
                order = [(t.name, (t.n_bytes + 31) // 32 * 32) for t in gguf.GGUFReader(whole).tensors]
                files = self.by_llama(order, most)
                paths = sorted((self.tmp / "s").iterdir())
                if len(files) == 1:
                    self.assertEqual(paths, [out])
                    continue
                self.assertEqual([p.name for p in paths],
                                 [f"x-{i + 1:05}-of-{len(files):05}.gguf" for i in range(len(files))])
                for no, (path, names) in enumerate(zip(paths, files)):
                    keys = self.check(path, {n: tensors[n] for n in names}, ["five", "zero"])
                    self.assertEqual((keys["split.no"], keys["split.count"], keys["split.tensors.count"]), (2, 2, 5))
                    fields = self.fields(path)
                    self.assertEqual([fields[f"split.{k}"][1] for k in ("no", "count", "tensors.count")],
                                     [no, len(files), len(tensors)])
                    self.assertEqual("general.architecture" in fields, no == 0)
                for path in (paths[0], paths[-1]):
                    self.assert_same(self.read_back(path), tensors)
                again = self.tmp / "again.gguf"
                self.run_fmtconv("-f", "-w", "gguf:fold=yes", paths[1], again)
                self.assertEqual(again.read_bytes(), whole.read_bytes())

    def test_of_gguf_py(self):
        """The split files that gguf-py writes; the first has all keys, which apply to all files."""
        writer = gguf.GGUFWriter(self.tmp / "p.gguf", "test", split_max_tensors=2)
        wanted = {f"t{i}": torch.arange(4 + i).float() for i in range(5)}
        for name, t in wanted.items():
            writer.add_tensor(name, t.numpy())
        writer.add_string("general.name", "in three files")
        writer.add_array("comfy.gguf.orig_shape.t4", [2, 1, 4])
        wanted["t4"] = wanted["t4"].reshape(2, 1, 4)
        writer.write_header_to_file(self.tmp / "p.gguf")
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        self.assertEqual(len(list(self.tmp.glob("p-*.gguf"))), 3)
        self.assert_same(self.read_back(self.tmp / "p-00003-of-00003.gguf"), wanted)
        report = json.loads(self.run_fmtconv("inspect", "--json", self.tmp / "p-00002-of-00003.gguf").stdout.splitlines()[-1])
        self.assertEqual((report["title"], report["tensors"]), ("in three files", 5))

    def test_old_files(self):
        """Files of an earlier cut are removed with -f, and refused without."""
        tensors = {"a": torch.ones(100), "b": torch.ones(100)}
        safetensors.torch.save_file(tensors, self.source)
        folder = self.tmp / "s"
        folder.mkdir()
        self.run_fmtconv("-w", ARCHITECTURE + ",split-max-size=400", self.source, folder / "x.gguf")
        self.assertEqual(len(list(folder.iterdir())), 2)
        result = self.run_fmtconv("-w", ARCHITECTURE, self.source, folder / "x.gguf", status=1)
        self.assertIn("x-00001-of-00002.gguf", result.stderr)
        self.run_fmtconv("-f", "-w", ARCHITECTURE, self.source, folder / "x.gguf")
        self.assertEqual([p.name for p in folder.iterdir()], ["x.gguf"])
        self.run_fmtconv("-f", "-w", ARCHITECTURE + ",split-max-size=400", self.source, folder / "x.gguf")
        self.assertEqual(len(list(folder.glob("x-*"))), 2)
        self.assertFalse((folder / "x.gguf").exists())


class CogVideoX(Gguf):
    def test_transformers(self):
        """Names and shapes as diffusers expects them; the configuration is restored in reverse."""
        for m in cogmake.MODELS:
            with self.subTest(model=m.name):
                source, tensors = self.tmp / "m.pt", cogmake.transformer(replace(m, dtype=torch.float16))
                torch.save({"module": tensors}, source)
                tables = not m.rotary or (m.i2v and not m.is_1_5)
                transform = ["-t", "cogvideox-transformer" + (":" + m.sample if tables else "")]
                self.run_fmtconv("-f", "--verify", *transform, source, self.out)
                wanted = cogmake.wanted_transformer(tensors, m)
                self.check(self.out, wanted)
                loaded = load_gguf_checkpoint(self.out)
                self.assertEqual({n: tuple(t.shape) for n, t in loaded.items()},
                                 {n: tuple(t.shape) for n, t in wanted.items()})
                self.assert_config(m)
                direct, back = self.tmp / "direct", self.tmp / "back"
                for folder, command in ((direct, [*transform, source]), (back, [self.out])):
                    shutil.rmtree(folder, ignore_errors=True)
                    self.run_fmtconv(*command, f"{folder}/")
                for path in direct.iterdir():
                    self.assertEqual(path.read_bytes(), (back / path.name).read_bytes(), path.name)

    def test_outputs(self):
        """A transformer that diffusers runs with our Q8_0: as with the decoded weights, and near the original."""
        m = replace(cogmake.BY_NAME["5B"], dtype=torch.float32)
        source, out = self.tmp / "m.pt", self.tmp / "folder"
        torch.save({"module": {n: t * 0.1 for n, t in cogmake.transformer(m).items()}}, source)
        self.run_fmtconv("-t", "cogvideox-transformer", source, f"{out}/")
        self.run_fmtconv("-t", "cogvideox-transformer", "-t", "quantize:to=q8_0,rest=f32", source, self.out)
        self.run_fmtconv("-t", "dequantize", self.out, f"{self.tmp / 'decoded'}/")
        loaded = load_gguf_checkpoint(self.out)
        model = CogVideoXTransformer3DModel.from_pretrained(out).eval()
        decoded = CogVideoXTransformer3DModel.from_pretrained(self.tmp / "decoded").eval()
        with torch.device("meta"):
            quantized = CogVideoXTransformer3DModel.from_config(model.config).eval()
        replace_linear(quantized, torch.float32, loaded)
        self.assertEqual(sorted(loaded), sorted(quantized.state_dict()))
        for name, tensor in loaded.items():  # as diffusers' loader does: torch's loader expects the shape of the values
            module, _, leaf = name.rpartition(".")
            if not isinstance(tensor, torch.nn.Parameter):
                tensor = torch.nn.Parameter(tensor, requires_grad=False)
            quantized.get_submodule(module)._parameters[leaf] = tensor
        self.assertGreater(sum(type(each).__name__ == "GGUFLinear" for each in quantized.modules()), 10)
        random = torch.Generator().manual_seed(8)
        inputs = {"hidden_states": torch.randn(1, 2, 16, 4, 6, generator=random),
                  "encoder_hidden_states": torch.randn(1, 7, cogmake.TEXT, generator=random), "timestep": torch.tensor([500]),
                  "image_rotary_emb": (torch.randn(12, m.head, generator=random), torch.randn(12, m.head, generator=random))}
        with torch.no_grad():
            original, plain, blocks = (each(**inputs).sample for each in (model, decoded, quantized))
        def error(a, b):
            return ((a - b).norm() / b.norm()).item()

        self.assertLess(error(blocks, plain), 1e-3)  # diffusers multiplies codes and scales in f16
        self.assertGreater(error(plain, original), 1e-5)
        self.assertLess(error(blocks, original), 0.007)  # half a step of 1/127 of a block's largest weight, mostly less

    def assert_config(self, m):
        fields, types = self.fields(self.out), gguf.GGUFValueType
        self.assertEqual(fields["general.architecture"][1], "cogvideox")
        self.assertIn("transformer", fields["general.name"][1])
        self.assertEqual(fields["cogvideox.num_layers"], ([types.UINT32], m.layers))
        self.assertEqual(fields["cogvideox.norm_eps"], ([types.FLOAT32], float(np.float32(1e-5))))
        self.assertEqual(fields["cogvideox.attention_bias"], ([types.BOOL], True))
        self.assertEqual(fields["cogvideox.activation_fn"][0], [types.STRING])
        self.assertEqual(fields["cogvideox._class_name"][1], "CogVideoXTransformer3DModel")
        self.assertEqual("cogvideox.patch_size_t" in fields, m.is_1_5)

    def test_vae(self):
        """Its tensors of five dimensions, folded and restored."""
        source = self.tmp / "v.pt"
        torch.save({"state_dict": cogmake.vae()}, source)
        transform = ["-t", "cogvideox-vae:config.norm_num_groups=4"]
        self.run_fmtconv(*transform, "-w", "gguf:fold=yes", source, self.out)
        wanted = cogmake.wanted_vae(cogmake.vae())
        self.check(self.out, wanted, [n for n, t in wanted.items() if t.dim() == 5])
        self.assertEqual(self.fields(self.out)["general.architecture"][1], "cogvideox")
        for folder, command in (("direct", [*transform, source]), ("back", [self.out])):
            self.run_fmtconv(*command, f"{self.tmp / folder}/")
        for path in (self.tmp / "direct").iterdir():
            self.assertEqual(path.read_bytes(), (self.tmp / "back" / path.name).read_bytes(), path.name)

    def test_any_config(self):
        """Values without a type in GGUF are kept, too; numbers are restored as they were written."""
        config = {"_class_name": "X", "none": None, "list": [1, 2], "mixed": [1, "a"], "nested": [[1]], "empty": [], "eps": 1e-5,
                  "object": {"a": {"b": [None]}}, "pi": 3.141592653589793, "scale": 1.15258426, "big": 2**63, "neg": -5,
                  "floats": [0.7, 1e-06], "text": "ü", "yes": True, "ü %.b": 1, "zero": 0.0, "words": ["a", "b"],
                  "_diffusers_version": "0.1"}
        folder = self.tmp / "d"
        folder.mkdir()
        safetensors.torch.save_file({"w": torch.ones(2)}, folder / "diffusion_pytorch_model.safetensors")
        text = json.dumps(config, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        (folder / "config.json").write_text(text)
        self.run_fmtconv("-w", ARCHITECTURE, folder, self.out)
        self.assertIsNotNone(ggmlfile.read(self.out))
        fields = self.fields(self.out)
        self.assertEqual(fields["test.pi"][0], [gguf.GGUFValueType.FLOAT64])
        self.assertEqual(fields["test.eps"][0], [gguf.GGUFValueType.FLOAT32])
        self.assertEqual(fields["fmtconv.config.object"][1], '{"a":{"b":[null]}}')
        self.run_fmtconv(self.out, f"{self.tmp / 'e'}/")
        self.assertEqual((self.tmp / "e" / "config.json").read_text(), text)


if __name__ == "__main__":
    unittest.main()
