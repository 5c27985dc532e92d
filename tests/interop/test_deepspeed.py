# SPDX-License-Identifier: Apache-2.0
"""Folders that DeepSpeed, accelerate and SAT leave: an iteration of any name, no 'latest', weights that are elsewhere."""
# Plugins: safetensors torch sat zero

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

    def expert_folder(self, name, experts, shared, num_experts, file="layer_{0}_expert_{1}_mp_rank_00_model_states.pt"):
        """Files of engine.py's _save_moe_checkpoint; experts: (layer, expert): tensors."""
        folder = self.run_folder(name, "t", _t={})
        torch.save({**states(shared), "num_experts": num_experts}, folder / "t" / RANK_0)
        for (layer, expert), tensors in experts.items():
            torch.save(tensors, folder / "t" / file.format(layer, expert))
        return folder

    def test_experts(self):
        """Each expert has a file; names have its number in the whole layer, as load_moe_state_dict expects."""
        shared = {"inp.weight": torch.ones(2), "m.0.deepspeed_moe.gate.wg.weight": torch.ones(4, 2)}
        counts = [11, 2]
        experts = {(layer, e): {f"m.{layer}.deepspeed_moe.experts.deepspeed_experts.{e}.a.{kind}": torch.full((3,), layer * 100.0 + e)
                                for kind in ("weight", "bias")} for layer, n in enumerate(counts) for e in range(n)}
        wanted = dict(shared)
        for tensors in experts.values():
            wanted.update(tensors)
        folder = self.expert_folder("experts", experts, shared, counts)
        said = self.convert(folder, wanted).stderr
        self.assertIn("the experts of 2 layers are read from 13 files", said)
        self.assertNotIn("weights=fp32", said)
        self.convert(folder / "t" / RANK_0, wanted)
        one = folder / "t/layer_0_expert_10_mp_rank_00_model_states.pt"
        self.convert(one, experts[0, 10])
        self.refuse(folder, "is of an expert", "-r", "sat:weights=fp32")
        one.rename(self.tmp / "away")
        self.refuse(folder, "1 of 13 files of experts are missing")
        self.refuse(folder, "layer_0_expert_10_mp_rank_00_model_states.pt")
        (self.tmp / "away").rename(one)
        torch.save({}, folder / "t/layer_1_expert_2_mp_rank_00_model_states.pt")
        self.refuse(folder, "num_experts says that there are 13 experts, but there are files of 14")
        self.refuse(folder, "  layer_1_expert_2_mp_rank_00_model_states.pt")
        (folder / "t/layer_1_expert_2_mp_rank_00_model_states.pt").rename(folder / "t/layer_1_expert_1_mp_rank_01_model_states.pt")
        self.refuse(folder, "is of a model-parallel rank")
        self.refuse(self.expert_folder("none", {}, shared, counts), "13 of 13 files of experts are missing")
        # Without num_experts, a gap shows what is missing: an expert, or a layer.
        gap = self.expert_folder("gap", {key: value for key, value in experts.items() if key != (0, 3)}, shared, [])
        self.refuse(gap, "1 of 13 files of experts are missing")
        self.refuse(self.expert_folder("layer", {(1, 0): experts[1, 0]}, shared, []), "  layer_0_expert_0_mp_rank_00_model_states.pt")
        # Before each layer had separate files, num_experts was one number.
        both = {}
        for e in range(2):
            both[0, e] = {**experts[0, e], **experts[1, e]}
        earlier = self.expert_folder("earlier", both, shared, 2, "expert_{1}_mp_rank_00_model_states.pt")
        self.convert(earlier, {**shared, **both[0, 0], **both[0, 1]})

    def test_joined_experts(self):
        """AutoEP has a tensor of all experts, which the loader stacks of their files."""
        whole = {f"layers.0.mlp.experts.w{k}": torch.randn(3, 4, 2 + k) for k in (1, 2, 3)}
        experts = {(0, e): {f"{name}.{e}": tensor[e].clone() for name, tensor in whole.items()} for e in range(3)}
        shared = {"layers.0.mlp.router.gate.weight": torch.ones(3, 2)}
        folder = self.expert_folder("joined", experts, shared, [3])
        self.convert(folder, {**shared, **whole})
        del experts[0, 1]["layers.0.mlp.experts.w2.1"]
        self.refuse(self.expert_folder("less", experts, shared, [3]), "has 2 tensors, and layer_0_expert_0")
        experts[0, 1]["layers.0.mlp.experts.w2.7"] = torch.ones(4, 4)
        self.refuse(self.expert_folder("wrong", experts, shared, [3]), "layers.0.mlp.experts.w2.1")


if __name__ == "__main__":
    unittest.main()
