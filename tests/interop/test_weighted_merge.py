# SPDX-License-Identifier: Apache-2.0
"""Weighted sums of checkpoints: bit for bit as torch computes them in f32, and slerp as mergekit's formula gives it in f64.

If mergekit is installed (pip install --no-deps mergekit, and its imports), its own functions are compared too."""
# Plugins: cast dequantize gguf merge quantize safetensors torch
# Marks: arithmetic

import importlib.util
import unittest

import numpy
import safetensors.torch
import torch
from support import Case, bits

F32 = torch.float32


def f32(value):
    return torch.tensor(value, dtype=F32)


def linear(tensors, weights, normalize=False):
    """The sum in f32 in the order of the models, every product rounded before it is added."""
    total, of_weights = tensors[0].to(F32) * f32(weights[0]), f32(weights[0])
    for t, w in zip(tensors[1:], weights[1:]):
        total = total + t.to(F32) * f32(w)
        of_weights = of_weights + f32(w)
    return total / of_weights if normalize else total


def slerp(a, b, t):
    """mergekit's formula (merge_methods/slerp.py), in f64."""
    x, y = a.double().numpy().ravel(), b.double().numpy().ravel()
    norms = [n if n > 1e-8 else 1.0 for n in (numpy.linalg.norm(x), numpy.linalg.norm(y))]
    dot = float(numpy.dot(x / norms[0], y / norms[1]))
    if abs(dot) > 0.9995:
        weights = 1 - t, t
    else:
        angle = numpy.arccos(dot)
        weights = numpy.sin((1 - t) * angle) / numpy.sin(angle), numpy.sin(t * angle) / numpy.sin(angle)
    return torch.from_numpy(weights[0] * x + weights[1] * y).reshape(a.shape)


def model(seed, dtypes=(F32, torch.bfloat16, torch.float16)):
    g = torch.Generator().manual_seed(seed)
    shapes = {"a.weight": (37, 53), "a.bias": (37,), "b.weight": (3, 5, 2, 7), "scale": (), "none": (0, 4)}
    tensors = {n: torch.randn(s, generator=g).to(dtypes[i % len(dtypes)]) for i, (n, s) in enumerate(shapes.items())}
    tensors["positions"] = torch.arange(9) + seed
    return tensors


class Merge(Case):
    def save(self, name, tensors):
        path = self.tmp / name
        if name.endswith(".pt"):
            torch.save(tensors, path)
        else:
            safetensors.torch.save_file(tensors, path)
        return path

    def models(self, n, **kinds):
        """n models and their files."""
        models = [model(i, **kinds) for i in range(n)]
        return models, [self.save(f"{i}.safetensors", m) for i, m in enumerate(models)]

    def merge(self, base, parameters, *options, status=0):
        out = self.tmp / "out.safetensors"
        out.unlink(missing_ok=True)
        result = self.run_fmtconv("-f", "-t", f"merge:{parameters}", *options, base, out, status=status)
        if status:
            self.assertFalse(out.exists())
            self.assert_clean(self.tmp)
            return result.stderr
        return safetensors.torch.load_file(out)

    def expected(self, models, function):
        """The function of the tensors of all models, in the data type of the first; integers are those of the first."""
        base = models[0]
        return {
            n: function([m[n] for m in models]).to(t.dtype) if t.is_floating_point() else t for n, t in base.items()
        }

    def refused(self, base, parameters, *says, status=1):
        text = self.merge(base, parameters, status=status)
        for part in says:
            self.assertIn(part, text)

    def misused(self, base, parameters, *says):
        """Parameters that are wrong for any files."""
        self.refused(base, parameters, *says, status=2)


