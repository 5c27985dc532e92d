# SPDX-License-Identifier: Apache-2.0
"""Block types: our bytes and ggml's, our values and gguf-py's; which tensors get which type."""
# Plugins: cast cogvideox-transformer dequantize gguf quantize safetensors torch
# Marks: arithmetic data

import struct
import unittest

import ggmlfile
import gguf
import safetensors.torch
import torch
from cogmake import Model, transformer, wanted_transformer
from oracle import TYPES, Ggml
from support import Case

PLAIN = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}
FALLBACK = {"q2_K": "q4_0", "q3_K": "q4_0", "iq4_xs": "iq4_nl", "q4_K": "q5_0", "q5_K": "q5_1", "q6_K": "q8_0",
            "tq1_0": "q4_0", "tq2_0": "q4_0"}
GGUF = ("-w", "gguf:architecture=test")
NAMES = {number: name for name, number in TYPES.items()}


def read(path):
    """Names to (type, bytes or tensor) of a GGUF file, as gguf-py sees it."""
    found = {}
    for t in gguf.GGUFReader(path).tensors:
        name = t.tensor_type.name
        if name in PLAIN:
            shape = tuple(int(n) for n in reversed(t.shape))
            found[t.name] = name, torch.tensor(list(t.data.tobytes()), dtype=torch.uint8).view(PLAIN[name]).reshape(shape)
        else:
            found[t.name] = NAMES.get(int(t.tensor_type), name), torch.from_numpy(t.data.copy()).contiguous().view(torch.uint8)
    return found


