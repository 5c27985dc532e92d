# SPDX-License-Identifier: Apache-2.0
"""Checkpoints that DeepSpeed's engine saves: the fp32 weights are those of zero_to_fp32 and the moments those of the engine, bit for bit."""
# Plugins: safetensors sat torch zero

import contextlib
import io
import os
import re
import shutil
import tempfile
import unittest
from pathlib import Path

import safetensors.torch
import torch
import training
import zeromake
from support import Case

EXPERT = r"(deepspeed_experts\.)(\d+)"


class Engine(Case):
    @classmethod
    def setUpClass(cls):
        """Every checkpoint is saved in one launch."""
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.runs = Path(folder.name)
        training.run("dsmake.py", folder.name)

    def convert(self, source, wanted, *options):
        out = self.tmp / "out.safetensors"
        result = self.run_fmtconv("-f", "--verify", *options, "-t", "none", "-w", "safetensors:tied=copy", source, out)
        self.assert_same(safetensors.torch.load_file(out), wanted)
        return result.stderr

    def refuse(self, source, *says, options=("-r", "sat:weights=fp32")):
        out = self.tmp / "none.safetensors"
        result = self.run_fmtconv(*options, "-t", "none", source, out, status=1)
        for text in says:
            self.assertIn(text, result.stderr)
        self.assertFalse(out.exists())

    def engine(self, run, rank=""):
        return torch.load(run / f"engine{rank}.pt")

    def zero_runs(self):
        return [run for run in sorted(self.runs.iterdir()) if (run / "fp32.pt").exists()]

    def test_weights(self):
        """Of every stage and number of ranks, from the run, its iteration and the universal checkpoint."""
        self.assertEqual(len(self.zero_runs()), 16)
        for run in self.zero_runs():
            with self.subTest(run.name):
                wanted = torch.load(run / "fp32.pt")
                for name, tensor in self.engine(run)["fp32"].items():
                    self.assertTrue(torch.equal(wanted[name], tensor), name)
                says = "ZeRO stage 3, from" if run.name[0] == "3" else "ZeRO stage 1 or 2, from"
                self.assertIn(f"{says} {run.name[-1]} rank", self.convert(run, wanted, "-r", "sat:weights=fp32"))
                self.convert(run / "step3", wanted, "-r", "zero")
                self.assertIn("a universal checkpoint", self.convert(run / "universal", wanted, "-r", "zero"))

    def test_moments(self):
        for run in self.zero_runs():
            engine = self.engine(run)
            for key in zeromake.MOMENTS:
                with self.subTest(run.name, key=key):
                    wanted = engine[key] | {"head.weight": engine[key]["embed.weight"]}
                    self.assertIn(f"reading the {key} of", self.convert(run, wanted, "-r", f"zero:part={key}"))
                    self.convert(run / "universal", wanted, "-r", f"zero:part={key}")

    def test_module(self):
        """The weights that the engine computes with; those of stage 3 are parts, so that the fp32 weights are read."""
        for run in self.runs.iterdir():
            if run.name.startswith(("0", "1", "2")):
                with self.subTest(run.name):
                    wanted = self.engine(run)["module"]
                    self.convert(run, wanted, "-r", "sat:weights=model")
                    self.assertEqual("weights=fp32 reads" in self.convert(run, wanted), run.name[0] != "0")
            elif run.name[0] == "3":
                with self.subTest(run.name):
                    self.refuse(run, "splits every tensor over all ranks", options=("-r", "sat:weights=model"))
                    if (run / "fp32.pt").exists():
                        self.convert(run, torch.load(run / "fp32.pt"))

    def test_experts(self):
        """Each of two processes has half of the experts, numbered from 0; in the files they have their numbers in the layer."""
        run, wanted = self.runs / "experts-2", {}
        for rank in (0, 1):
            for name, tensor in self.engine(run, rank or "")["module"].items():
                layer = re.match(r"experts\.(\d)\.deepspeed_moe\.experts", name)
                first = rank * (2, 1)[int(layer[1])] if layer else 0
                wanted[re.sub(EXPERT, lambda m: m[1] + str(int(m[2]) + first), name)] = tensor
        self.assertEqual(sum("deepspeed_experts" in name for name in wanted), 2 * (4 + 2))
        self.assertIn("the experts of 2 layers are read from 6 files", self.convert(run, wanted))
        self.convert(run / "step3", wanted, "-r", "sat:weights=model")
        self.refuse(run, "is of an expert")

    def test_nvme(self):
        """The optimizer's parts in separate files: of two sub-groups, rounded up; a third is too small for the disk."""
        run, frozen = self.runs / "3-nvme-2", torch.load(self.runs / "3-2/fp32.pt")
        engine = self.engine(run)
        self.assertEqual(len(list((run / "step3/offloaded_tensors").glob("rank01/*"))), 2 * 3)
        wanted = {name: tensor for name, tensor in frozen.items() if name.startswith(("frozen", "steps", "table"))} | engine["fp32"]
        self.convert(run, wanted | {"head.weight": wanted["embed.weight"]})
        for key in zeromake.MOMENTS:
            self.convert(run, engine[key] | {"head.weight": engine[key]["embed.weight"]}, "-r", f"zero:part={key}")
        run = self.copied("3-nvme-2")
        files = sorted((run / "step3/offloaded_tensors/rank01").glob("[0-9]*"))
        files[0].write_bytes(files[0].read_bytes()[:100])
        self.refuse(run, f"rank01/{files[0].name}")
        files[0].write_bytes(bytes(2 << 20))
        self.refuse(run, f"rank01/{files[0].name}", "larger than the")
        files[0].unlink()
        self.refuse(run, f"offloaded_tensors/rank01/{files[0].name}, which is missing", "rank_1")
        next(files[1].parent.glob("exp_avg_sq*")).unlink()
        self.refuse(run, "rank01/exp_avg_sq-", options=("-r", "zero:part=exp_avg_sq"))
        shutil.rmtree(files[0].parent.parent)
        self.refuse(run, "offloaded_tensors/rank00/", "copy the folder offloaded_tensors")

    def copied(self, name):
        shutil.copytree(self.runs / name / "step3", self.tmp / name / "step3")
        (self.tmp / name / "latest").write_text("step3")
        return self.tmp / name

    def test_other_worlds(self):
        """A rank that is missing, and one of another number of ranks, which zero_to_fp32 refuses too or joins to nonsense."""
        for stage in "12":
            run, name = self.copied(f"{stage}-3"), "bf16_zero_pp_rank_1_mp_rank_00_optim_states.pt"
            (run / "step3" / name).unlink()
            self.refuse(run, "1 of 3 ranks' optimizer states are missing", name)
            shutil.copy(self.runs / f"{stage}-2/step3" / name, run / "step3")
            self.refuse(run, name)
        for kind in ("optim", "model"):
            run = self.copied("3-3")
            name = next(p.name for p in (run / "step3").glob(f"*rank_1*{kind}*"))
            (run / "step3" / name).unlink()
            self.refuse(run, name)
            shutil.copy(self.runs / "3-2/step3" / name, run / "step3")
            self.refuse(run, name)
            shutil.rmtree(run)


    def test_two_saves(self):
        """A file of an earlier save of the run, which has the same names and sizes."""
        for name, other in (("1-2", "bf16*rank_1*"), ("2-5", "bf16*rank_4*"), ("3-2", "bf16*rank_1*"), ("3-2", "zero*rank_1*")):
            run = self.copied(name)
            earlier = next((self.runs / name / "step2").glob(other))
            shutil.copy(earlier, run / "step3")
            self.refuse(run, earlier.name, "it is of step 2, but", "is of step 3")
            shutil.rmtree(run)