class Linear(Merge):
    def test_two(self):
        models, files = self.models(2)
        for w in (0.5, 0.3, 1.0, -0.7, 1.7, 1e-6):
            got = self.merge(files[0], f"file={files[1]},weight={w}", "--verify")
            self.assert_same(got, self.expected(models, lambda t: linear(t, [1 - w, w])), w)

    def test_weight_zero_copies(self):
        models, files = self.models(2)
        models[1]["a.weight"][3, 4] = float("nan")
        self.save("1.safetensors", models[1])
        self.assert_same(self.merge(files[0], f"file={files[1]},weight=0"), models[0])

    def test_several(self):
        models, files = self.models(4)
        weights = [0.2, 0.5, -0.1]
        parameters = ",".join(f"file={f},weight={w}" for f, w in zip(files[1:], weights))
        got = self.merge(files[0], parameters, "--verify")
        self.assert_same(got, self.expected(models, lambda t: linear(t, [1 - sum(weights), *weights])))

    def test_normalize(self):
        models, files = self.models(3)
        weights = [1.3, 0.25, 0.8]
        parameters = f"file={files[1]},file={files[2]},weight=0.25,weight=0.8,base-weight=1.3"
        self.misused(files[0], parameters, "the weights sum to 2.35, not to 1", "normalize=yes")
        got = self.merge(files[0], parameters + ",normalize=yes")
        self.assert_same(got, self.expected(models, lambda t: linear(t, weights, normalize=True)))
        got = self.merge(files[0], parameters + ",normalize=no")
        self.assert_same(got, self.expected(models, lambda t: linear(t, weights)))
        self.misused(
            files[0], f"file={files[1]},weight=1,base-weight=-1,normalize=yes", "sum to 0 and cannot be normalized"
        )

    def test_cancelled(self):
        """Weights of which only rounding errors are left cannot divide; small ones can."""
        models, files = self.models(3)
        two = f"file={files[1]},file={files[2]}"
        for a, b, base in ((0.1, 0.2, -0.3), (0.7, 0.1, -0.8), (1e-8, 1e-8, 1e-8), (3e38, 3e38, 0)):
            parameters = f"{two},weight={a},weight={b},base-weight={base},normalize=yes"
            self.misused(files[0], parameters, "and cannot be normalized")
        rule = f"{two},weight=0.5,weight=0.5,base-weight=-0.3,rule=a.*=0.1:0.2,normalize=yes"
        self.misused(files[0], rule, "the weights of rule=a.*=0.1:0.2 sum to", "and cannot be normalized")
        weights = [-0.3, 0.1, 0.20001]
        got = self.merge(files[0], f"{two},weight=0.1,weight=0.20001,base-weight=-0.3,normalize=yes")
        self.assert_same(got, self.expected(models, lambda t: linear(t, weights, normalize=True)))

    def test_other_types(self):
        """The result has the data types of the input, or those of --dtype, rounded once."""
        base, other = model(0, dtypes=(torch.bfloat16,)), model(1, dtypes=(F32, torch.float16))
        files = [self.save("a.safetensors", base), self.save("b.pt", other)]
        wanted = self.expected([base, other], lambda t: linear(t, [0.75, 0.25]))
        self.assert_same(self.merge(files[0], f"file={files[1]},weight=0.25", "--verify"), wanted)
        wanted = {
            n: linear([t, other[n]], [0.75, 0.25]) if t.is_floating_point() else t for n, t in base.items()
        }
        self.assert_same(self.merge(files[0], f"file={files[1]},weight=0.25", "--dtype", "f32"), wanted)

    def test_f64_is_f32(self):
        base, other = model(0, dtypes=(torch.float64,)), model(1, dtypes=(torch.float64,))
        files = [self.save("a.safetensors", base), self.save("b.safetensors", other)]
        out = self.tmp / "out.safetensors"
        result = self.run_fmtconv("-t", f"merge:{files[1]},weight=0.25", files[0], out)
        self.assertIn("10 f64 tensors are rounded to f32 before they are added", result.stderr)
        wanted = self.expected([base, other], lambda t: linear(t, [0.75, 0.25]))
        self.assert_same(safetensors.torch.load_file(out), wanted)

    def test_rules(self):
        models, files = self.models(3)
        parameters = f"file={files[1]},weight=0.5,file={files[2]},weight=0.25,rule=*.bias=0:0,rule=b.*=-0.5:1"
        got = self.merge(files[0], parameters, "--verify")
        wanted = self.expected(models, lambda t: linear(t, [0.25, 0.5, 0.25]))
        wanted["a.bias"] = models[0]["a.bias"]
        wanted["b.weight"] = linear([m["b.weight"] for m in models], [0.5, -0.5, 1]).to(wanted["b.weight"].dtype)
        self.assert_same(got, wanted)

    def test_threads_and_memory(self):
        """More elements than a worker holds, of all layouts."""
        g = torch.Generator().manual_seed(5)
        models = [
            {
                "long": torch.randn(1_500_007, generator=g).to(torch.bfloat16),
                "wide": torch.randn(70, 30_001, generator=g),
            }
            for _ in range(3)
        ]
        files = [self.save(f"{i}.safetensors", m) for i, m in enumerate(models)]
        parameters = f"file={files[1]},weight=0.5,file={files[2]},weight=0.25"
        for options in ((), ("-j", "1"), ("-j", "8", "--memory", "4M"), ("-j", "3", "--memory", "1M")):
            got = self.merge(files[0], parameters, *options)
            self.assert_same(got, self.expected(models, lambda t: linear(t, [0.25, 0.5, 0.25])), options)
        first = None
        for options in ((), ("-j", "1"), ("-j", "8", "--memory", "4M"), ("-j", "3", "--memory", "1M")):
            got = self.merge(files[0], f"file={files[1]},weight=0.3,method=slerp", *options)
            self.assert_same(got, first or got, options)
            first = got

    def test_before_other_transforms(self):
        """Cut, transposed and quantized, a sum is the sum of such parts."""
        models, files = self.models(2, dtypes=(F32,))
        sums = self.expected(models, lambda t: linear(t, [0.75, 0.25]))
        merged = f"merge:{files[1]},weight=0.25"
        out = self.tmp / "cut.safetensors"
        self.run_fmtconv("-t", merged, "-t", "select:a.weight", "-t", "transpose:a.weight", files[0], out)
        self.assert_same(safetensors.torch.load_file(out), {"a.weight": sums["a.weight"].T.contiguous()})


