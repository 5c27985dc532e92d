# SPDX-License-Identifier: Apache-2.0
"""Models of megatron-core as their ranks save them, and as dist_checkpointing does: the whole of each parameter by the offsets that
sharded_state_dict() gives."""
# Plugins: dcp safetensors torch megatron

import json
import shutil
import tempfile
import unittest
from pathlib import Path

import dcpmake
import torch
import training
from safetensors.torch import load_file
from support import Case, files

MOE = {"experts": 4}
CASES = [{"tp": 2, "pp": 2}, {"tp": 2, "pp": 2, "gated": False, "tied": True}, {"tp": 2, "pp": 2, "vp": 2}, {"tp": 4, "tied": True}, {"pp": 4, "vp": 2},
         MOE | {"ep": 2, "grouped": True}, MOE | {"tp": 2, "ep": 2}, MOE | {"tp": 2, "ep": 2, "etp": 1}, MOE | {"pp": 2, "ep": 2, "grouped": True},
         {"tp": 2, "latent": True, "mtp": 1}, {"pp": 2, "mtp": 2}]


def unstacked(name, tensor):
    """The parameters that torch_dist has in one: all layers, in them all experts; the norms have the names of Transformer Engine."""
    if name.startswith("decoder.layers.") and not name[15].isdigit():
        return {n: x for i, part in enumerate(tensor) for n, x in unstacked(name.replace("layers.", f"layers.{i}.", 1), part).items()}
    if ".experts.experts." in name:
        return {name.replace("experts.experts.", f"experts.local_experts.{e}."): part for e, part in enumerate(tensor)}
    return {name: tensor}


class Models(Case):
    @classmethod
    def setUpClass(cls):
        """Every model is saved in one launch."""
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.runs = Path(folder.name)
        training.run("megatronsave.py", folder.name, *map(json.dumps, CASES))

    def convert(self, source, wanted, *options):
        out = self.tmp / "out.safetensors"
        self.run_fmtconv("-f", "--verify", *options, "-t", "none", source, out)
        self.assert_same(load_file(out), wanted)

    def cases(self):
        """Yields each case with its folder and the whole parameters."""
        for number, case in enumerate(CASES):
            run = self.runs / str(number)
            yield case, run, {n: t for path in run.glob("whole_*.pt") for n, t in torch.load(path).items()}

    def test_ranks(self):
        for case, run, whole in self.cases():
            wanted = {}
            for name, tensor in whole.items():
                own, other = "mlp.linear_fc1.layer_norm_", "pre_mlp_layernorm."  # without Transformer Engine, names differ where layers do
                name = name.replace(own, other) if "experts" in case else name.replace(other, own) if "latent" in case else name
                wanted |= unstacked(name, tensor)
            with self.subTest(case):
                self.convert(run, wanted)

    def test_dist_checkpointing(self):
        """The format torch_dist: chunks of all ranks, in which a parameter of all layers is one; torch itself loads the same."""
        for case, run, whole in self.cases():
            folder = run / "iter_0000006"
            with self.subTest(case):
                self.assert_same(dcpmake.tensors_of(folder), whole)
                self.convert(folder, whole, "-r", "dcp")
                wanted = {n: t for name, tensor in whole.items() for n, t in unstacked(name, tensor).items()}
                self.convert(folder, wanted)
                self.convert(run, wanted, "-r", "megatron:iteration=6")

    def test_to_transformers(self):
        """Both formats become the same folder."""
        run, folders = self.runs / "0", []
        for iteration in (5, 6):
            folders.append(self.tmp / str(iteration))
            said = self.run_fmtconv("-r", f"megatron:iteration={iteration}", run, f"{folders[-1]}/").stderr
            self.assertIn("-t megatron-llama ", said)
        self.assertEqual(*map(files, folders))
        self.assertEqual(len(load_file(folders[0] / "model.safetensors")), 8 * 9 + 3)

    def copied(self, change=None):
        """A copy of a checkpoint of experts; change: of what all ranks have."""
        folder = self.tmp / "copy"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.runs / str(CASES.index(MOE | {"tp": 2, "ep": 2})) / "iter_0000006", folder)
        if change:
            common = torch.load(folder / "common.pt", weights_only=False)
            change(common)
            torch.save(common, folder / "common.pt")
        return folder

    def test_what_does_not_fit(self):
        def refuse(folder, *says):
            said = self.run_fmtconv("-t", "none", folder, self.tmp / "none.safetensors", status=1).stderr
            for text in says:
                self.assertIn(text, said)
            self.assertFalse((self.tmp / "none.safetensors").exists())

        refuse(self.copied(lambda common: setattr(common["args"], "num_layers", 7)), "8 elements, but there are 7 layers", "-r dcp")
        refuse(self.copied(lambda common: setattr(common["args"], "num_experts", 5)), "4 elements, but there are 5 experts", "experts.experts")
        (self.copied() / "__1_0.distcp").unlink()
        refuse(self.tmp / "copy", "1 of ", "__1_0.distcp")
        folder = self.copied()
        (folder / "common.pt").write_bytes((folder / "common.pt").read_bytes()[:-30])
        refuse(folder, "common.pt")
        self.run_fmtconv("-t", "none", self.copied(), self.tmp / "with.safetensors")
        self.convert(self.copied(lambda common: common.pop("args")), load_file(self.tmp / "with.safetensors"))


if __name__ == "__main__":
    unittest.main()
