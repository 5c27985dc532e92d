# SPDX-License-Identifier: Apache-2.0
"""8-bit floats with scales, per tensor, row and block: the bytes that torch's arithmetic gives."""
# Plugins: cast cogvideox-transformer dequantize fuse quantize safetensors torch transpose
# Marks: arithmetic

import json

import safetensors.torch
import torch
from cogmake import Model, transformer, wanted_transformer
from support import Case

TYPES = {"F8_E4M3": torch.float8_e4m3fn, "F8_E5M2": torch.float8_e5m2}
TINY = torch.finfo(torch.float32).tiny


def shared(weight, scale, block=(128, 128)):
    """How many rows and columns share a scale."""
    m, n = weight.shape
    return {"tensor": (m, n), "row": (1, n), "block": block}[scale]


def spread(values, rows, columns, shape):
    """Every value `rows` times down and `columns` times to the right, cut to the shape."""
    return values.repeat_interleave(rows, 0).repeat_interleave(columns, 1)[: shape[0], : shape[1]]


def wanted(weight, dtype, scale, block=(128, 128)):
    """The weight as 8-bit floats, and its scales."""
    f32 = weight.float()
    rows, columns = shared(weight, scale, block)
    m, n = (-(-size // step) for size, step in zip(f32.shape, (rows, columns)))
    padded = torch.zeros(m * rows, n * columns)
    padded[: f32.shape[0], : f32.shape[1]] = f32
    largest = padded.abs().reshape(m, rows, n, columns).amax((1, 3))
    scales = largest / torch.full_like(largest, torch.finfo(dtype).max)
    scales = torch.where(largest == 0, torch.ones_like(scales), scales.clamp(min=TINY))
    quotients = f32 / spread(scales, rows, columns, f32.shape)
    return quotients.to(dtype), scales.reshape(1) if scale == "tensor" else scales


def restored(weight, scales, scale, block=(128, 128)):
    """Returns the values that a loader computes of codes and scales."""
    return weight.float() * spread(scales.reshape(1, 1) if scale == "tensor" else scales,
                                   *shared(weight, scale, block), weight.shape)


def numbers(*shape, dtype=torch.float32, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return (torch.randn(shape, generator=generator) * 0.05).to(dtype)


def difficult():
    """Matrices whose largest values are zero, of few bits, or far from the others."""
    rows = numbers(7, 300, seed=9)
    rows[0] = 0
    rows[1] = -0.0
    rows[2] = 2.0 ** -149
    rows[3] = torch.arange(300) * 2.0 ** -149  # /448 rounds to 1 * 2^-149: too small
    rows[4] = torch.linspace(-1, 1, 300) * 448 * 2.0 ** -126
    rows[5, 0] = torch.finfo(torch.float32).max
    rows[6] = torch.linspace(-1, 1, 300) * 671 * 2.0 ** -149
    one = torch.full((130, 130), 1e-45)
    return {"rows.weight": rows, "one.weight": one, "zero.weight": torch.zeros(3, 5),
            "step.weight": (torch.arange(-448, 449) / 3.0).reshape(3, 299)}


class ScaledQuantize(Case):
    def setUp(self):
        super().setUp()
        self.source, self.out = self.tmp / "in.safetensors", self.tmp / "out.safetensors"

    def convert(self, parameters, *more, source=None, status=0):
        """Returns the messages."""
        return self.run_fmtconv("-f", *more, "-t", f"quantize:{parameters}", "-w", "safetensors",
                                source or self.source, self.out, status=status).stderr

    def found(self):
        return safetensors.torch.load_file(self.out)

    def assert_written(self, tensors, dtype, scale, suffix, block=(128, 128)):
        """Matrices with their scales, everything else as it was."""
        expected = {}
        for name, t in tensors.items():
            if t.dim() == 2:
                expected[name], expected[name + suffix] = wanted(t, dtype, scale, block)
            else:
                expected[name] = t
        self.assert_same(self.found(), expected, f"{dtype} {scale}")

    def test_every_kind(self):
        """All inputs and kinds of scales, edges that no block fills, difficult values; nothing overflows."""
        tensors = {"a.weight": numbers(300, 517), "a.bias": numbers(300, seed=1),
                   "b.weight": numbers(129, 64, dtype=torch.bfloat16, seed=2),
                   "c.weight": numbers(1, 1000, dtype=torch.float16, seed=3),
                   "d.weight": numbers(257, 1, seed=4), "e.weight": numbers(256, 128, seed=5).double(),
                   "conv.weight": numbers(4, 3, 2, seed=6), "steps": torch.arange(5)} | difficult()
        safetensors.torch.save_file(tensors, self.source)
        for to, dtype in TYPES.items():
            for scale in ("tensor", "row", "block"):
                with self.subTest(to=to, scale=scale):
                    said = self.convert(f"to={to},scale={scale}", "--strict", "--verify")
                    self.assert_written(tensors, dtype, scale, "_scale_inv" if scale == "block" else "_scale")
                    self.assertIn("9 of 12 tensors are quantized", said)

    def test_sizes_of_blocks(self):
        tensors = {"a.weight": numbers(300, 517, dtype=torch.bfloat16)}
        safetensors.torch.save_file(tensors, self.source)
        for text, block in (("64", (64, 64)), ("1x128", (1, 128)), ("32x1", (32, 1)), ("999x7", (999, 7))):
            self.convert(f"to=f8_e4m3,scale=block,block={text}")
            self.assert_written(tensors, torch.float8_e4m3fn, "block", "_scale_inv", block)

    def test_names(self):
        """The conventions of others; what no layer multiplies by is scaled only if a rule says so and a reader can tell."""
        tensors = {"a.weight": numbers(30, 50), "b.c": numbers(6, 7, seed=1), "d": numbers(5, 5, seed=2)}
        safetensors.torch.save_file(tensors, self.source)
        for choice, name in (("weight_scale", "a.weight_scale"), ("weight_scale_inv", "a.weight_scale_inv"),
                             ("scale_weight", "a.scale_weight")):
            self.convert(f"to=F8_E5M2,scale=tensor,scale-name={choice}")
            expected = dict(tensors)
            expected["a.weight"], expected[name] = wanted(tensors["a.weight"], torch.float8_e5m2, "tensor")
            if choice == "scale_weight":
                expected["scaled_fp8"] = torch.zeros(2).to(torch.float8_e5m2)
            self.assert_same(self.found(), expected, choice)
        rules = "rule=*=F8_E5M2"
        for choice, suffix in (("weight_scale", "_scale"), ("weight_scale_inv", "_scale_inv")):
            self.convert(f"to=F8_E5M2,scale=tensor,scale-name={choice},{rules}")
            expected = {}
            for name, t in tensors.items():
                expected[name], expected[name + suffix] = wanted(t, torch.float8_e5m2, "tensor")
            self.assert_same(self.found(), expected, choice)
            self.run_fmtconv("-f", "-t", "dequantize", self.out, self.tmp / "again.safetensors")
            self.assertEqual(safetensors.torch.load_file(self.tmp / "again.safetensors").keys(), tensors.keys())
        said = self.convert(f"to=F8_E5M2,scale=tensor,scale-name=scale_weight,{rules}", status=1)
        self.assertIn("tensor 'b.c': no reader knows scales called scale_weight", said)

    def test_marker_of_a_whole_checkpoint(self):
        safetensors.torch.save_file({"model.diffusion_model.a.weight": numbers(8, 8)}, self.source)
        self.convert("to=F8_E4M3,scale=tensor,scale-name=scale_weight")
        self.assertEqual(sorted(self.found()),
                         ["model.diffusion_model." + n for n in ("a.scale_weight", "a.weight", "scaled_fp8")])

    def test_which_tensors(self):
        """Rules, kept tensors, and the type of the other tensors."""
        tensors = {"a.weight": numbers(30, 50), "b.weight": numbers(30, 50, seed=1),
                   "norm.weight": numbers(9, 9, seed=2), "embed.weight": numbers(9, 9, seed=3),
                   "c.bias": numbers(9, seed=4)}
        safetensors.torch.save_file(tensors, self.source)
        self.convert("to=f8_e4m3,scale=row,keep=b.*,rule=norm.*=f8_e5m2,rest=bf16")
        expected = {name: tensors[name].bfloat16() for name in ("b.weight", "embed.weight", "c.bias")}
        for name, dtype in (("a.weight", torch.float8_e4m3fn), ("norm.weight", torch.float8_e5m2)):
            expected[name], expected[name + "_scale"] = wanted(tensors[name], dtype, "row")
        self.assert_same(self.found(), expected)

    def test_what_is_tied_stays_tied(self):
        """The same bytes twice are measured once, and written once where a format has ties."""
        weight = numbers(40, 60)
        torch.save({"a.weight": weight, "b.weight": weight}, self.tmp / "in.pt")
        self.run_fmtconv("-t", "quantize:to=F8_E4M3,scale=row", self.tmp / "in.pt", self.tmp / "out.pt")
        value, scale = wanted(weight, torch.float8_e4m3fn, "row")
        found = torch.load(self.tmp / "out.pt", weights_only=True)
        self.assert_same(found, {"a.weight": value, "b.weight": value, "a.weight_scale": scale,
                                 "b.weight_scale": scale})
        for suffix in ("", "_scale"):
            self.assertEqual(found["a.weight" + suffix].data_ptr(), found["b.weight" + suffix].data_ptr())

    def test_behind_other_transforms(self):
        """Measured values are the written ones: concatenated, permuted and cast before."""
        parts = [numbers(70, 200, dtype=torch.bfloat16, seed=i) * (i + 1) for i in range(3)]
        safetensors.torch.save_file({f"x.{n}.weight": p for n, p in zip("qkv", parts)}, self.source)
        fuse = ("-t", r"fuse:from=x.{p:q\,k\,v}.weight,to=x.qkv.weight")
        for before, weight in (((), torch.cat(parts)), (("-t", "transpose:name=*"), torch.cat(parts).T.contiguous()),
                               (("-t", "cast:to=f16"), torch.cat(parts).half())):
            for scale in ("tensor", "row", "block"):
                self.convert(f"to=F8_E4M3,scale={scale}", *fuse, *before)
                self.assert_written({"x.qkv.weight": weight}, torch.float8_e4m3fn, scale,
                                    "_scale_inv" if scale == "block" else "_scale")

    def test_cogvideox(self):
        """A training checkpoint straight to scaled 8-bit floats."""
        checkpoint = self.tmp / "mp_rank_00_model_states.pt"
        model = Model("5B")
        tensors = transformer(model)
        torch.save({"module": tensors}, checkpoint)
        self.convert("to=F8_E4M3,scale=row", "-t", "cogvideox-transformer", source=checkpoint)
        found, plain = self.found(), wanted_transformer(tensors, model)
        scaled = [name for name in plain if name + "_scale" in found]
        self.assertGreater(len(scaled), 8)
        for name, t in plain.items():
            if name in scaled:
                value, scale = wanted(t, torch.float8_e4m3fn, "row")
                self.assert_same({"w": found[name], "s": found[name + "_scale"]}, {"w": value, "s": scale}, name)
            else:
                self.assert_same({name: found[name]}, {name: t}, name)

    def test_back_again(self):
        tensors = {"a.weight": numbers(300, 517, dtype=torch.bfloat16), "a.bias": numbers(300, seed=1)}
        safetensors.torch.save_file(tensors, self.source)
        for scale in ("tensor", "row", "block"):
            self.convert(f"to=F8_E4M3,scale={scale}")
            value, scales = wanted(tensors["a.weight"], torch.float8_e4m3fn, scale)
            again, chain = self.tmp / "again.safetensors", self.tmp / "chain.safetensors"
            self.run_fmtconv("-f", "-t", "dequantize", self.out, again)
            expected = {"a.weight": restored(value, scales, scale), "a.bias": tensors["a.bias"]}
            self.assert_same(safetensors.torch.load_file(again), expected, scale)
            self.run_fmtconv("-f", "-t", f"quantize:to=F8_E4M3,scale={scale}", "-t", "dequantize", self.source, chain)
            self.assertEqual(chain.read_bytes(), again.read_bytes())

    def test_scaled_once_more(self):
        """Scaled tensors are refused, and accepted after dequantize: the largest values are those of the products."""
        safetensors.torch.save_file({"a.weight": numbers(300, 517)}, self.source)
        middle = self.tmp / "middle.safetensors"
        self.run_fmtconv("-t", "quantize:to=F8_E4M3,scale=block", self.source, middle)
        self.assertIn("dequantize", self.convert("to=F8_E5M2,scale=row", source=middle, status=1))
        self.convert("to=F8_E5M2,scale=row", "-t", "dequantize", source=middle)
        value, scales = wanted(numbers(300, 517), torch.float8_e4m3fn, "block")
        plain = restored(value, scales, "block")
        self.assert_written({"a.weight": plain}, torch.float8_e5m2, "row", "_scale")

    def test_difference(self):
        """fmtconv diff measures too."""
        safetensors.torch.save_file({"a.weight": numbers(300, 517)}, self.source)
        self.convert("to=F8_E4M3,scale=block")
        self.run_fmtconv("diff", "-t", "quantize:to=F8_E4M3,scale=block", self.source, self.out)
        self.run_fmtconv("diff", "-t", "quantize:to=F8_E4M3,scale=block,block=64,scale-name=weight_scale_inv",
                         self.source, self.out, status=1)

    def test_several_outputs(self):
        """Of one pass; equal scales are measured once for all of them."""
        tensors = {"a.weight": numbers(900, 700), "b.weight": numbers(700, 300, seed=1)}
        torch.save(tensors, self.tmp / "in.pt")
        kinds = {"row": "row", "block": "block", "again": "row"}
        write = "".join(f"  - safetensors: {{path: {name}.safetensors}}\n"
                        f"    transform: [{{quantize: {{to: f8_e4m3, scale: {scale}}}}}]\n"
                        for name, scale in kinds.items())
        spec = self.tmp / "spec.yaml"
        spec.write_text(f"fmtconv: 1\nread: in.pt\nwrite:\n{write}")
        dry = self.run_fmtconv("--json", "-n", "-p", spec)
        size = sum(t.nbytes for t in tensors.values())
        self.assertEqual(json.loads(dry.stdout.splitlines()[-1])["bytes"]["measured"], 2 * size)
        for memory in ("64M", "1M"):
            self.run_fmtconv("-f", "--memory", memory, "-p", spec)
            for name, scale in kinds.items():
                self.out = self.tmp / f"{name}.safetensors"
                self.assert_written(tensors, torch.float8_e4m3fn, scale,
                                    "_scale_inv" if scale == "block" else "_scale")

    def test_same_bytes_for_any_threads_and_memory(self):
        tensors = {"a.weight": numbers(1500, 1700), "b.weight": numbers(1700, 900, dtype=torch.float16, seed=1)}
        safetensors.torch.save_file(tensors, self.source)
        for scale in ("tensor", "row", "block"):
            outputs = set()
            for options in (("--threads", 1), ("--threads", 8), ("--threads", 8, "--memory", "1M")):
                self.convert(f"to=F8_E4M3,scale={scale}", *options)
                outputs.add(self.out.read_bytes())
            self.assertEqual(len(outputs), 1, scale)
            self.assert_written(tensors, torch.float8_e4m3fn, scale, "_scale_inv" if scale == "block" else "_scale")

    def test_memory(self):
        """64 MiB in all, whatever the size."""
        safetensors.torch.save_file({"a.weight": numbers(9000, 8000)}, self.source)
        result = self.run_fmtconv("--json", "-t", "quantize:to=F8_E4M3,scale=row", self.source, self.out)
        report = json.loads(result.stdout.splitlines()[-1])
        self.assertLess(report["memory"]["peak"], 64 << 20)
        self.assertEqual(report["bytes"]["measured"], 4 * 9000 * 8000)
        self.assertGreaterEqual(report["bytes"]["read"], 2 * 4 * 9000 * 8000)

    def test_values_that_are_none(self):
        """An error with tensor and row, and no partial output; older files stay."""
        for value, text in ((float("nan"), "NaN"), (float("inf"), "infinite"), (float("-inf"), "infinite")):
            weight = numbers(300, 517)
            weight[211, 5] = value
            safetensors.torch.save_file({"a.weight": numbers(3, 3), "b.weight": weight}, self.source)
            for scale in ("tensor", "row", "block"):
                said = self.convert(f"to=F8_E4M3,scale={scale}", status=1)
                self.assertIn("tensor 'b.weight'", said)
                self.assertIn(text, said)
                self.assertIn("row 211", said)
                self.assertEqual(sorted(p.name for p in self.tmp.iterdir()), ["in.safetensors"])

    def test_what_is_refused(self):
        safetensors.torch.save_file({"a.weight": numbers(300, 517)}, self.source)
        for parameters, text in (("to=F8_E4M3", "cast:to=f8_e4m3"), ("to=q8_0,scale=row", "scale="),
                                 ("to=F8_E4M3,scale=row,block=64", "scale=block"),
                                 ("to=F8_E4M3,scale=block,block=64x", "block=64x"),
                                 ("to=F8_E4M3,scale=block,block=0", "block=0"),
                                 ("to=q8_0,rule=a.*=f8_e5m2", "f8_e5m2"), ("to=f8_e8m0", "f8_e8m0"),
                                 ("to=q8_0,scale-name=weight_scale", "scale-name")):
            said = self.run_fmtconv("-t", f"quantize:{parameters}", self.source, self.out, status=2).stderr
            self.assertIn(text, said, parameters)
        said = self.convert("to=F8_E4M3,scale=block,block=1", "--memory", "1M", status=1)
        self.assertIn("--memory", said)
        said = self.convert("to=F8_E4M3,scale=row", "-t", "quantize:to=F8_E4M3,scale=row", status=1)
        self.assertEqual([p.name for p in self.tmp.iterdir()], ["in.safetensors"])

    def test_dry_run(self):
        safetensors.torch.save_file({"a.weight": numbers(256, 256)}, self.source)
        result = self.run_fmtconv("-n", "-v", "-t", "quantize:to=F8_E4M3,scale=row", self.source, self.out)
        self.assertIn("measured  256.0 KiB", result.stderr)
        self.assertIn("measure", result.stdout)


if __name__ == "__main__":
    import unittest

    unittest.main()
