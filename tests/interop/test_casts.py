# SPDX-License-Identifier: Apache-2.0
"""Every data type to every other one, as torch casts: all codes of the small types, ten million random numbers of the
wide ones; and the messages about values that do not fit."""
# Plugins: cast safetensors torch
# Marks: arithmetic

import json
import unittest
import warnings

import torch
from make_torch_zoo import TYPED, UNTYPED
from support import Case, bits

warnings.filterwarnings("ignore")

NAMES = {torch.bool: "bool", torch.uint8: "u8", torch.int8: "i8", torch.uint16: "u16", torch.int16: "i16", torch.uint32: "u32",
         torch.int32: "i32", torch.uint64: "u64", torch.int64: "i64", torch.float16: "f16", torch.bfloat16: "bf16",
         torch.float32: "f32", torch.float64: "f64", torch.complex32: "c32", torch.complex64: "c64", torch.complex128: "c128",
         torch.float8_e4m3fn: "f8_e4m3", torch.float8_e5m2: "f8_e5m2", torch.float8_e4m3fnuz: "f8_e4m3fnuz",
         torch.float8_e5m2fnuz: "f8_e5m2fnuz", torch.float8_e8m0fnu: "f8_e8m0"}
FLOATS = [d for d in NAMES if d.is_floating_point]
WHOLE = [d for d in NAMES if not d.is_floating_point and not d.is_complex and d is not torch.bool]
# The smallest normal number.
NORMAL = {torch.float16: 2.0**-14, torch.bfloat16: 2.0**-126, torch.float32: 2.0**-126, torch.float64: 2.0**-1022,
          torch.float8_e4m3fn: 2.0**-6, torch.float8_e5m2: 2.0**-14, torch.float8_e4m3fnuz: 2.0**-7,
          torch.float8_e5m2fnuz: 2.0**-15, torch.float8_e8m0fnu: 2.0**-126}
MANY = 10_000_000


