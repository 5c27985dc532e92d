# SPDX-License-Identifier: Apache-2.0
"""Models of megatron-core as their ranks save them, and as dist_checkpointing does: the whole of each parameter by the offsets that
sharded_state_dict() gives."""
# Plugins: dcp safetensors torch megatron

import json
import tempfile
import unittest
from pathlib import Path

import dcpmake
import torch
import training
from safetensors.torch import load_file
from support import Case

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

    def convert(self, source, wanted):
        out = self.tmp / "out.safetensors"
        self.run_fmtconv("-f", "--verify", "-t", "none", source, out)
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
                self.convert(folder, whole)


if __name__ == "__main__":
    unittest.main()