class Slerp(Merge):
    def check(self, a, b, t, got):
        """Within two roundings of f32, relative to the sizes of both operands."""
        wanted = slerp(a, b, t)
        self.assertEqual(got.dtype, a.dtype)
        unit = {F32: 2.0**-23, torch.bfloat16: 2.0**-8, torch.float16: 2.0**-11}[a.dtype]
        size = a.double().abs() + b.double().abs() + 2.0**-14
        error = (got.double() - wanted).abs() / size
        self.assertLessEqual(error.max().item() if error.numel() else 0, 2 * unit)

    def test_formula(self):
        models, files = self.models(2)
        for t in (0.25, 0.5, 0.9, 0, 1):
            got = self.merge(files[0], f"file={files[1]},weight={t},method=slerp", "--verify")
            for name, a in models[0].items():
                if a.is_floating_point():
                    self.check(a, models[1][name], t, got[name])
                else:
                    self.assertTrue(torch.equal(got[name], a))

    def test_special_directions(self):
        g = torch.Generator().manual_seed(1)
        a = torch.randn(40, 30, generator=g)
        near = a + 1e-3 * torch.randn(40, 30, generator=g)
        others = {"same": a, "scaled": 3 * a, "opposite": -2 * a, "near": near, "zero": 0 * a}
        for n, (x, y) in enumerate(((a, None), (None, a), (torch.zeros(40, 30), None))):
            models = [{k: (x if x is not None else o).clone() for k, o in others.items()}]
            models.append({k: (y if y is not None else o).clone() for k, o in others.items()})
            files = [self.save(f"{n}{i}.safetensors", m) for i, m in enumerate(models)]
            got = self.merge(files[0], f"file={files[1]},weight=0.3,method=slerp")
            for k in others:
                self.check(models[0][k], models[1][k], 0.3, got[k])

    def test_rules(self):
        models, files = self.models(2)
        got = self.merge(files[0], f"file={files[1]},weight=0.5,method=slerp,rule=a.weight=0.2,rule=*.bias=0")
        self.check(models[0]["a.weight"], models[1]["a.weight"], 0.2, got["a.weight"])
        self.check(models[0]["b.weight"], models[1]["b.weight"], 0.5, got["b.weight"])
        self.assertTrue(torch.equal(bits(got["a.bias"]), bits(models[0]["a.bias"])))

    def test_refusals(self):
        models, files = self.models(3)
        slerp_of = f"file={files[1]},method=slerp"
        self.misused(files[0], slerp_of, "files and weights do not match: 1 and 0")
        self.misused(files[0], f"{slerp_of},weight=1.2", "1.2 is not between 0, the input, and 1, the file")
        self.misused(files[0], f"{slerp_of},weight=0.5,rule=a.*=-1", "-1 is not between 0")
        self.misused(files[0], f"{slerp_of},weight=0.5,file={files[2]},weight=0.5", "slerp takes one file")
        self.misused(files[0], f"{slerp_of},weight=0.5,normalize=yes", "normalize= applies to linear only")
        models[1]["b.weight"][2, 1, 0, 3] = float("nan")
        self.save("1.safetensors", models[1])
        self.refused(files[0], f"{slerp_of},weight=0.5", "b.weight", "NaN")


