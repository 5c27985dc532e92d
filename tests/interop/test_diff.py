# SPDX-License-Identifier: Apache-2.0
# Plugins: safetensors torch sat cogvideox-transformer diffusers cast
"""fmtconv diff and inspect --stats, compared with torch's results for the same values."""

import json
import math
import os
import subprocess
import unittest

import torch
from cogmake import MODELS, transformer, wanted_transformer
from safetensors.torch import save_file
from support import Case

FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.float8_e4m3fn, torch.float8_e5m2)
WHOLE = (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.bool)


class Base(Case):
    def setUp(self):
        super().setUp()
        torch.manual_seed(1)

    def event(self, command, *arguments, status=0):
        """The result of a command, by --json."""
        run = self.run_fmtconv(command, "--json", *arguments, status=status)
        return json.loads(run.stdout.splitlines()[-1])


class Stats(Base):
    def tensors(self):
        tensors = {str(d): torch.randn(3, 70001).to(d) for d in FLOATS}
        tensors |= {str(d): torch.randint(0, 100, (1000,)).to(d) for d in WHOLE}
        odd = torch.randn(300000)
        odd[[3, 99999]], odd[7], odd[8], odd[[11, 12]] = math.nan, math.inf, -math.inf, 0
        odd[[20, 21, 22]] = torch.tensor([65519.996, 65520.0, -1e30])
        tensors |= {"odd": odd, "none": torch.zeros(0, 3), "one": torch.tensor(5.5),
                    "only nan": torch.full((3,), math.nan), "turned": torch.randn(100, 300).t().contiguous()}
        return tensors

    def test_every_data_type_as_torch_says(self):
        tensors = self.tensors()
        save_file(tensors, self.tmp / "a.safetensors")
        result = self.event("inspect", "--stats", "--tensors", self.tmp / "a.safetensors")
        self.assertEqual(len(result["list"]), len(tensors))
        for entry in result["list"]:
            t, s = tensors[entry["name"]].double().flatten(), entry["stats"]
            finite = t[t.isfinite()]
            with self.subTest(entry["name"]):
                self.assertEqual(s["values"], t.numel())
                self.assertEqual(s["nan"], t.isnan().sum())
                self.assertEqual(s["inf"], t.isinf().sum())
                self.assertEqual(s["zero"], (t == 0).sum())
                self.assertEqual(s["overflow_f16"], finite.half().isinf().sum())
                if finite.numel():
                    self.assertEqual((s["min"], s["max"]), (finite.min().item(), finite.max().item()))
                    self.assertTrue(math.isclose(s["mean"], finite.mean().item(), rel_tol=1e-9, abs_tol=1e-9))
                else:
                    self.assertEqual((s["min"], s["max"], s["mean"]), (None, None, None))
        self.assertEqual(result["stats"]["values"], sum(t.numel() for t in tensors.values()))

    def test_sums_beyond_a_double_are_not_told(self):
        path = self.tmp / "a.safetensors"
        save_file({"a": torch.full((4,), 1e308, dtype=torch.float64)}, path)
        result = self.event("inspect", "--stats", path)["stats"]
        self.assertEqual((result["max"], result["mean"]), (1e308, None))
        self.assertNotIn("mean", self.run_fmtconv("inspect", "--stats", path).stdout)

    def test_the_same_for_any_number_of_threads_and_memory(self):
        save_file({"a": torch.randn(2_000_003)}, self.tmp / "a.safetensors")
        results = [self.event("inspect", "--stats", *more, self.tmp / "a.safetensors")["stats"]
                   for more in (["-j1"], ["-j2"], ["-j5"], ["-j5", "--memory=1M"])]
        self.assertEqual(results, results[:1] * 4)


