# SPDX-License-Identifier: Apache-2.0
"""DoRA, LoHa, LoKr and products of three matrices, merged as peft's merge_and_unload does and as LyCORIS defines them."""
# Plugins: lora-merge quantize safetensors torch

import unittest

import peft
import torch
from safetensors.torch import load_file, save_file
from support import Case


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.q = torch.nn.Linear(12, 12)
        self.up = torch.nn.Linear(12, 20)
        self.conv = torch.nn.Conv2d(6, 8, 3)
        self.point = torch.nn.Conv2d(6, 8, 1)


def net():
    torch.manual_seed(4)
    return Net()


def state(module):
    return {k: v.detach().clone() for k, v in module.state_dict().items()}


class Adapters(Case):
    def wrapped(self, config):
        torch.manual_seed(1)
        wrapped = peft.get_peft_model(net(), config)
        for name, p in wrapped.named_parameters():
            if p.requires_grad:
                p.data += 0.3 * torch.rand_like(p) + (0.1 if "magnitude" in name else 0)
        return wrapped

    def merge(self, lora, base=None, status=0, options="", chain=()):
        save_file({k: v.contiguous() for k, v in (base or state(net())).items()}, self.tmp / "base.safetensors")
        if isinstance(lora, dict):
            save_file({k: v.contiguous() for k, v in lora.items()}, self.tmp / "lora.safetensors")
            lora = self.tmp / "lora.safetensors"
        out = self.tmp / "out.safetensors"
        run = self.run_fmtconv("-f", "-t", f"lora-merge:file={lora}{options}", *chain, self.tmp / "base.safetensors", out, status=status)
        return (load_file(out), run.stderr) if status == 0 else run.stderr

    def close(self, got, wanted):
        self.assertEqual(sorted(got), sorted(wanted))
        for name, w in wanted.items():
            self.assertEqual((got[name].dtype, got[name].shape), (w.dtype, w.shape), name)
            self.assertTrue(torch.allclose(got[name], w, rtol=2e-5, atol=2e-6), f"{name} {(got[name] - w).abs().max()}")

    def same_as_peft(self, config):
        wrapped = self.wrapped(config)
        wrapped.save_pretrained(self.tmp / "ad")
        base = state(net())
        wanted = state(wrapped.merge_and_unload())
        self.assertTrue(any(not torch.equal(base[k], wanted[k]) for k in base))
        got, said = self.merge(self.tmp / "ad")
        self.close(got, wanted)
        self.assertNotIn("warning", said)
        return wanted

    def test_dora(self):
        for targets in (["q", "up"], ["q", "conv"]):
            for more in ({}, {"use_rslora": True}):
                with self.subTest(targets=targets, **more):
                    self.same_as_peft(peft.LoraConfig(r=3, lora_alpha=5, use_dora=True, target_modules=targets,
                                                      init_lora_weights=False, **more))

    def test_dora_inside(self):
        wrapped = self.wrapped(peft.LoraConfig(r=3, lora_alpha=5, use_dora=True, target_modules=["q", "up"], init_lora_weights=False))
        save_file(state(wrapped), self.tmp / "in.safetensors")
        wanted = {"base_model.model." + k: v for k, v in state(wrapped.merge_and_unload()).items()}
        self.run_fmtconv("-t", "lora-merge:alpha=5", self.tmp / "in.safetensors", self.tmp / "m.safetensors")
        self.close(load_file(self.tmp / "m.safetensors"), wanted)

    def test_dora_scale(self):
        """A column of norms for the outputs, a row for the inputs, as LyCORIS has both."""
        base, a, b = state(net()), torch.randn(3, 12), torch.randn(20, 3)
        x = "lora_unet_up"
        for shape, dim in (((20, 1), 1), ((1, 12), 0)):
            scale = torch.rand(shape) + 0.5
            lora = {x + ".lora_down.weight": a, x + ".lora_up.weight": b, x + ".alpha": torch.tensor(2.0), x + ".dora_scale": scale}
            w = base["up.weight"] + b @ a * (2 / 3)
            got, _ = self.merge(lora)
            self.close(got, {**base, "up.weight": w * (scale / w.norm(dim=dim, keepdim=True))})
        self.assertIn("at weight 0.5", self.merge(lora, status=1, options=",weight=0.5"))
        lora[x + ".dora_scale"] = torch.rand(7, 1)
        self.assertIn("7 magnitudes are not those", self.merge(lora, status=1))
        self.assertIn("has no matrices", self.merge({x + ".dora_scale": scale}, status=1))

    def test_loha(self):
        for more in ({}, {"use_effective_conv2d": True}, {"rank_pattern": {"up": 2}, "alpha_pattern": {"q": 7}}):
            with self.subTest(**more):
                self.same_as_peft(peft.LoHaConfig(r=3, alpha=5, target_modules=["q", "up", "conv", "point"], init_weights=False, **more))

    def test_lokr(self):
        for more in ({}, {"decompose_both": True}, {"use_effective_conv2d": True}, {"decompose_factor": 2},
                     {"decompose_both": True, "use_effective_conv2d": True, "decompose_factor": 2}, {"r": 100}):
            with self.subTest(**more):
                self.same_as_peft(peft.LoKrConfig(**{"r": 2, "alpha": 5, "target_modules": ["q", "up", "conv", "point"],
                                                     "init_weights": False, **more}))

    def test_lokr_names(self):
        """Under flat names and with a weight; two full factors have no alpha."""
        base, w1, w2 = state(net()), torch.randn(4, 3), torch.randn(5, 4)
        lora = {"lycoris_up.lokr_w1": w1, "lycoris_up.lokr_w2": w2, "lycoris_up.alpha": torch.tensor(1.0)}
        got, said = self.merge(lora, options=",weight=-0.5")
        self.close(got, {**base, "up.weight": base["up.weight"] - 0.5 * torch.kron(w1, w2)})
        self.assertNotIn("warning", said)
        lora["lycoris_up.lokr_w2"] = torch.randn(5, 5)
        self.assertIn("does not fit", self.merge(lora, status=1))

    def test_three_factors(self):
        """The core of a convolution between two matrices: LyCORIS calls it lora_mid."""
        base = state(net())
        up, mid, down = torch.randn(8, 2, 1, 1), torch.randn(2, 2, 3, 3), torch.randn(2, 6, 1, 1)
        x = "lora_unet_conv"
        lora = {x + ".lora_up.weight": up, x + ".lora_mid.weight": mid, x + ".lora_down.weight": down, x + ".alpha": torch.tensor(1.0)}
        delta = torch.einsum("mn...,im,nj->ij...", mid, up.reshape(8, 2), down.reshape(2, 6))
        self.close(self.merge(lora)[0], {**base, "conv.weight": base["conv.weight"] + 0.5 * delta})

    def test_doha(self):
        """Norms of a sum that is itself of held products; and the largest values of that, for fp8."""
        base = state(net())
        f = [torch.randn(20, 2), torch.randn(2, 12), torch.randn(20, 2), torch.randn(2, 12)]
        scale = torch.rand(20, 1) + 0.5
        x = "lora_unet_up"
        lora = {f"{x}.hada_w{i // 2 + 1}_{'ab'[i % 2]}": t for i, t in enumerate(f)} | {x + ".dora_scale": scale, x + ".alpha": torch.tensor(2.0)}
        w = base["up.weight"] + (f[0] @ f[1]) * (f[2] @ f[3])
        wanted = w * (scale / w.norm(dim=1, keepdim=True))
        got, _ = self.merge(lora)
        self.close(got, {**base, "up.weight": wanted})
        got, _ = self.merge(lora, chain=["-t", "quantize:to=f8_e4m3,scale=row"])
        self.assertTrue(any(t.dtype == torch.float8_e4m3fn for t in got.values()))

    def test_same_bytes(self):
        """Whatever the threads and the memory."""
        torch.manual_seed(2)
        base = {"up.weight": torch.randn(700, 900)}
        x = "lora_unet_up"
        lora = {x + ".lora_down.weight": torch.randn(3, 900), x + ".lora_up.weight": torch.randn(700, 3), x + ".alpha": torch.tensor(2.0),
                x + ".dora_scale": torch.rand(700, 1)}
        got = []
        for arguments in (["-j1"], ["-j8"], ["--memory", "1M"], ["-j3", "--memory", "1G"]):
            self.merge(lora, base=base, chain=arguments)
            got.append((self.tmp / "out.safetensors").read_bytes())
        self.assertEqual(len(set(got)), 1)


if __name__ == "__main__":
    unittest.main()