class Difference(Merge):
    def test_one(self):
        models, files = self.models(3)
        for w in (1, 0.8, -0.3):
            got = self.merge(files[0], f"file={files[1]},minus={files[2]},weight={w}", "--verify")
            self.assert_same(
                got, self.expected(models, lambda t: t[0].to(F32) + (t[1].to(F32) - t[2].to(F32)) * f32(w)), w
            )
        got = self.merge(files[0], f"{files[1]},minus={files[2]}")
        self.assert_same(got, self.expected(models, lambda t: t[0].to(F32) + (t[1].to(F32) - t[2].to(F32))))

    def test_several(self):
        """Task vectors of one base."""
        models, files = self.models(4)
        parameters = f"file={files[1]},weight=0.5,file={files[2]},weight=-2,minus={files[3]}"

        def wanted(t):
            a, b, c, d = (x.to(F32) for x in t)
            return a + (b - d) * f32(0.5) + (c - d) * f32(-2)

        self.assert_same(self.merge(files[0], parameters, "--verify", "-j", "3"), self.expected(models, wanted))

    def test_large(self):
        g = torch.Generator().manual_seed(5)
        models = [{"w": torch.randn(1000, 1001, generator=g).to(torch.float16)} for _ in range(3)]
        files = [self.save(f"{i}.safetensors", m) for i, m in enumerate(models)]
        for options in ((), ("-j", "1", "--memory", "1M")):
            got = self.merge(files[0], f"file={files[1]},minus={files[2]},weight=0.8", *options)
            self.assert_same(
                got, self.expected(models, lambda t: t[0].to(F32) + (t[1].to(F32) - t[2].to(F32)) * f32(0.8))
            )

    def test_refusals(self):
        _, files = self.models(2)
        self.misused(files[0], f"{files[1]},method=add-difference,weight=1", "needs the checkpoint to subtract")
        self.misused(files[0], f"{files[1]},method=linear,weight=1,minus={files[1]}", "applies to add-difference only")