class Judge(Case):
    def test_written_files(self):
        """What zeromake.py writes, from which test_zero.py takes what it expects, is a checkpoint to zero_to_fp32, too."""
        os.environ["DS_ACCELERATOR"] = "cpu"
        from deepspeed.utils.zero_to_fp32 import get_fp32_state_dict_from_zero_checkpoint

        groups, frozen, buffers = zeromake.tensors()
        wanted = {n: t.float() if t.is_floating_point() else t for n, t in buffers.items()} | dict(frozen)
        wanted |= {n: t for group in groups for n, t in group.items()}
        wanted["head.weight"] = wanted["embed.weight"]
        kinds = [(1, {}), (2, {"paddings": True}), (2, {"prefix": ""}), (2, {"lean": False}), (3, {"sub_groups": 1}), (3, {"sub_groups": 3})]
        for world in (1, 2, 3, 5):
            for n, (stage, options) in enumerate(kinds):
                folder = self.tmp / f"{world}-{n}" / "step"
                folder.mkdir(parents=True)
                if stage == 3:
                    zeromake.write_3(folder, world, groups, frozen, buffers, **options)
                else:
                    zeromake.write_12(folder, stage, world, groups, frozen, buffers, **options)
                with self.subTest(world=world, stage=stage, **options), contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                    self.assert_same(get_fp32_state_dict_from_zero_checkpoint(str(folder.parent), tag="step"), wanted)


if __name__ == "__main__":
    unittest.main()