def random_floats(dtype, count, seed):
    """Half of them arbitrary bits, half of them from 2^-40 to 2^40, which matters to the small types."""
    generator = torch.Generator().manual_seed(seed)
    wild = torch.randint(0, 256, (count // 2 * dtype.itemsize,), dtype=torch.uint8, generator=generator).view(dtype)
    tame = torch.randn(count - count // 2, generator=generator, dtype=dtype)
    return torch.cat([wild, tame * torch.exp2(torch.rand(tame.shape, generator=generator, dtype=dtype) * 80 - 40)])


def values(dtype):
    """All codes of 8 and 16 bits, else numbers around the borders of all types, and random ones."""
    if dtype is torch.bool:
        return torch.tensor([False, True]).repeat(32)
    if dtype.itemsize <= 2 and not dtype.is_complex:
        codes = torch.arange(1 << 8 * dtype.itemsize, dtype=torch.int32)
        return codes.to(torch.uint8).view(dtype) if dtype.itemsize == 1 else codes.to(torch.uint16).view(dtype)
    if dtype.is_complex:
        part = {torch.complex32: torch.float16, torch.complex64: torch.float32, torch.complex128: torch.float64}[dtype]
        return values(part)[:32768].clone().view(dtype)
    if dtype.is_floating_point:
        near = torch.tensor([s * m * 2.0**e for e in range(-150, 130) for m in (1, 1 + 2.0**-12, 1.0625, 1.5, 1.9375, 2 - 2.0**-12)
                             for s in (1, -1)], dtype=torch.float64).to(dtype)
        return torch.cat([near, torch.nextafter(near, torch.zeros_like(near)), random_floats(dtype, 1 << 16, 5)])
    generator = torch.Generator().manual_seed(6)
    wild = torch.randint(0, 256, (dtype.itemsize << 15,), dtype=torch.uint8, generator=generator).view(dtype)
    shift = torch.randint(0, 8 * dtype.itemsize, wild.shape, generator=generator)
    signed = wild.view(torch.int64 if dtype.itemsize == 8 else torch.int32)
    near = torch.tensor([(1 << e) + d for e in range(8 * dtype.itemsize - 1) for d in (-1, 0, 1)]).to(signed.dtype)
    return torch.cat([wild, (signed >> shift.to(signed.dtype)).view(dtype), near.view(dtype)])


def fits(x, target):
    """Returns where C defines the conversion to `target`; elsewhere torch's loops differ from each other."""
    if x.dtype not in FLOATS or target not in WHOLE:
        return torch.ones(x.shape, dtype=torch.bool)
    whole, info = x.double().trunc(), torch.iinfo(target)
    return (whole >= float(info.min)) & (whole < 2.0 * (info.max // 2 + 1))


class Casts(Case):
    def cast(self, x, targets):
        """Returns {type: tensor} of one run with a rule for each, and its report."""
        source, out, own = self.tmp / "in.pt", self.tmp / "out.pt", NAMES[x.dtype]
        torch.save({f"x.{NAMES[t]}": x for t in targets}, source)
        rules = ",".join(f"rule=x.{NAMES[t]}={NAMES[t]}" for t in targets)
        run = self.run_fmtconv("-f", "--json", "-t", f"cast:from={own},{rules}", source, out)
        got = torch.load(out, weights_only=True, mmap=True)
        return {t: got[f"x.{NAMES[t]}"] for t in targets}, json.loads(run.stdout.splitlines()[-1])

    def check(self, x, targets):
        got, report = self.cast(x, targets)
        found = {(f["tensor"], f["finding"]): f["count"] for f in report["findings"]}
        for target in targets:
            with self.subTest(source=x.dtype, target=target):
                wanted, where = x.to(target), fits(x, target)
                self.assertEqual(got[target].dtype, target)
                if not where.all():
                    self.assertTrue(bool(where.any()))
                    self.assertTrue(torch.equal(bits(got[target][where]), bits(wanted[where])))
                elif not torch.equal(bits(got[target]), bits(wanted)):
                    different = bits(got[target]).reshape(-1, target.itemsize) != bits(wanted).reshape(-1, target.itemsize)
                    at = different.any(1).nonzero().flatten()[:5]
                    self.fail(f"{x[at]} became {got[target][at]} instead of {wanted[at]}")
                if x.dtype in FLOATS and target in FLOATS:
                    name = f"x.{NAMES[target]}"
                    self.check_counts(x, wanted, found.get((name, "overflow"), 0), found.get((name, "underflow"), 0))

    def check_counts(self, x, y, overflow, underflow):
        """Returns the numbers of overflows (infinity, or beyond the largest number of a type without infinity) and of
        underflows."""
        before, after = x.double(), y.double()
        beyond = before.abs() > 464 if y.dtype is torch.float8_e4m3fn else torch.zeros_like(before, dtype=torch.bool)
        self.assertEqual(overflow, int((before.isfinite() & (~after.isfinite() | beyond)).sum()))
        lost = ~before.isnan() & (before != after) & (after.abs() < NORMAL[y.dtype])
        self.assertEqual(underflow, int(lost.sum()))

    def test_many_random_numbers(self):
        """10⁷ of f32 and of f64, to every floating-point type."""
        for dtype in (torch.float32, torch.float64):
            self.check(random_floats(dtype, MANY, 7), [t for t in FLOATS if t is not dtype])

    def test_unsaid(self):
        """Without from=, integers, booleans and complex numbers are unchanged; with it, types other than the given one."""
        tensors = {f"x.{NAMES[d]}": values(d)[:64] for d in NAMES}
        torch.save(tensors, self.tmp / "in.pt")
        floats = [d for d in FLOATS if d is not torch.float8_e8m0fnu]
        for arguments, kinds in ((("-t", "cast:to=bf16"), floats), (("--dtype", "bf16"), floats), (("-t", "cast:from=i32,to=bf16"), [torch.int32]),
                                 (("-t", "cast:from=i32,rule=*=bf16"), [torch.int32])):
            self.run_fmtconv("-f", *arguments, self.tmp / "in.pt", self.tmp / "out.pt")
            self.assert_same(torch.load(self.tmp / "out.pt", weights_only=True),
                             {n: t.to(torch.bfloat16) if t.dtype in kinds else t for n, t in tensors.items()})

    def test_refused(self):
        torch.save({"c.x": torch.ones(2, dtype=torch.complex64), "i.x": torch.ones(2, dtype=torch.int64)}, self.tmp / "in.pt")
        for cast, status, says in (("from=c64,to=f32", 1, "complex numbers cannot become real"),
                                   ("to=i32", 2, "to cast integers, name the source type: cast:from=i64"),
                                   ("rule=*=i32", 2, "to cast integers, name the source type: cast:from=i64"),
                                   ("from=i64,to=q8_0", 2, "-t quantize:to=q8_0"),
                                   ("from=q8_0,to=f32", 2, "tensors of this type cannot be cast"),
                                   ("from=f4_e2m1,to=f32", 2, "tensors of this type cannot be cast"),
                                   ("from=f64,to=f32", 2, "no tensor to cast has the data type f64"),
                                   ("from=i64", 2, "no data type given: cast:to=bf16")):
            run = self.run_fmtconv("-t", f"cast:{cast}", self.tmp / "in.pt", self.tmp / "out.pt", status=status)
            self.assertIn(says, run.stderr)
            self.assertFalse((self.tmp / "out.pt").exists())

    def test_whole_numbers_are_said(self):
        torch.save({"f.x": torch.tensor([1.5, 300.0, -7.25, 2.0])}, self.tmp / "in.pt")
        run = self.run_fmtconv("-t", "cast:from=f32,to=i8", self.tmp / "in.pt", self.tmp / "out.pt")
        self.assertIn("1 of 4 values in 1 tensor were too large", run.stderr)
        self.assertIn("converted to integers; fractions are truncated", run.stderr)
        run = self.run_fmtconv("-f", "--strict", "-t", "cast:from=f32,to=i8", self.tmp / "in.pt", self.tmp / "no.pt", status=1)
        self.assertFalse((self.tmp / "no.pt").exists())

    def test_underflow_is_a_note_unless_it_costs_norm(self):
        """A warning only where values below the normal range may cost a tensor more than twice the rounding error of the type."""
        generator = torch.Generator().manual_seed(9)
        weights = torch.randn(4096, generator=generator) * 0.02
        for name, x, warns in (("usual", weights, False),
                               ("small", weights * 2.0**-8, False),
                               ("exact but for a few", torch.cat([torch.ones(8), torch.full((9,), 1e-6)]), False),
                               ("too small", weights * 2.0**-14, True)):
            with self.subTest(name):
                torch.save({"x": x}, self.tmp / "in.pt")
                run = self.run_fmtconv("-f", "--dtype", "f16", "-t", "none", self.tmp / "in.pt", self.tmp / "out.pt")
                lost = ((x - x.half().float()).double().norm() / x.double().norm()).item()
                self.assertIn("below the normal range of the data type", run.stderr)
                self.assertEqual("warning:" in run.stderr, warns)
                self.assertEqual(lost > 2.0**-10, warns, lost)
                self.run_fmtconv("-f", "--strict", "--dtype", "f16", "-t", "none", self.tmp / "in.pt", self.tmp / "out.pt",
                                 status=int(warns))


def add_tests():
    """One method for each source."""
    for dtype in NAMES:
        targets = [t for t in NAMES if t is not dtype and (t.is_complex or not dtype.is_complex)]
        setattr(Casts, f"test_from_{NAMES[dtype]}", lambda self, d=dtype, t=targets: self.check(values(d), t))


add_tests()
assert set(NAMES) == {*TYPED, *UNTYPED, torch.complex32, torch.complex128}

if __name__ == "__main__":
    unittest.main()