class Fit(Merge):
    """Tensors that do not fit are an error that lists them, or are kept on request."""

    def test_missing(self):
        models, files = self.models(2)
        del models[1]["a.bias"]
        models[1]["extra"] = torch.ones(2)
        self.save("1.safetensors", models[1])
        self.refused(
            files[0],
            f"{files[1]},weight=0.5",
            "2 tensors are not in all models",
            f"'a.bias' is not in {files[1]}",
            f"'extra' is only in {files[1]}",
            "missing=keep",
        )
        out = self.tmp / "out.safetensors"
        result = self.run_fmtconv("-t", f"merge:{files[1]},weight=0.5,missing=keep", files[0], out)
        self.assertIn("1 tensor is not in all models and is that of the input", result.stderr)
        self.assertIn("dropped   1 tensor, 8 B: not in all models", result.stderr)
        models[1]["a.bias"] = models[0]["a.bias"]
        wanted = self.expected(models, lambda t: linear(t, [0.5, 0.5]))
        wanted["a.bias"] = models[0]["a.bias"]
        self.assert_same(safetensors.torch.load_file(out), wanted)

    def test_nothing_in_common(self):
        _, files = self.models(1)
        file = self.save("other.safetensors", {"x": torch.ones(3)})
        says = "no floating-point tensor of the input is in all files"
        self.refused(files[0], f"{file},weight=0.5,missing=keep", says)

    def test_shapes_and_types(self):
        models, files = self.models(2)
        models[1]["a.bias"] = models[1]["a.bias"][:30]
        models[1]["b.weight"] = models[1]["b.weight"].to(torch.int32)
        models[1]["positions"] = torch.arange(4)
        self.save("1.safetensors", models[1])
        self.refused(
            files[0],
            f"{files[1]},weight=0.5",
            "2 tensors have another shape or kind of data type in a file",
            f"'a.bias' is [37], and [30] in {files[1]}",
            f"'b.weight' is f16, and i32 in {files[1]}",
        )

    def test_quantized(self):
        models, files = self.models(2, dtypes=(F32,))
        models = [{"w": torch.randn(32, 64)} for _ in range(2)]
        files = [self.save(f"{i}.safetensors", m) for i, m in enumerate(models)]
        for to, writer in (("q8_0", "gguf"), ("f8_e4m3,scale=row", "safetensors")):
            small = self.tmp / f"q.{writer}"
            options = ("-w", "gguf:architecture=x") if writer == "gguf" else ()
            self.run_fmtconv("-t", f"quantize:to={to},rule=w={to.split(',')[0]}", *options, files[1], small)
            self.refused(files[0], f"{small},weight=0.5", f"1 quantized tensor of {small} cannot be summed", "dequantize")
            self.refused(small, f"{files[1]},weight=0.5", "1 quantized tensor cannot be summed", "-t dequantize")
            plain, out = self.tmp / "plain.safetensors", self.tmp / "out.safetensors"
            self.run_fmtconv("-f", "-t", "dequantize:to=f32", small, plain)
            self.run_fmtconv(
                "-f", "-t", "dequantize:to=f32", "-t", f"merge:{files[0]},weight=0.5", small, out
            )
            wanted = linear([safetensors.torch.load_file(plain)["w"], models[0]["w"]], [0.5, 0.5])
            self.assert_same(safetensors.torch.load_file(out), {"w": wanted})

    def test_tied(self):
        """Other names of a tensor need not be in the file."""
        w, other = torch.randn(6, 4), torch.randn(6, 4)
        tied = self.tmp / "tied.pt"
        torch.save({"embed": w, "head": w}, tied)
        for names in (("embed",), ("head",), ("embed", "head")):
            file = self.save("o.safetensors", {n: other.clone() for n in names})
            out = self.tmp / "out.pt"
            self.run_fmtconv("-f", "-t", f"merge:{file},weight=0.25", tied, out)
            got = torch.load(out)
            wanted = linear([w, other], [0.75, 0.25])
            self.assert_same(got, {"embed": wanted, "head": wanted})
            if len(names) == 1:
                self.assertEqual(got["embed"].data_ptr(), got["head"].data_ptr())
        single = self.save("single.safetensors", {"embed": other.clone()})
        self.assert_same(
            self.merge(single, f"file={tied},weight=0.25"), {"embed": linear([other, w], [0.75, 0.25])}
        )

    def test_prefix(self):
        models, files = self.models(2)
        base = self.save("base.safetensors", {f"model.{n}": t for n, t in models[0].items()})
        got = self.merge(base, f"{files[1]},weight=0.25,prefix=model.")
        wanted = self.expected(models, lambda t: linear(t, [0.75, 0.25]))
        self.assert_same(got, {f"model.{n}": t for n, t in wanted.items()})

    def test_checksums(self):
        """Those of all files are checked, also of tensors that are only added."""
        files = [self.tmp / f"{i}.pt" for i in range(3)]
        for f in files:
            torch.save({"w": torch.randn(200, 300)}, f)
        damaged = bytearray(files[1].read_bytes())
        damaged[len(damaged) // 2] ^= 1
        bad = self.tmp / "bad.pt"
        bad.write_bytes(damaged)
        for parameters in (f"{bad},weight=0.5", f"{bad},weight=0.5,method=slerp", f"{files[2]},minus={bad}"):
            self.refused(files[0], parameters, "bad.pt", "checksum mismatch")

    def test_overflow_is_warned_of(self):
        big = {"w": torch.full((3,), 60000.0, dtype=torch.float16)}
        files = [self.save(f"{i}.safetensors", big) for i in range(2)]
        out = self.tmp / "out.safetensors"
        parameters = f"merge:{files[1]},weight=1,base-weight=1,normalize=no"
        result = self.run_fmtconv("-t", parameters, files[0], out)
        self.assertIn("--dtype bf16 or f32 keeps them", result.stderr)

    def test_parameters(self):
        _, files = self.models(2)
        a, b = files
        self.misused(a, f"{b},weight=x", "'x' is not a number")
        self.misused(a, f"{b},weight=1e39", "is not a number")
        self.misused(a, f"{b},weight=true", "is not a number")
        self.misused(a, f"{b},weight=0.5,weight=0.5", "files and weights do not match: 1 and 2")
        self.misused(a, f"{b},weight=0.5,rule=a.weight", "is not GLOB=WEIGHT")
        self.misused(a, f"{b},weight=0.5,rule=a.weight=0.5:0.5", "a rule has one weight")
        self.misused(a, f"{b},weight=0.5,rule=nothing*=0.5", "nothing*")
        self.misused(a, f"{b},missing=keep", "applies to weighted sums only")
        self.misused(a, f"{b},weight=0.5,method=append", "weight= applies to weighted sums only")
        self.refused(a, ",".join(f"file={b},weight=0.1" for _ in range(8)), "8 files; at most 7 can be summed at once")


class Append(Merge):
    """Without weights, tensors are added."""

    def test_several(self):
        models = [{f"{k}.{n}": t for n, t in model(i).items()} for i, k in enumerate("abc")]
        files = [self.save(f"{i}.safetensors", m) for i, m in enumerate(models)]
        got = self.merge(files[0], f"file={files[1]},file={files[2]}")
        self.assert_same(got, {**models[0], **models[1], **models[2]})
        got = self.merge(files[0], f"{files[1]},method=append,prefix=x.")
        self.assert_same(got, {**models[0], **{f"x.{n}": t for n, t in models[1].items()}})

    def test_collision(self):
        _, files = self.models(2)
        self.refused(files[0], f"{files[1]}", "6 names are in both models", "weight=0.5")
        self.refused(files[0], f"file={files[1]},prefix=x.,file={files[1]}", "6 names are in both models")

    def test_spec(self):
        models, files = self.models(3)
        (self.tmp / "s.yaml").write_text(
            "fmtconv: 1\n"
            "read: {safetensors: {path: 0.safetensors}}\n"
            "transform:\n"
            "  - merge: {file: [1.safetensors, 2.safetensors], weight: [0.5, 0.25]}\n"
            "write: {safetensors: {path: out.safetensors}}\n"
        )
        self.run_fmtconv("-p", self.tmp / "s.yaml")
        self.assert_same(
            safetensors.torch.load_file(self.tmp / "out.safetensors"),
            self.expected(models, lambda t: linear(t, [0.25, 0.5, 0.25])),
        )


if importlib.util.find_spec("mergekit"):
    from mergekit.merge_methods import linear as mergekit_linear
    from mergekit.merge_methods import slerp as mergekit_slerp

    class Mergekit(Merge):
        """mergekit's own functions.  torch may fuse a product and a sum, so that f32 differs in the last bits."""

        def assert_close(self, got, wanted, size, what):
            unit = {F32: 2.0**-22, torch.bfloat16: 2.0**-8, torch.float16: 2.0**-10}[got.dtype]
            error = (got.double() - wanted.double()).abs() / (size + 2.0**-14)
            self.assertLessEqual(error.max().item() if error.numel() else 0, 2 * unit, what)

        def test_slerp(self):
            models, files = self.models(2)
            for t in (0.2, 0.5, 0.75):
                got = self.merge(files[0], f"file={files[1]},weight={t},method=slerp")
                for name, a in models[0].items():
                    if not a.is_floating_point() or not a.ndim or not a.numel():
                        continue
                    b = models[1][name]
                    wanted = mergekit_slerp.slerp(f32([t]), a.to(F32)[None], b.to(F32)[None])[0]
                    size = a.double().abs() + b.double().abs()
                    self.assert_close(got[name], wanted.to(a.dtype), size, name)

        def test_linear(self):
            from mergekit.merge_methods.base import TensorBatch

            function = mergekit_linear.linear_merge.implementation
            models, files = self.models(3)
            weights = [0.4, 0.7, -0.2]
            parameters = f"file={files[1]},file={files[2]},weight=0.7,weight=-0.2,base-weight=0.4"
            for normalize in (True, False):
                got = self.merge(files[0], f"{parameters},normalize={'yes' if normalize else 'no'}")
                for name, a in models[0].items():
                    if not a.is_floating_point() or not a.numel():
                        continue
                    tensors = [m[name].to(F32)[None] for m in models]
                    wanted = function(TensorBatch(tensors), weight=f32([weights]), normalize=normalize)[0]
                    size = sum(m[name].double().abs() for m in models)
                    self.assert_close(got[name], wanted.to(a.dtype), size, name)


if __name__ == "__main__":
    unittest.main()
