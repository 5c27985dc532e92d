# SPDX-License-Identifier: Apache-2.0
"""Folders that DeepSpeed, accelerate and SAT leave: an iteration of any name, no 'latest', weights that are elsewhere."""
# Plugins: safetensors torch sat

import unittest

import safetensors.torch
import torch
from support import Case

RANK_0 = "mp_rank_00_model_states.pt"


def weights(first=1.0):
    return {"a.weight": torch.full((2, 3), first), "a.bias": torch.zeros(3)}


def states(module):
    """The keys of DeepSpeed's model states (deepspeed/runtime/engine.py, _save_checkpoint)."""
    return {"module": module, "buffer_names": [], "optimizer": None, "param_shapes": None, "frozen_param_shapes": None,
            "shared_params": {}, "frozen_param_fragments": None, "lr_scheduler": None, "data_sampler": None,
            "random_ltd": None, "sparse_tensor_module_names": set(), "skipped_steps": 0, "global_steps": 10,
            "global_samples": 80, "dp_world_size": 8, "mp_world_size": 1, "ds_config": {"zero_optimization": {"stage": 2}},
            "ds_version": "0.16.9"}


class DeepSpeed(Case):
    def run_folder(self, name="output", latest=None, **iterations):
        """A folder with iterations; latest: None: there is no such file."""
        folder = self.tmp / name
        for iteration, module in iterations.items():
            iteration = iteration.lstrip("_")
            (folder / iteration).mkdir(parents=True)
            torch.save(states(module), folder / iteration / RANK_0)
            optimizer = {"optimizer_state_dict": {"base_optimizer_state": [torch.ones(9)]}}
            torch.save(optimizer, folder / iteration / "bf16_zero_pp_rank_0_mp_rank_00_optim_states.pt")
        if latest is not None:
            (folder / "latest").write_text(latest)
        (folder / "zero_to_fp32.py").write_text("")
        return folder

    def convert(self, folder, wanted, *options):
        out = self.tmp / "out.safetensors"
        result = self.run_fmtconv("-f", *options, "-t", "none", folder, out)
        self.assert_same(safetensors.torch.load_file(out), wanted)
        return result

    def refuse(self, folder, says, *options):
        out = self.tmp / "none.safetensors"
        result = self.run_fmtconv(*options, "-t", "none", folder, out, status=1)
        self.assertIn(says, result.stderr)
        self.assertFalse(out.exists())

    def test_latest_with_a_name(self):
        """DeepSpeed's tags: global_step10, accelerate's pytorch_model, any other."""
        for n, tag in enumerate(("global_step10", "pytorch_model", "best", "epoch=3-step=10", "10")):
            folder = self.run_folder(f"run{n}", tag, **{"_" + tag: weights(), "_other": weights(2), "_9": weights(3)})
            self.convert(folder, weights())
            self.convert(folder, weights(2), "-r", "sat:iteration=other")
            self.convert(folder / tag, weights())
        folder = self.run_folder("broken", "best", _10=weights())
        self.refuse(folder, "no iteration 'best'")
        for n, word in enumerate(("../run0/10", ".", "..", "")):
            self.refuse(self.run_folder(f"wrong{n}", word, _10=weights()), "which is not the name of a folder")

    def test_no_latest(self):
        """The only iteration is read, with a note; several are listed."""
        for n, tag in enumerate(("1000", "global_step10", "release", "pytorch_model")):
            folder = self.run_folder(f"run{n}", None, **{"_" + tag: weights()})
            self.assertIn("reading its only iteration", self.convert(folder, weights()).stderr)
        ema = self.run_folder("with average", None, **{"_1000": weights(), "_1000-ema": weights(2)})
        self.convert(ema, weights())
        self.convert(ema, weights(2), "-r", "sat:ema=yes")
        several = self.run_folder("several", None, _1000=weights(), _2000=weights(2))
        self.refuse(several, "no 'latest' in")
        self.convert(several, weights(2), "-r", "sat:iteration=2000")

    def test_placeholders(self):
        """ZeRO-3 leaves tensors of shape [0] where the weights were: warned of, and refused by --strict."""
        module = {"a.weight": torch.empty(0), "a.bias": torch.empty(0), "b.weight": torch.ones(2)}
        folder = self.run_folder("zero3", "global_step10", _global_step10=module)
        self.assertIn("2 weights have shape [0]", self.convert(folder, module).stderr)
        self.refuse(folder, "2 weights have shape [0]", "--strict")
        torch.save(module, self.tmp / "pytorch_model.bin")
        self.assertIn("2 weights have shape [0]", self.convert(self.tmp / "pytorch_model.bin", module).stderr)
        self.refuse(self.tmp / "pytorch_model.bin", "  a.weight", "--strict")
        safetensors.torch.save_file(module, self.tmp / "model.safetensors")
        self.assertIn("2 weights have shape [0]", self.convert(self.tmp / "model.safetensors", module).stderr)
        self.refuse(self.tmp / "model.safetensors", "  a.bias", "--strict")
        empty = {"scores": torch.empty(0), "b.weight": torch.empty(0, 3)}
        torch.save(empty, self.tmp / "empty.pt")
        self.convert(self.tmp / "empty.pt", empty, "--strict")


if __name__ == "__main__":
    unittest.main()