class Diff(Base):
    def pair(self, a, b, status):
        save_file(a, self.tmp / "a.safetensors")
        torch.save(b, self.tmp / "b.pt")
        return self.event("diff", self.tmp / "a.safetensors", self.tmp / "b.pt", status=status)

    def test_equal_across_formats(self):
        tensors = {str(d): torch.randn(50, 60).to(d) for d in FLOATS} | {str(d): torch.arange(9).to(d) for d in WHOLE}
        tensors |= {"nan": torch.tensor([math.nan, -0.0, math.inf])}
        turned = {n: t.t().contiguous().t() if t.dim() == 2 else t for n, t in tensors.items()}
        result = self.pair(tensors, turned, 0)
        self.assertEqual((result["equal"], result["same"]), (True, len(tensors)))

    def test_figures_are_those_of_torch(self):
        a = torch.randn(700, 900)
        b = a.clone()
        b[300:302] += torch.randn(2, 900) / 8
        result = self.pair({"w": a}, {"w": b}, 1)
        values = result["tensors"][0]["values"]
        gap = a.double() - b.double()
        self.assertEqual(values["differ"], (a != b).sum())
        self.assertEqual(values["first"], (a != b).flatten().nonzero()[0])
        self.assertEqual(values["max_abs"], gap.abs().max())
        self.assertTrue(math.isclose(values["rmse"], gap.square().mean().sqrt(), rel_tol=1e-9))
        self.assertTrue(math.isclose(values["snr_db"], 10 * torch.log10(a.double().square().sum() / gap.square().sum()),
                                     rel_tol=1e-9))

    def test_figures_beyond_a_double_are_not_told(self):
        huge = torch.full((4,), 1e308, dtype=torch.float64)
        for other, most in ((-huge, None), (huge / 2, 5e307)):
            values = self.pair({"w": huge}, {"w": other}, 1)["tensors"][0]["values"]
            self.assertEqual((values["differ"], values["max_abs"], values["rmse"], values["snr_db"]), (4, most, None, None))
            said = self.run_fmtconv("diff", self.tmp / "a.safetensors", self.tmp / "b.pt", status=1).stdout
            self.assertIn("! w: f64[4], 4 of 4 values differ" + (", by at most 5e+307\n" if most else "\n"), said)

    def test_values_at_the_borders_of_pieces(self):
        """As many as are looked at at once, and more, of types that are looked at as doubles."""
        x = torch.arange(1, 600_001)
        for t in (x, x.double() / 3, (x.double() / 3).reshape(600, 1000).t()):
            with self.subTest(t.dtype):
                result = self.pair({"x": t.contiguous()}, {"x": t}, status=0)
                self.assertEqual((result["same"], result["equal"]), (1, True))

    def test_whole_numbers_beyond_doubles(self):
        for dtype, base in ((torch.int64, 2**53), (torch.int64, -2**63), (torch.uint64, 2**63), (torch.uint64, 2**64 - 4)):
            with self.subTest(dtype, base=base):
                a = torch.tensor([base + 1, base + 2, 7], dtype=dtype)
                b = torch.tensor([base + 2, base + 2, 7], dtype=dtype)
                self.assertTrue(self.pair({"x": a}, {"x": a}, 0)["equal"])
                for x, y in ((a, b), (b, a)):
                    values = self.pair({"x": x}, {"x": y}, 1)["tensors"][0]["values"]
                    self.assertEqual((values["differ"], values["first"], values["max_abs"]), (1, 0, 1))
        far = torch.tensor([-2**63, 2**63 - 1])
        values = self.pair({"x": far}, {"x": far.flip(0)}, 1)["tensors"][0]["values"]
        self.assertEqual((values["differ"], values["max_abs"]), (2, float(2**64)))

    def test_whole_numbers_of_two_types(self):
        small, big = torch.tensor([1, 2, 127]), torch.tensor([2**53 + 1, 2, 127])
        for dtype in (torch.int8, torch.uint8, torch.int16, torch.int32, torch.bool):
            values = self.pair({"x": small}, {"x": small.to(dtype)}, 1)["tensors"][0]["values"]
            self.assertEqual(values["differ"], 2 if dtype == torch.bool else 0)
        values = self.pair({"x": big}, {"x": big.to(torch.uint64)}, 1)["tensors"][0]["values"]
        self.assertEqual(values["differ"], 0)

    def write_blocks(self, path, dtype, data, plain=b""):
        """A type that torch cannot save: F4 or F6, with a byte next to it."""
        header = json.dumps({"x": {"dtype": dtype, "shape": [1, 8], "data_offsets": [0, len(data)]},
                             "y": {"dtype": "U8", "shape": [1], "data_offsets": [len(data), len(data) + 1]}}).encode()
        path.write_bytes(len(header).to_bytes(8, "little") + header + data + plain)

    def test_blocks_that_are_not_decoded(self):
        a, b = self.tmp / "a.safetensors", self.tmp / "b.safetensors"
        for dtype, n in (("F6_E2M3", 6), ("F6_E3M2", 6)):
            self.write_blocks(a, dtype, bytes(range(n)), b"1")
            self.write_blocks(b, dtype, bytes(range(n)), b"1")
            self.assertEqual(self.event("diff", a, b)["same"], 2)
            self.write_blocks(b, dtype, bytes(range(n - 1)) + b"\xff", b"2")
            result = self.event("diff", a, b, status=1)["tensors"]
            self.assertEqual([t["name"] for t in result], ["x", "y"])
            self.assertEqual((result[0]["what"], result[0]["bytes"]), ("values", {"of": n, "differ": 1, "first": n - 1}))
            self.assertIn(f", 1 of {n} bytes differ", self.run_fmtconv("diff", a, b, status=1).stdout)
        self.write_blocks(b, "F6_E2M3", bytes(6), b"1")
        result = self.event("diff", a, b, status=1)["tensors"]
        self.assertEqual([(t["what"], "values" in t, "bytes" in t) for t in result], [("dtype", False, False)])

    def test_two_in_a_byte(self):
        """F4, the element in the lower half of a byte first: 1.5 and 0 become -6."""
        a, b = self.tmp / "a.safetensors", self.tmp / "b.safetensors"
        self.write_blocks(a, "F4", bytes(range(4)), b"1")
        self.write_blocks(b, "F4", bytes(range(3)) + b"\xff", b"1")
        (result,) = self.event("diff", a, b, status=1)["tensors"]
        values = result["values"]
        self.assertEqual((values["of"], values["differ"], values["first"], values["max_abs"]), (8, 2, 6, 7.5))

    def test_complex_numbers(self):
        """Part by part, real and imaginary in turn."""
        for dtype in (torch.complex32, torch.complex64, torch.complex128):
            with self.subTest(dtype):
                a = torch.view_as_complex(torch.randn(20_001, 2, dtype=torch.float64)).to(dtype)
                b = a.clone()
                torch.save({"x": a}, self.tmp / "a.pt")
                torch.save({"x": b}, self.tmp / "b.pt")
                self.assertTrue(self.event("diff", self.tmp / "a.pt", self.tmp / "b.pt")["equal"])
                torch.view_as_real(b)[20_000, 1] += 4
                torch.save({"x": b}, self.tmp / "b.pt")
                result = self.event("diff", self.tmp / "a.pt", self.tmp / "b.pt", status=1)
                values = result["tensors"][0]["values"]
                self.assertEqual((values["of"], values["differ"], values["first"]), (40_002, 1, 40_001))

    def test_what_differs_is_said(self):
        a = {"dtype": torch.ones(3), "shape": torch.ones(3), "gone": torch.ones(1), "nan": torch.tensor([1.0, math.nan])}
        b = {"dtype": torch.ones(3).half(), "shape": torch.ones(4), "new": torch.ones(1), "nan": torch.tensor([1.0, 2.0])}
        result = self.pair(a, b, 1)
        self.assertEqual((result["only_a"], result["only_b"]), (["gone"], ["new"]))
        what = {t["name"]: t for t in result["tensors"]}
        self.assertEqual({n: t["what"] for n, t in what.items()}, {"dtype": "dtype", "shape": "shape", "nan": "values"})
        self.assertEqual(what["dtype"]["values"]["differ"], 0)
        self.assertNotIn("values", what["shape"])
        self.assertEqual(what["nan"]["values"]["not_finite"], 1)

    def test_names_that_differ_are_matched_by_a_transform(self):
        m = MODELS[1]
        tensors = transformer(m)
        torch.save({"module": tensors}, self.tmp / "sat.pt")
        wanted = {n: t.contiguous().clone() for n, t in wanted_transformer(tensors, m).items()}
        save_file(wanted, self.tmp / "d.safetensors")
        arguments = ["-t", "cogvideox-transformer:version=5b", self.tmp / "sat.pt", self.tmp / "d.safetensors"]
        self.assertEqual(self.event("diff", *arguments)["same"], len(wanted))
        wanted["proj_out.bias"][5] += 1
        save_file(wanted, self.tmp / "d.safetensors")
        result = self.event("diff", *arguments, status=1)
        self.assertEqual([t["name"] for t in result["tensors"]], ["proj_out.bias"])

    def test_trouble_is_two(self):
        for arguments in (["x"], ["/nowhere/a", "/nowhere/b"], ["--no-such-option", "a", "b"], ["-t", "nothing", "a", "b"]):
            self.run_fmtconv("diff", *arguments, status=2)

    def test_what_cannot_be_told_is_trouble(self):
        path = self.tmp / "a.safetensors"
        save_file({"x": torch.ones(2)}, path)
        with open("/dev/full", "w") as full:
            self.assertEqual(subprocess.run([os.environ["FMTCONV"], "diff", path, path], stdout=full, stderr=subprocess.DEVNULL).returncode, 2)


if __name__ == "__main__":
    unittest.main()
