# SPDX-License-Identifier: Apache-2.0
"""SAT LoRA checkpoints, written by torch, become files that diffusers and peft load with the right effect."""
# Plugins: cast cogvideox-lora safetensors sat torch

import json
import math
import unittest

import safetensors.torch
import torch
from satmake import DTYPES, Recipe, write
from support import Case

PEFT = {"query_key_value.matrix_{}.0": "to_q", "query_key_value.matrix_{}.1": "to_k",
        "query_key_value.matrix_{}.2": "to_v", "dense.matrix_{}.0": "to_out.0"}


def peft_pairs(r):
    """(diffusers name without .lora_X.weight, A, B) of every wrapped matrix."""
    for name in r.lora_tensors:
        layer = name.split(".")[2]
        for sat, peft in PEFT.items():
            if name.endswith("attention." + sat.format("A")):
                b = name.removesuffix(sat.format("A")) + sat.format("B")
                yield (f"transformer.transformer_blocks.{layer}.attn1.{peft}", r.lora_tensors[name], r.lora_tensors[b])


def baked(r, alpha, dtype=None):
    """Returns the expected tensors, computed by torch in f32 with one rounding."""
    factor = alpha / r.rank
    shared = -(-(-math.floor(math.log2(factor))) // 2) if r.dtype is torch.float16 and factor < 1 else 0
    wanted = {}
    for name, a, b in peft_pairs(r):
        wanted[name + ".lora_A.weight"] = (a.float() * 2.0**-shared).to(dtype or a.dtype)
        wanted[name + ".lora_B.weight"] = (b.float() * (factor * 2.0**shared)).to(dtype or b.dtype)
    return wanted


class Bake(Case):
    def convert(self, r, *arguments, source=None, **more):
        run = self.tmp / "run"
        write(r, run)
        out = self.tmp / "pytorch_lora_weights.safetensors"
        result = self.run_fmtconv("-f", "-r", "sat", "-t", *arguments, "-w", "safetensors", source or run, out, **more)
        return out, result

    def test_bits(self):
        """Every data type, with and without --dtype, and factors that are and are not powers of two."""
        for dtype in DTYPES.values():
            for alpha, rank in ((1, 4), (1, 128), (8, 4), (3, 7), (5, 5)):
                for target in (None, "f32", "bf16", "f16"):
                    with self.subTest(dtype=dtype, alpha=alpha, rank=rank, target=target):
                        r = Recipe(dtype=dtype, rank=rank, alpha=alpha, hidden=32)
                        out, _ = self.convert(r, "cogvideox-lora", *(["--dtype", target] if target else []))
                        to = {None: None, "f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}[target]
                        self.assert_same(safetensors.torch.load_file(out), baked(r, alpha, to))

    def test_bytes_of_the_file(self):
        """The file equals byte for byte the file that safetensors writes of these tensors."""
        r = Recipe(dtype=torch.bfloat16, alpha=2, layers=11)
        out, _ = self.convert(r, "cogvideox-lora")
        self.assertEqual(out.read_bytes(), safetensors.torch.save(baked(r, 2), {"format": "pt"}))

    def test_what_training_leaves(self):
        """torch.compile's names, no base, no ZeRO, some layers only, bare module, other prefixes."""
        for change in ({"infix": "_orig_mod."}, {"base": False}, {"flat": False}, {"lora_layers": [1, 3]},
                       {"others": False}, {"prefix": "", "others": False}):
            with self.subTest(**change):
                r = Recipe(layers=5, alpha=4, **change)
                out, _ = self.convert(r, "cogvideox-lora")
                self.assert_same(safetensors.torch.load_file(out), baked(r, 4))

    def test_counts(self):
        """2B: 240 tensors; the 5B family: 336."""
        for layers, count in ((30, 240), (42, 336)):
            r = Recipe(layers=layers, hidden=16, rank=2, alpha=2)
            out, _ = self.convert(r, "cogvideox-lora")
            self.assertEqual(len(safetensors.torch.load_file(out)), count)

    def test_where_alpha_is_from(self):
        """Parameter before training_config.yaml before 1 with a warning; --strict makes that an error."""
        r = Recipe(alpha=2, dtype=torch.float32)
        out, _ = self.convert(r, "cogvideox-lora:alpha=64")
        self.assert_same(safetensors.torch.load_file(out), baked(r, 64))
        for r in (Recipe(dtype=torch.float32, seed=1), Recipe(dtype=torch.float32, config=False, seed=2)):
            (self.tmp / "run" / "training_config.yaml").unlink(missing_ok=True)
            out, result = self.convert(r, "cogvideox-lora")
            self.assertIn("warning", result.stderr)
            self.assertIn("alpha", result.stderr)
            self.assertIn("1/4", result.stderr)
            self.assert_same(safetensors.torch.load_file(out), baked(r, 1))
            out.unlink()
            out, _ = self.convert(r, "cogvideox-lora", "--strict", status=1)
            self.assertFalse(out.exists())
            self.assert_clean(self.tmp)

    def test_none(self):
        r = Recipe(config=False)
        out, result = self.convert(r, "cogvideox-lora:scale=none")
        wanted = {f"{n}.lora_{x}.weight": t for n, a, b in peft_pairs(r) for x, t in (("A", a), ("B", b))}
        self.assert_same(safetensors.torch.load_file(out), wanted)
        self.assertNotIn("warning", result.stderr)

    def test_subnormals_are_counted(self):
        """f16 values that lose more than one rounding are counted, and are an error under --strict."""
        r = Recipe(alpha=1, rank=128, scale=2e-4)
        factor = 2.0**-3
        lost = 0
        run = self.tmp / "run"
        write(r, run)
        for _, a, b in peft_pairs(r):
            for t, f in ((a, 2.0**-4), (b, factor)):
                exact = t.float() * f
                got = exact.to(torch.float16).float()
                lost += int(((got != exact) & (got.abs() < 2.0**-14)).sum())
        self.assertGreater(lost, 0)
        out = self.tmp / "x.safetensors"
        result = self.run_fmtconv("--json", "-t", "cogvideox-lora", run, out)
        report = json.loads(result.stdout.splitlines()[-1])
        self.assertEqual(sum(f["count"] for f in report["findings"] if f["finding"] == "underflow"), lost)
        out.unlink()
        self.run_fmtconv("--strict", "-t", "cogvideox-lora", run, out, status=1)
        self.assertFalse(out.exists())
        self.assert_clean(self.tmp)

    def test_same_bytes(self):
        """Whatever the threads and the memory."""
        r = Recipe(layers=8, hidden=256, rank=64, alpha=16)
        seen = set()
        for arguments in (["-j1"], ["-j2"], ["-j8"], ["--memory", "16M"], ["--memory", "1G"], ["-j8", "--memory", "1M"]):
            out, _ = self.convert(r, "cogvideox-lora", *arguments)
            seen.add(out.read_bytes())
        self.assertEqual(len(seen), 1)

    def test_verify(self):
        r = Recipe(alpha=3, rank=7)
        out, result = self.convert(r, "cogvideox-lora", "--verify", "--json")
        report = json.loads(result.stdout.splitlines()[-1])
        self.assertEqual(report["checks"]["verified"], 16)


class Mistakes(Case):
    """Defects of a file are reported with names; exit 1, and nothing is written."""

    def refused(self, r, *arguments, words=()):
        run = self.tmp / "run"
        write(r, run)
        return self.refused_path(run, *arguments, words=words)

    def refused_path(self, path, *arguments, words=()):
        out = self.tmp / "out.safetensors"
        result = self.run_fmtconv("-r", "sat", *(arguments or ("-t", "cogvideox-lora")), path, out, status=1)
        for word in words:
            self.assertIn(word, result.stderr)
        self.assertFalse(out.exists())
        self.assert_clean(self.tmp)
        return result

    def test_no_lora(self):
        self.refused(Recipe(lora=False), words=("no LoRA",))

    def test_wrong_rank(self):
        self.refused(Recipe(alpha=1), "-t", "cogvideox-lora:rank=8", words=("rank=8", "rank 4"))
        self.refused(Recipe(alpha=1, config_rank=16), words=("rank 16", "rank 4"))

    def edit(self, change):
        path = write(Recipe(alpha=1), self.tmp / "run")
        checkpoint = torch.load(path, weights_only=False)
        change(checkpoint["module"])
        torch.save(checkpoint, path)
        return self.tmp / "run"

    def test_half_pair(self):
        name = "model.diffusion_model.transformer.layers.1.attention.dense.matrix_B.0"
        run = self.edit(lambda m: m.pop(name))
        self.refused_path(run, words=("transformer.layers.1.attention.dense.matrix_B.0",))

    def test_missing_part(self):
        stem = "model.diffusion_model.transformer.layers.0.attention.query_key_value.matrix_"
        run = self.edit(lambda m: (m.pop(stem + "A.1"), m.pop(stem + "B.1")))
        self.refused_path(run, words=("matrix_A.1", "matrix_B.1"))

    def test_mixed_ranks(self):
        name = "model.diffusion_model.transformer.layers.0.attention.dense.matrix_A.0"
        run = self.edit(lambda m: m.update({name: torch.zeros(3, 64, dtype=torch.float16)}))
        self.refused_path(run, words=("matrix_A.0",))

    def test_zero3(self):
        path = write(Recipe(alpha=1), self.tmp / "run")
        for name in ("z3_rank_00_model_states.pt", "zero_pp_rank_0_mp_rank_00_model_states.pt"):
            renamed = path.rename(path.parent / name)
            for source in (self.tmp / "run", renamed):
                self.refused_path(source, words=("no zero_pp_rank_0_mp_rank_00_optim_states.pt in",))
            path = renamed


class Folders(Case):
    """A save folder, a run, an iteration or a file: the same result."""

    def setUp(self):
        super().setUp()
        self.r = Recipe(alpha=2)
        self.run_folder = self.tmp / "ckpts_2b_lora" / "lora-disney-11-23-10-00"
        self.file = write(self.r, self.run_folder)

    def converted(self, path, reader="sat", *more):
        out = self.tmp / "out.safetensors"
        result = self.run_fmtconv("-f", "-r", reader, path, out, *more)
        self.assert_same(safetensors.torch.load_file(out), baked(self.r, 2))
        return result

    def test_all_forms(self):
        for path in (self.run_folder.parent, self.run_folder, self.file.parent, self.file):
            with self.subTest(path=path):
                self.converted(path)

    def test_all_detected(self):
        out = self.tmp / "pytorch_lora_weights.safetensors"
        result = self.run_fmtconv(self.run_folder.parent, out)
        self.assert_same(safetensors.torch.load_file(out), baked(self.r, 2))
        self.assertIn("fmtconv -r sat -t cogvideox-lora -w safetensors", result.stderr)

    def test_latest(self):
        latest = self.run_folder / "latest"
        latest.write_text("1000-ema\n")
        self.assertIn("1000-ema", self.converted(self.run_folder).stderr)
        self.file.parent.rename(self.run_folder / "release")
        latest.write_text("release")
        self.converted(self.run_folder)
        latest.unlink()
        self.converted(self.run_folder)

    def test_iteration_and_ema(self):
        self.file.parent.rename(self.run_folder / "500")
        self.converted(self.run_folder, "sat:iteration=500")
        (self.run_folder / "500").rename(self.run_folder / "1000-ema")
        self.converted(self.run_folder, "sat:ema=yes")

    def test_several_runs(self):
        write(self.r, self.run_folder.parent / "lora-disney-11-24-10-00")
        result = self.run_fmtconv("-r", "sat", self.run_folder.parent, self.tmp / "out.safetensors", status=1)
        self.assertIn("lora-disney-11-23-10-00", result.stderr)
        self.assertIn("lora-disney-11-24-10-00", result.stderr)

    def test_broken_config(self):
        (self.run_folder / "training_config.yaml").write_text("model: [unclosed")
        out = self.tmp / "out.safetensors"
        result = self.run_fmtconv("-r", "sat", self.run_folder, out)
        self.assertIn("training_config.yaml", result.stderr)
        self.assertIn("warning", result.stderr)


if __name__ == "__main__":
    unittest.main()
