# SPDX-License-Identifier: Apache-2.0
# Plugins: cast drop ema fuse merge prefix rename reshape safetensors select split torch transpose untie
"""The everyday transforms, compared with torch's results for the same tensors."""

import re
import unittest
from collections import OrderedDict

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from support import Case


def model():
    torch.manual_seed(2)
    shapes = {"blocks.0.qkv.weight": (12, 8), "blocks.0.qkv.bias": (12,), "blocks.1.qkv.weight": (12, 8),
              "blocks.1.qkv.bias": (12,), "blocks.0.conv.weight": (4, 3, 5, 5), "norm.weight": (8,), "head.weight": (6, 8)}
    return {name: torch.randn(shape) for name, shape in shapes.items()}


class Everyday(Case):
    def converted(self, *transforms, source=None, status=0, **more):
        """Returns the output of a chain; after an error, the messages."""
        source = model() if source is None else source
        save_file(source, self.tmp / "in.safetensors")
        arguments = [a for t in transforms for a in ("-t", t)]
        out = self.tmp / "out.safetensors"
        run = self.run_fmtconv("-f", *arguments, self.tmp / "in.safetensors", out, status=status, **more)
        return load_file(out) if status == 0 else run.stderr

    def test_select_and_drop(self):
        m = model()
        self.assert_same(self.converted("select:name=*.bias,name=head.*"),
                         {n: t for n, t in m.items() if n.endswith(".bias") or n == "head.weight"})
        self.assert_same(self.converted("drop:name=blocks.?.qkv.*"), {n: t for n, t in m.items() if "qkv" not in n})
        for transform in ("select", "drop"):
            said = self.converted(f"{transform}:name=*.bias,name=nothing.*", status=2)
            self.assertIn("1 glob matches no tensor:", said)
            self.assertIn("name=nothing.*", said)
            self.assertIn("no tensor is selected: give ", self.converted(transform, status=2))

    def test_everything_dropped_is_told(self):
        save_file(model(), self.tmp / "in.safetensors")
        run = self.run_fmtconv("-t", "drop:name=head.*,why=no head wanted", self.tmp / "in.safetensors",
                               self.tmp / "out.safetensors")
        self.assertRegex(run.stderr, r"dropped +1 tensor, .*: no head wanted")

    def test_all_dropped(self):
        """An output without tensors gives a warning, and each tensor has its reason."""
        save_file(model(), self.tmp / "in.safetensors")
        run = self.run_fmtconv("-t", "drop:name=*", "-t", "prefix:add=x.", self.tmp / "in.safetensors",
                               self.tmp / "out.safetensors")
        self.assertRegex(run.stderr, rf"dropped +{len(model())} tensors, .*: dropped by name")
        self.assertIn(f"transform 'drop' drops all {len(model())} tensors", run.stderr)

    def test_rename_as_python_does(self):
        pairs = ((r"^blocks\.(\d+)\.", r"layers.$1.", r"layers.\1."), (r"qkv", "attn", "attn"))
        wanted = {}
        for name, t in model().items():
            for pattern, _, replacement in pairs:
                name = re.sub(pattern, replacement, name, count=1)
            wanted[name] = t
        escaped = ",".join(f"from={p},to={r}".replace("\\", "\\\\") for p, r, _ in pairs)
        self.assert_same(self.converted("rename:" + escaped), wanted)

    def test_rename_refuses(self):
        self.assertIn("match no name", self.converted("rename:from=zzz,to=y", status=2))
        self.assertIn("at character 1: ", self.converted("rename:from=(,to=y", status=2))
        self.assertIn("two tensors have this name", self.converted(r"rename:from=^blocks\\.[01],to=b", status=1))
        self.assertIn("each from= must be followed by its to=", self.converted("rename:to=y,from=x", status=2))
        self.assertIn("has an empty name", self.converted("rename:from=^head.weight$,to=", status=1))
        # an expression that would run for ever is stopped
        self.assertIn("limit exceeded", self.converted("rename:from=^(a+)+$,to=x", source={"a" * 40 + "b": torch.ones(1)},
                                                       status=2))

    def test_prefix(self):
        m = model()
        self.assert_same(self.converted("prefix:add=model."), {"model." + n: t for n, t in m.items()})
        self.assert_same(self.converted("prefix:strip=blocks.,add=b."), {re.sub(r"^blocks\.", "b.", n): t for n, t in m.items()})
        self.assertIn("no tensor name begins with 'x.'", self.converted("prefix:strip=x.", status=2))

    def test_split_and_fuse(self):
        m = model()
        wanted = {n: t for n, t in m.items() if "qkv" not in n}
        for i in "01":
            for w in ("weight", "bias"):
                for p, part in zip("qkv", m[f"blocks.{i}.qkv.{w}"].chunk(3)):
                    wanted[f"blocks.{i}.to_{p}.{w}"] = part
        split = r"split:from={x*}.qkv.{w},to={x*}.to_{p:q\,k\,v}.{w}"
        fuse = r"fuse:from={x*}.to_{p:q\,k\,v}.{w},to={x*}.qkv.{w}"
        self.assert_same(self.converted(split), wanted)
        self.assert_same(self.converted(split, fuse), m)
        halves = self.converted(r"split:from=head.weight,to=head.{p:a\,b},axis=1")
        self.assert_same({n: t for n, t in halves.items() if n.startswith("head")},
                         dict(zip(("head.a", "head.b"), m["head.weight"].chunk(2, 1))))

    def test_split_refuses(self):
        self.assertIn("does not divide into 5 parts", self.converted(r"split:from=head.weight,to=h.{p:a\,b\,c\,d\,e}", status=1))
        self.assertIn("split: 'a{x' to 'b'", self.converted("split:from=a{x,to=b", status=2))
        self.assertIn("missing", self.converted(r"fuse:from=blocks.{i}.{p:qkv\,kv}.weight,to=blocks.{i}.w", status=1))

    def test_transpose_and_reshape(self):
        m = model()
        got = self.converted("transpose:name=blocks.?.qkv.weight", "transpose:name=*conv.weight,axes=3201",
                             "reshape:name=head.weight,shape=2x*x4", "reshape:name=norm.weight,shape=1x8x1")
        wanted = dict(m)
        for i in "01":
            wanted[f"blocks.{i}.qkv.weight"] = m[f"blocks.{i}.qkv.weight"].t()
        wanted["blocks.0.conv.weight"] = m["blocks.0.conv.weight"].permute(3, 2, 0, 1)
        wanted["head.weight"] = m["head.weight"].reshape(2, -1, 4)
        wanted["norm.weight"] = m["norm.weight"].reshape(1, 8, 1)
        self.assert_same(got, wanted)
        # through a permutation, with the elements in another order
        got = self.converted("transpose:name=head.weight", "reshape:name=head.weight,shape=3x16")
        self.assert_same({"h": got["head.weight"]}, {"h": m["head.weight"].t().reshape(3, 16)})

    def test_transpose_and_reshape_refuse(self):
        self.assertIn("the tensor has 4 axes, but axes=10 names 2", self.converted("transpose:name=*", status=2))
        for axes in ("11", "12", "", "0123456789", "1-0"):
            self.assertIn("must name each axis once", self.converted(f"transpose:name=head.weight,axes={axes}", status=2))
        for shape in ("2x", "x2", "-1", "*x*", "a", "1x1x1x1x1x1x1x1x48"):
            self.assertIn("is not a shape:", self.converted(f"reshape:name=head.weight,shape={shape}", status=2))
        for shape in ("5x*", "47", "0x*", "99999999999x99999999999"):
            self.assertIn("do not fit", self.converted(f"reshape:name=head.weight,shape={shape}", status=2))

    def test_merge(self):
        other = {"extra.weight": torch.randn(3), "head.weight": torch.randn(2)}
        torch.save(other, self.tmp / "other.pt")
        self.assertIn("1 name is in both", self.converted(f"merge:file={self.tmp}/other.pt", status=1))
        self.assert_same(self.converted(f"merge:file={self.tmp}/other.pt,prefix=o."),
                         model() | {"o." + n: t for n, t in other.items()})
        self.assertIn("No such file", self.converted("merge:file=/nowhere/x.pt", status=1))
        self.assertIn("no file given: merge:file=OTHER", self.converted("merge", status=2))

    def test_ema(self):
        weights = {f"model.diffusion.{n}": t for n, t in model().items()}
        averages = {f"model.diffusion.{n}": torch.randn_like(t) for n, t in model().items()}
        lit = {"model_ema." + n.removeprefix("model.").replace(".", ""): t for n, t in averages.items()}
        lit |= {"model_ema.decay": torch.tensor(0.9999), "model_ema.num_updates": torch.tensor(5)}
        other = {"first_stage_model.x": torch.ones(2)}
        self.assert_same(self.converted("ema", source=weights | lit | other), averages | other)
        dotted = {"ema." + n: t for n, t in averages.items()}
        self.assert_same(self.converted("ema", source=weights | dotted | other), averages | other)
        lit.popitem()
        lost = weights | lit | {"model_ema.diffusionnosuch": torch.ones(1)}
        self.assertIn("8 averages have the prefix 'model_ema.', but 7 weights", self.converted("ema", source=lost, status=1))
        self.assertIn("no averaged weights found", self.converted("ema", status=1))

    def test_ema_of_tied_weights(self):
        """LitEma averages a weight once that has several names: all of them get it, and stay tied."""
        w, own, average = (torch.randn(4, 3) for _ in range(3))
        for names, averaged in ((("a", "b"), "a"), (("a", "b"), "b"), (("a", "b", "c", "d"), "a"), (("a", "b", "c", "d"), "d")):
            source = {f"model.{n}.weight": w for n in names} | {"model.x.weight": own, f"model_ema.{averaged}weight": average,
                                                                "model_ema.xweight": own + 1}
            torch.save(source, self.tmp / "in.pt")
            out = self.tmp / "out.pt"
            self.run_fmtconv("-f", "-t", "ema", self.tmp / "in.pt", out)
            got = torch.load(out)
            with self.subTest(names=names, averaged=averaged):
                self.assert_same(got, {f"model.{n}.weight": average for n in names} | {"model.x.weight": own + 1})
                self.assertEqual(len({got[f"model.{n}.weight"].data_ptr() for n in names}), 1)
        source["model_ema.aweight"] = average + 1
        torch.save(source, self.tmp / "in.pt")
        self.run_fmtconv("-f", "-t", "ema", self.tmp / "in.pt", out)
        got = torch.load(out)
        self.assertTrue(torch.equal(got["model.a.weight"], average + 1))
        self.assertTrue(torch.equal(got["model.d.weight"], average))

    def test_untie(self):
        shared = torch.randn(4, 4)
        torch.save(OrderedDict(a=shared, b=shared, c=torch.ones(2)), self.tmp / "in.pt")
        run = self.run_fmtconv("-t", "untie", "--json", self.tmp / "in.pt", self.tmp / "out.safetensors")
        self.assertIn("2 tied tensors are written separately", run.stdout)
        with safe_open(self.tmp / "out.safetensors", "pt") as f:
            self.assertEqual(sorted(f.keys()), ["a", "b", "c"])
            self.assert_same({n: f.get_tensor(n) for n in f.keys()}, {"a": shared, "b": shared, "c": torch.ones(2)})

    def test_cast_by_rules(self):
        m = model()
        got = self.converted("cast:to=bf16,rule=*.bias=f64,rule=blocks.1.*=f32,rule=head.*=F16")
        wanted = {}
        for n, t in m.items():
            wanted[n] = t.to(torch.float64 if n.endswith(".bias") else torch.float32 if n.startswith("blocks.1.")
                             else torch.float16 if n.startswith("head.") else torch.bfloat16)
        self.assert_same(got, wanted)
        self.assert_same(self.converted("cast:rule=head.*=f16"), m | {"head.weight": m["head.weight"].half()})
        self.assertIn("is not GLOB=TYPE", self.converted("cast:rule=head", status=2))
        self.assertIn("i8 is not a floating-point type", self.converted("cast:rule=head.*=i8", status=2))
        self.assertIn("1 glob matches no tensor", self.converted("cast:to=f16,rule=nothing=f32", status=2))


if __name__ == "__main__":
    unittest.main()