def weights(*shape, dtype=torch.float32, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return (torch.randn(shape, generator=generator) * 0.05).to(dtype)


class Quantize(Case):
    def setUp(self):
        super().setUp()
        self.ggml = Ggml()
        self.source, self.out = self.tmp / "in.safetensors", self.tmp / "out.gguf"

    def quantize(self, parameters, *more, valid=True):
        """Returns the messages; ggml reads the output. valid: no value became infinite, which ggml refuses."""
        said = self.run_fmtconv("-f", *more, "-t", f"quantize:{parameters}", *GGUF, self.source, self.out).stderr
        seen = ggmlfile.read(self.out)
        self.assertIsNotNone(seen, "ggml refuses it")
        for name, (kind, raw) in seen[2].items():
            self.assertTrue(ggmlfile.is_valid(kind, raw) or not valid, name)
        return said

    def assert_blocks(self, found, name, tensor, dtype):
        self.assertEqual(found[name][0], dtype, name)
        wanted = self.ggml.quantize(dtype, tensor)
        self.assertTrue(torch.equal(found[name][1].reshape(-1), wanted.reshape(-1)), f"{name} {dtype}")

    def assert_plain(self, found, name, tensor, dtype):
        self.assertEqual(found[name][0], dtype, name)
        self.assertTrue(torch.equal(found[name][1], tensor.to(PLAIN[dtype])), name)

    def test_every_type(self):
        """Bytes as ggml's from all inputs, and rows that blocks of 256 do not divide."""
        tensors = {"f32.weight": weights(33, 512), "f16.weight": weights(7, 1024, dtype=torch.float16, seed=1),
                   "bf16.weight": weights(64, 256, dtype=torch.bfloat16, seed=2), "f64.weight": weights(3, 512, seed=3).double(),
                   "short.weight": weights(9, 96, seed=4), "odd.weight": weights(9, 40, seed=5), "line.weight": weights(512, seed=6)}
        safetensors.torch.save_file(tensors, self.source)
        for dtype in TYPES:
            with self.subTest(dtype=dtype):
                said = self.quantize(f"to={dtype}")
                found = read(self.out)
                for name in ("f32.weight", "f16.weight", "bf16.weight", "f64.weight"):
                    self.assert_blocks(found, name, tensors[name], dtype)
                self.assert_blocks(found, "short.weight", tensors["short.weight"], FALLBACK.get(dtype, dtype))
                self.assert_plain(found, "odd.weight", tensors["odd.weight"], "F16")
                self.assert_plain(found, "line.weight", tensors["line.weight"], "F32")
                self.assertIn("5 of 7 tensors are quantized", said)
                if dtype in FALLBACK:
                    self.assertIn(f"{FALLBACK[dtype]}: 1 instead of {dtype}", said)

    def test_which(self):
        """Tensors that are kept, rules, and the type of kept tensors."""
        tensors = {"blocks.0.attn.to_v.weight": weights(32, 256), "blocks.0.norm1.linear.weight": weights(32, 256),
                   "blocks.0.attn.to_v.bias": weights(32), "patch_embed.proj.weight": weights(4, 4, 2, 2),
                   "time_embedding.linear_1.weight": weights(4, 32), "steps": torch.arange(3)}
        safetensors.torch.save_file(tensors, self.source)
        self.quantize("to=q8_0")
        found = read(self.out)
        self.assert_blocks(found, "blocks.0.attn.to_v.weight", tensors["blocks.0.attn.to_v.weight"], "q8_0")
        for name in ("blocks.0.norm1.linear.weight", "patch_embed.proj.weight", "time_embedding.linear_1.weight"):
            self.assert_plain(found, name, tensors[name], "F16")
        self.assert_plain(found, "blocks.0.attn.to_v.bias", tensors["blocks.0.attn.to_v.bias"], "F32")
        self.quantize("to=q8_0,keep=*to_v*,rule=*.linear.weight=q4_K,rule=*linear*=f32,rest=bf16")
        found = read(self.out)
        self.assert_plain(found, "blocks.0.attn.to_v.weight", tensors["blocks.0.attn.to_v.weight"], "BF16")
        self.assert_blocks(found, "blocks.0.norm1.linear.weight", tensors["blocks.0.norm1.linear.weight"], "q4_K")
        self.assert_plain(found, "time_embedding.linear_1.weight", tensors["time_embedding.linear_1.weight"], "F32")
        self.assert_plain(found, "patch_embed.proj.weight", tensors["patch_embed.proj.weight"], "BF16")

    def test_only_weights_of_layers(self):
        """Tensors that no layer multiplies by are not quantized, by any transform, unless a rule names them."""
        plain = {"x_pad_token": (1, 256), "cap_pad_token": (1, 256), "scale_shift_table": (2, 256), "register_tokens": (4, 256),
                 "blocks.0.scale_shift_table": (6, 256), "blocks.0.ff_i.gate.weight": (4, 256), "x_embedder.emb_pos": (8, 256),
                 "blocks.0.modulation": (1, 6, 256), "model.layers.0.mlp.gate.weight": (8, 256), "layers.0.A_log": (64, 256),
                 "blk.0.ffn_gate_inp.weight": (16, 256), "mlp.shared_expert_gate.weight": (1, 256)}
        layers = {"layers.0.attention.qkv.weight": (256, 256), "model.layers.0.mlp.gate_proj.weight": (64, 256),
                  "blocks.0.mlp.gate.weight": (512, 256), "attn.in_proj_weight": (96, 256), "head.weight": (1, 256),
                  "model.layers.0.mlp.experts.gate_up_proj": (2, 64, 256)}
        tensors = {name: weights(*shape, seed=i) for i, (name, shape) in enumerate({**plain, **layers}.items())}
        safetensors.torch.save_file(tensors, self.source)
        said = self.quantize("to=q8_0", "-v")
        found = read(self.out)
        for name in layers:
            self.assert_blocks(found, name, tensors[name], "q8_0")
        for name in plain:
            self.assert_plain(found, name, tensors[name], "F16")
        self.assertIn("6 of 18 tensors are quantized", said)
        self.assertIn("f16: 4 not quantized (gates, which choose experts or heads)", said)
        self.assertIn("f16: 7 not quantized (no layer's weight by name: tokens, tables, modulation)", said)
        self.quantize("to=q8_0,rule=x_pad_token=q4_0,keep=layers.*")
        found = read(self.out)
        self.assert_blocks(found, "x_pad_token", tensors["x_pad_token"], "q4_0")
        self.assert_plain(found, "layers.0.attention.qkv.weight", tensors["layers.0.attention.qkv.weight"], "F16")
        scaled = self.tmp / "scaled.safetensors"
        self.run_fmtconv("-t", "quantize:f8_e4m3,scale=row", self.source, scaled)
        self.assertEqual({n.removesuffix("_scale") for n in safetensors.torch.load_file(scaled) if n.endswith("_scale")}, set(layers))

    def test_nothing_to_quantize(self):
        safetensors.torch.save_file({"a": weights(4, 64), "b.bias": weights(4)}, self.source)
        self.assertIn("no tensor is quantized: rule=GLOB=TYPE", self.quantize("to=q8_0"))
        self.assertNotIn("no tensor is quantized", self.quantize("to=q8_0,rule=a=q8_0"))

    def test_mix(self):
        """Q4_K_M: more bits for values and the second matrix of the feed-forward, in half of the layers."""
        tensors = {"proj_out.weight": weights(4, 256)}
        for i in range(16):
            for name in ("attn1.to_q", "attn1.to_v", "ff.net.2"):
                tensors[f"transformer_blocks.{i}.{name}.weight"] = weights(8, 256, seed=i)
        safetensors.torch.save_file(tensors, self.source)
        self.quantize("to=Q4_K_M")
        found = read(self.out)
        self.assert_blocks(found, "proj_out.weight", tensors["proj_out.weight"], "q6_K")
        more = {0, 1, 4, 7, 10, 13, 14, 15}
        for i in range(16):
            for name in ("attn1.to_q", "attn1.to_v", "ff.net.2"):
                full = f"transformer_blocks.{i}.{name}.weight"
                bits = "q6_K" if i in more and name != "attn1.to_q" else "q4_K"
                self.assert_blocks(found, full, tensors[full], bits)

    def test_mix_of_language_models(self):
        """Names of llama.cpp and of transformers get the same types; for others the mix warns that no name matches."""
        for names in (("blk.{}.attn_q", "blk.{}.attn_v", "blk.{}.ffn_down", "output"),
                      ("model.layers.{}.self_attn.q_proj", "model.layers.{}.self_attn.v_proj", "model.layers.{}.mlp.down_proj", "lm_head")):
            tensors = {names[3] + ".weight": weights(4, 256)}
            for i in range(16):
                for name in names[:3]:
                    tensors[name.format(i) + ".weight"] = weights(8, 256, seed=i)
            safetensors.torch.save_file(tensors, self.source)
            self.assertNotIn("no tensor name matches", self.quantize("to=Q4_K_M"))
            found = read(self.out)
            self.assert_blocks(found, names[3] + ".weight", tensors[names[3] + ".weight"], "q6_K")
            more = {0, 1, 4, 7, 10, 13, 14, 15}
            for i in range(16):
                for k, name in enumerate(names[:3]):
                    full = name.format(i) + ".weight"
                    self.assert_blocks(found, full, tensors[full], "q6_K" if k and i in more else "q4_K")
        safetensors.torch.save_file({"a.weight": weights(4, 256)}, self.source)
        self.assertIn("no tensor name matches the Q4_K_M recipe; all tensors use q4_K", self.quantize("to=Q4_K_M"))

    def test_experts(self):
        """Stacked matrices, the largest part of a mixture of experts."""
        tensors = {"blk.0.ffn_down_exps.weight": weights(3, 4, 256), "conv1.weight": weights(3, 4, 256)}
        safetensors.torch.save_file(tensors, self.source)
        self.quantize("to=q4_K")
        found = read(self.out)
        self.assert_blocks(found, "blk.0.ffn_down_exps.weight", tensors["blk.0.ffn_down_exps.weight"], "q4_K")
        self.assert_plain(found, "conv1.weight", tensors["conv1.weight"], "F16")

    def test_scalar(self):
        """A rule may name a tensor without rows: it gets a type that a row of one element allows."""
        tensors = {"s": torch.tensor(3.0), "w.weight": weights(4, 64)}
        safetensors.torch.save_file(tensors, self.source)
        for rule in ("rule=*=q4_0", "rule=s=q8_0"):
            self.assertIn("f16: 1 instead of q", self.quantize(f"to=q4_0,{rule}"))
            found = read(self.out)
            self.assert_plain(found, "s", tensors["s"], "F16")
            self.assert_blocks(found, "w.weight", tensors["w.weight"], "q4_0")

    def test_long_summary(self):
        """Every tensor is counted in it, however many kinds there are."""
        safetensors.torch.save_file({f"w{n}.weight": weights(2, 2 * n + 1) for n in range(1, 75)}, self.source)
        said = self.quantize("to=q8_0", "-v")
        self.assertEqual(said.count("instead of q8_0"), 64)
        self.assertIn("10 more tensors of other types or rows", said)

    def test_chain(self):
        """After a transform that only renames and splits: diffusers' tensors, quantized."""
        model = Model("5B", hidden=256, head=16)
        state = transformer(model)
        torch.save({"module": state}, self.tmp / "in.pt")
        wanted = wanted_transformer(state, model)
        for more in ((), ("--memory=1M", "--threads=3"), ("--verify",)):
            self.run_fmtconv("-f", *more, "-t", f"cogvideox-transformer:{model.sample}", "-t", "quantize:to=q4_K", *GGUF,
                             self.tmp / "in.pt", self.out)
            found = read(self.out)
            self.assertEqual(sum(kind == "q4_K" for kind, _ in found.values()), 13)
            for name, t in wanted.items():
                if found[name][0] == "q4_K":
                    self.assert_blocks(found, name, t, "q4_K")

    def test_f16_underflow(self):
        """Values outside blocks that become 0 in half precision give a warning."""
        tensors = {"w.weight": weights(4, 64), "conv.weight": torch.full((2, 2, 4), 1e-9, dtype=torch.bfloat16)}
        safetensors.torch.save_file(tensors, self.source)
        said = self.quantize("to=q8_0")
        self.assertIn("16 of 16 values in 1 tensor lost precision", said)
        self.assertIn("conv.weight", said)
        self.run_fmtconv("-f", "--strict", "-t", "quantize:to=q8_0", *GGUF, self.source, self.out, status=1)
        self.assertNotIn("lost precision", self.quantize("to=q8_0,rest=bf16"))

    def test_f16_overflow(self):
        """A value that f16 cannot hold is reported with its tensor; an error under --strict."""
        tensors = {"norm.linear.weight": weights(4, 32), "w.weight": weights(4, 32)}
        tensors["norm.linear.weight"][1, 1] = 1e6
        safetensors.torch.save_file(tensors, self.source)
        self.assertIn("norm.linear.weight", self.quantize("to=q8_0", valid=False))
        result = self.run_fmtconv("-f", "--strict", "-t", "quantize:to=q8_0", *GGUF, self.source, self.out, status=1)
        self.assertIn("norm.linear.weight", result.stderr)
        self.quantize("to=q8_0,rest=bf16", "--strict")

    def test_not_a_number(self):
        for value, said in ((float("nan"), "are NaN"), (float("-inf"), "are infinite")):
            tensors = {"a.weight": weights(64, 512), "b.weight": weights(64, 512)}
            tensors["b.weight"][17, 300] = value
            safetensors.torch.save_file(tensors, self.source)
            result = self.run_fmtconv("-f", "-t", "quantize:to=q4_K", *GGUF, self.source, self.out, status=1)
            self.assertIn(f"tensor 'b.weight': 1 of 32768 values {said}; the first is in row 17", result.stderr)
            self.assertFalse(self.out.exists())

    def test_dequantize(self):
        """Values as ggml's and gguf-py's; a part of them; and cut and joined afterwards."""
        tensors = {name: weights(8, 512, seed=i) for i, name in enumerate(TYPES)}
        safetensors.torch.save_file(tensors, self.source)
        rules = ",".join(f"rule={name}={name}" for name in TYPES)
        self.quantize(f"to=q8_0,{rules}")
        blocks = read(self.out)
        plain = self.tmp / "plain.safetensors"
        for dtype in ("f32", "f16", "bf16"):
            self.run_fmtconv("-f", "-q", "-t", f"dequantize:to={dtype}", self.out, plain)
            found = safetensors.torch.load_file(plain)
            for name in TYPES:
                kind, raw = blocks[name]
                values = self.ggml.dequantize(kind, raw)
                self.assertTrue(torch.equal(found[name], values.to(PLAIN[dtype.upper()])), name)
                theirs = gguf.dequantize(raw.numpy(), gguf.GGMLQuantizationType(TYPES[kind]))
                self.assertTrue(torch.equal(values, torch.from_numpy(theirs)), name)

    def test_globs(self):
        """One that matches no tensor is mistyped."""
        safetensors.torch.save_file({"a.weight": weights(4, 64)}, self.source)
        for wrong in ("rule=b.*=q4_0", "keep=b.*"):
            result = self.run_fmtconv("-t", f"quantize:to=q8_0,keep=a.*,{wrong}", *GGUF, self.source, self.out, status=2)
            self.assertIn("1 glob matches no tensor", result.stderr)
            self.assertIn("b.*", result.stderr)

    def test_dequantize_some(self):
        tensors = {"a.weight": weights(4, 64), "b.weight": weights(4, 64)}
        safetensors.torch.save_file(tensors, self.source)
        self.quantize("to=q8_0")
        first = read(self.out)
        again = self.tmp / "again.gguf"
        said = self.run_fmtconv("-t", "dequantize:only=a.*,to=f16", self.out, again).stderr
        self.assertIn("1 tensor is decoded to f16; 1 stay in blocks", said)
        found = read(again)
        self.assertEqual(found["a.weight"][0], "F16")
        self.assertTrue(torch.equal(found["b.weight"][1], first["b.weight"][1]))
        refused = self.run_fmtconv("-f", self.out, self.tmp / "x.safetensors", status=1)
        self.assertIn("cannot store 2 of 2 tensors", refused.stderr)
        self.assertIn("-t dequantize", refused.stderr)

    def matrices(self, sums, counts):
        """The same importance matrix in llama.cpp's GGUF form and in its older one."""
        new, old = self.tmp / "imatrix.gguf", self.tmp / "imatrix.dat"
        writer = gguf.GGUFWriter(new, "")
        writer.add_type("imatrix")
        data = struct.pack("<i", len(sums))
        for name, values in sums.items():
            writer.add_tensor(f"{name}.in_sum2", values.reshape(1, -1).numpy())
            writer.add_tensor(f"{name}.counts", torch.tensor([[counts[name]]], dtype=torch.float32).numpy())
            data += struct.pack("<i", len(name)) + name.encode() + struct.pack("<ii", counts[name], len(values))
            data += values.numpy().tobytes()
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        old.write_bytes(data + struct.pack("<ii", 7, 4) + b"data")
        return new, old

    def test_importance(self):
        """Bytes as ggml's with the same matrix, for every type that uses one, and those that do not."""
        tensors = {"a.weight": weights(20, 512), "b.weight": weights(5, 256, seed=1), "c.weight": weights(4, 256)}
        safetensors.torch.save_file(tensors, self.source)
        generator = torch.Generator().manual_seed(9)
        sums = {name: torch.rand(tensors[name].shape[1], generator=generator) * 100 for name in ("a.weight", "b.weight")}
        counts = {"a.weight": 7, "b.weight": 3}
        for matrix in self.matrices(sums, counts):
            for dtype in TYPES:
                with self.subTest(matrix=matrix.name, dtype=dtype):
                    said = self.quantize(f"to={dtype},imatrix={matrix}")
                    self.assertIn("entries for 2 of them", said)
                    found = read(self.out)
                    for name, t in tensors.items():
                        importance = sums[name] / counts[name] if name in sums else None
                        wanted = self.ggml.quantize(dtype, t, importance)
                        self.assertTrue(torch.equal(found[name][1].reshape(-1), wanted.reshape(-1)), name)

    def test_importance_of_experts(self):
        """Each expert has an importance of its own; one that no token reached counts as if all columns were equal."""
        stacked = torch.stack([weights(6, 256, seed=i) for i in range(4)])
        safetensors.torch.save_file({"blk.0.ffn_down_exps.weight": stacked, "b.weight": weights(5, 256)}, self.source)
        sums = torch.rand(4, 256, generator=torch.Generator().manual_seed(3)) * 100
        for counts in ([7, 3, 0, 9], [7]):
            writer = gguf.GGUFWriter(self.tmp / "experts.gguf", "")
            writer.add_tensor("blk.0.ffn_down_exps.weight.in_sum2", sums.numpy())
            writer.add_tensor("blk.0.ffn_down_exps.weight.counts", torch.tensor(counts, dtype=torch.float32).reshape(-1, 1).numpy())
            writer.write_header_to_file()
            writer.write_kv_data_to_file()
            writer.write_tensors_to_file()
            writer.close()
            self.check_experts(self.tmp / "experts.gguf", stacked, sums, counts * (4 // len(counts)))
        _, old = self.matrices({"blk.0.ffn_down_exps.weight": sums.reshape(-1)}, {"blk.0.ffn_down_exps.weight": 5})
        self.check_experts(old, stacked, sums, [5] * 4)
        for wrong in (sums[:3], sums[0]):
            for matrix in self.matrices({"blk.0.ffn_down_exps.weight": wrong.reshape(-1)}, {"blk.0.ffn_down_exps.weight": 5}):
                said = self.run_fmtconv("-f", "-t", f"quantize:to=q4_K,imatrix={matrix}", *GGUF, self.source, self.out, status=1).stderr
                self.assertIn("4 x 256", said)
                self.assertIn("blk.0.ffn_down_exps.weight", said)

    def check_experts(self, matrix, stacked, sums, counts):
        for dtype in ("q4_K", "iq4_xs", "q8_0"):
            with self.subTest(matrix=matrix.name, dtype=dtype, counts=counts):
                self.assertIn("entries for 1 of them", self.quantize(f"to={dtype},imatrix={matrix}"))
                wanted = torch.cat([self.ggml.quantize(dtype, t, s / n if n else torch.ones(256)).reshape(-1)
                                    for t, s, n in zip(stacked, sums, counts)])
                self.assertTrue(torch.equal(read(self.out)["blk.0.ffn_down_exps.weight"][1].reshape(-1), wanted))

    def test_importance_of_another_model(self):
        safetensors.torch.save_file({"a.weight": weights(4, 512)}, self.source)
        for sums, said in (({"a.weight": torch.ones(256)}, "512"), ({"a.weight": -torch.ones(512)}, "non-negative")):
            for matrix in self.matrices(sums, {"a.weight": 1}):
                result = self.run_fmtconv("-f", "-t", f"quantize:to=q4_K,imatrix={matrix}", *GGUF, self.source, self.out,
                                          status=1)
                self.assertIn("a.weight", result.stderr)
                self.assertIn(said, result.stderr)
        for matrix in self.matrices({"b.weight": torch.ones(512)}, {"b.weight": 1}):
            command = ["-f", "-t", f"quantize:to=q4_K,imatrix={matrix}", *GGUF, self.source, self.out]
            self.assertIn("has entries for none of them", self.run_fmtconv(*command).stderr)
            self.run_fmtconv("--strict", *command, status=1)
        for columns, calls in ((511, 1), (513, 0)):  # as many numbers as with, or without, how many calls
            _, old = self.matrices({"a.weight": torch.ones(columns)}, {"a.weight": calls})
            result = self.run_fmtconv("-f", "-t", f"quantize:to=q4_K,imatrix={old}", *GGUF, self.source, self.out, status=1)
            self.assertIn(f"has {columns} values for this tensor, which has 1 x 512 columns", result.stderr)
        self.quantize("to=q8_0")
        result = self.run_fmtconv("-t", f"quantize:to=q4_K,imatrix={self.out}", *GGUF, self.source, self.tmp / "x.gguf", status=1)
        self.assertIn("NAME.in_sum2", result.stderr)
        for data in (b"", b"\1", b"\xff\xff\xff\x7f" + b"a" * 40, struct.pack("<iii", 1, 1, 0) + b"a" * 9):
            (self.tmp / "bad.dat").write_bytes(data)
            self.run_fmtconv("-f", "-t", f"quantize:to=q4_K,imatrix={self.tmp / 'bad.dat'}", *GGUF, self.source, self.out,
                             status=1)

    def test_again(self):
        """From one block type to another: with consent, decoded and encoded in one step."""
        tensors = {"a.weight": weights(16, 512)}
        safetensors.torch.save_file(tensors, self.source)
        self.quantize("to=q8_0")
        raw = read(self.out)["a.weight"][1]
        again = self.tmp / "again.gguf"
        self.run_fmtconv("-t", "quantize:to=q4_K", self.out, again, status=1)
        self.run_fmtconv("--allow-lossy", "-t", "quantize:to=q4_K", self.out, again)
        self.assert_blocks(read(again), "a.weight", self.ggml.dequantize("q8_0", raw), "q4_K")
        self.run_fmtconv("-f", "-t", "quantize:to=q8_0", self.out, again)
        self.assertTrue(torch.equal(read(again)["a.weight"][1], raw))


if __name__ == "__main__":
    unittest.main()
