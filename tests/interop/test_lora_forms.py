# SPDX-License-Identifier: Apache-2.0
"""LoRAs under every convention of names that tools write, with alpha wherever they write it, merged into one model."""
# Plugins: lora-merge rename safetensors torch

import json
import unittest

import torch
from diffusers.loaders.lora_conversion_utils import _convert_non_diffusers_lora_to_diffusers
from diffusers.utils import convert_all_state_dict_to_peft
from safetensors.torch import load_file, save_file
from support import Case

MODULES = [f"transformer_blocks.{i}.attn1.{n}" for i in range(2) for n in ("to_q", "to_k", "to_v", "to_out.0")]
RANK = 4

# prefix, separator, suffixes of down, up
DOTTED = [
    ("transformer.", ".lora_A.weight", ".lora_B.weight"),
    ("transformer.", ".lora_A.default.weight", ".lora_B.default.weight"),
    ("transformer.", ".lora_A", ".lora_B"),
    ("transformer.", ".lora.down.weight", ".lora.up.weight"),
    ("transformer.", ".lora_linear_layer.down.weight", ".lora_linear_layer.up.weight"),
    ("unet.", ".lora_down.weight", ".lora_up.weight"),
    ("", ".lora_A.weight", ".lora_B.weight"),
    ("diffusion_model.", ".lora_A.weight", ".lora_B.weight"),
    ("model.diffusion_model.", ".lora_down.weight", ".lora_up.weight"),
    ("base_model.model.", ".lora_A.weight", ".lora_B.weight"),
    ("base_model.model.transformer.", ".lora_A.weight", ".lora_B.weight"),
    ("base_model.model.diffusion_model.", ".lora_A.weight", ".lora_B.weight"),
    ("base_model.model.model.diffusion_model.", ".lora_A.weight", ".lora_B.weight"),
    ("unet.base_model.model.", ".lora_A.weight", ".lora_B.weight"),
    ("transformer.base_model.model.", ".lora_A.weight", ".lora_B.weight"),
    ("pipe.dit.", ".lora_A.default.weight", ".lora_B.default.weight"),
]
FLAT = [
    ("lora_unet_", "_", ".lora_down.weight", ".lora_up.weight"),
    ("lora_unet__", "_", ".lora_down.weight", ".lora_up.weight"),
    ("lora_transformer_", "_", ".lora_down.weight", ".lora_up.weight"),
    ("lycoris_", "_", ".lora_down.weight", ".lora_up.weight"),
    ("transformer$$", "$$", ".lora_down.weight", ".lora_up.weight"),
    ("transformer$$", "$$", ".lora_A.weight", ".lora_B.weight"),
]
# Names of the same weights in the model.
BASES = ["", "model.diffusion_model.", "transformer.", "diffusion_model."]


class Lora(Case):
    """A model, and LoRAs of it under any names."""

    def setUp(self):
        super().setUp()
        torch.manual_seed(5)
        self.base = {f"{m}.{leaf}": torch.randn(*shape) for m in MODULES for leaf, shape in (("weight", (8, 8)), ("bias", (8,)))}
        self.pairs = {m: (torch.randn(RANK, 8), torch.randn(8, RANK)) for m in MODULES}

    def wanted(self, factor, prefix="", only=None):
        result = {prefix + k: v for k, v in self.base.items()}
        for m, (a, b) in self.pairs.items():
            if only is None or m in only:
                result[f"{prefix}{m}.weight"] = self.base[m + ".weight"] + factor * (b @ a)
        return result

    def lora(self, prefix, separator, down, up, alpha=None):
        result = {}
        for m, (a, b) in self.pairs.items():
            name = prefix + m.replace(".", separator)
            result |= {name + down: a, name + up: b}
            if alpha is not None:
                result[name + ".alpha"] = torch.tensor(float(alpha))
        return result

    def merge(self, lora, prefix="", metadata=None, status=0, options="", base=None):
        save_file({k: v.contiguous() for k, v in lora.items()}, self.tmp / "lora.safetensors", metadata)
        save_file({prefix + k: v for k, v in (base or self.base).items()}, self.tmp / "base.safetensors")
        out = self.tmp / "out.safetensors"
        out.unlink(missing_ok=True)
        run = self.run_fmtconv("-t", f"lora-merge:file={self.tmp}/lora.safetensors{options}", self.tmp / "base.safetensors", out,
                               status=status)
        self.assertEqual(out.exists(), status == 0)
        return (load_file(out), run.stderr) if status == 0 else run.stderr

    def close(self, got, wanted):
        self.assertEqual(sorted(got), sorted(wanted))
        for name, w in wanted.items():
            self.assertTrue(torch.allclose(got[name], w, rtol=1e-5, atol=1e-5), name)


class Forms(Lora):
    def test_all(self):
        """Every prefix and suffix, onto every prefix of the model."""
        for prefix, separator, down, up in [(p, ".", d, u) for p, d, u in DOTTED] + FLAT:
            for base in BASES:
                with self.subTest(prefix=prefix, down=down, base=base):
                    got, said = self.merge(self.lora(prefix, separator, down, up, alpha=2), base)
                    self.close(got, self.wanted(0.5, base))
                    self.assertNotIn("warning", said)

    def test_processors(self):
        """The oldest form of diffusers, which its own function turns into that of today."""
        old = {}
        for m, (a, b) in self.pairs.items():
            module, leaf = m.removesuffix(".0").rsplit(".", 1)
            name = f"unet.{module}.processor.{leaf}_lora"
            old |= {name + ".down.weight": a, name + ".up.weight": b}
        new = {k.removeprefix("unet.").replace(".to_out.lora", ".to_out.0.lora"): v
               for k, v in convert_all_state_dict_to_peft(old).items()}
        self.assertTrue(all(k.rsplit(".lora_", 1)[0].replace(".q_proj", ".to_q").replace(".k_proj", ".to_k")
                            .replace(".v_proj", ".to_v").replace(".out_proj", ".to_out.0") in MODULES for k in new))
        self.close(self.merge(old)[0], self.wanted(1))
        old |= {k.replace(".down.weight", ".alpha"): torch.tensor(2.0) for k in list(old) if k.endswith("down.weight")}
        self.close(self.merge(old)[0], self.wanted(0.5))

    def test_text_encoder_old(self):
        """A text encoder's attention under the names of old files."""
        base = {f"text_model.encoder.layers.0.self_attn.{n}_proj.weight": torch.randn(8, 8) for n in ("q", "k", "v", "out")}
        pairs = {n: (torch.randn(2, 8), torch.randn(8, 2)) for n in ("q", "k", "v", "out")}
        lora = {}
        for n, (a, b) in pairs.items():
            name = f"text_encoder.text_model.encoder.layers.0.self_attn.to_{n}_lora"
            lora |= {name + ".down.weight": a, name + ".up.weight": b}
        got, _ = self.merge(lora, base=base)
        self.close(got, {k: w + pairs[k.split(".")[-2][:-5]][1] @ pairs[k.split(".")[-2][:-5]][0] for k, w in base.items()})

    def test_places_of_alpha(self):
        lora = self.lora("transformer.", ".", ".lora_A.weight", ".lora_B.weight")
        fields = {"r": RANK, "lora_alpha": 16}
        for metadata in ({"transformer.lora_alpha": "16", "transformer.r": "4"}, {"ss_network_alpha": "16.0", "ss_network_dim": "4"},
                         {"lora_alpha": "16"}, {"unet.lora_alpha": "16.0"}, {"ss_network_alpha": "16", "ss_network_dim": "Dynamic"},
                         {"lora_adapter_metadata": json.dumps({f"transformer.{k}": v for k, v in fields.items()})},
                         {"lora_adapter_metadata": json.dumps(fields), "ss_network_alpha": "1"}):
            with self.subTest(**metadata):
                got, said = self.merge(lora, metadata={"format": "pt", **metadata})
                self.close(got, self.wanted(4))
                self.assertNotIn("warning", said)
        got, _ = self.merge(self.lora("transformer.", ".", ".lora_A.weight", ".lora_B.weight", alpha=2),
                            metadata={"transformer.lora_alpha": "16"})
        self.close(got, self.wanted(0.5))
        for metadata in ({}, {"ss_network_alpha": "None"}, {"notes": "transformer.lora_alpha"}):
            got, said = self.merge(lora, metadata=metadata)
            self.close(got, self.wanted(1))
            self.assertIn("does not state alpha", said)
        said = self.merge(lora, metadata={"transformer.lora_alpha": "16", "transformer.r": "8"}, status=1)
        for word in ("the metadata of the LoRA says rank 8", "rank 4"):
            self.assertIn(word, said)

    def text(self, prefix):
        return {prefix + "text_model_encoder_layers_0_mlp_fc1" + s: t for s, t in
                ((".lora_down.weight", torch.randn(2, 6)), (".lora_up.weight", torch.randn(6, 2)), (".alpha", torch.tensor(1.0)))}

    def test_text_encoder_left_out(self):
        """Tensors for an absent component are left out if all others are merged, with a note."""
        lora = self.lora("lora_unet_", "_", ".lora_down.weight", ".lora_up.weight", alpha=2) | self.text("lora_te1_") | self.text("lora_te2_")
        got, said = self.merge(lora)
        self.close(got, self.wanted(0.5))
        for word in ("1 change of the LoRA is left out: it is for the text_encoder,", "the text_encoder_2,"):
            self.assertIn(word, said)
        dotted = self.lora("transformer.", ".", ".lora_A.weight", ".lora_B.weight", alpha=2)
        dotted |= {"text_encoder.text_model.x.lora_A.weight": torch.randn(2, 6), "text_encoder.text_model.x.lora_B.weight": torch.randn(6, 2)}
        got, said = self.merge(dotted)
        self.close(got, self.wanted(0.5))
        self.assertIn("the text_encoder,", said)
        weight = torch.randn(6, 6)
        text = self.text("lora_te_")
        a, b = text["lora_te_text_model_encoder_layers_0_mlp_fc1.lora_down.weight"], text["lora_te_text_model_encoder_layers_0_mlp_fc1.lora_up.weight"]
        got, said = self.merge(self.lora("lora_unet_", "_", ".lora_down.weight", ".lora_up.weight") | text,
                               base={"text_model.encoder.layers.0.mlp.fc1.weight": weight})
        self.close(got, {"text_model.encoder.layers.0.mlp.fc1.weight": weight + b @ a / 2})
        self.assertIn("8 changes of the LoRA are left out: they are for the transformer or unet,", said)

    def test_nothing_else_is_left_out(self):
        """A part of a component that is missing is an error, which shows names of both sides."""
        lora = self.lora("lora_unet_", "_", ".lora_down.weight", ".lora_up.weight", alpha=2) | self.text("lora_te_")
        less = {k: v for k, v in self.base.items() if not k.startswith("transformer_blocks.1.attn1.to_q.")}
        said = self.merge(lora, base=less, status=1)
        for word in ("'lora_unet_transformer_blocks_1_attn1_to_q.lora_down.weight'", "text_model", "4 of 18", "the model has names like"):
            self.assertIn(word, said)
        self.assertIn("16 of 16", self.merge(self.lora("lora_unet_", "_", ".lora_down.weight", ".lora_up.weight"),
                                             base={"other.weight": torch.zeros(2, 2)}, status=1))

    def test_generic_names_inside(self):
        """A model that has tensors called alpha or diff is not an adapter because of them."""
        inside = {"base_model.model.q.base_layer.weight": torch.randn(8, 8), "base_model.model.q.lora_A.default.weight": torch.randn(2, 8),
                  "base_model.model.q.lora_B.default.weight": torch.randn(8, 2), "act.alpha": torch.ones(3), "x.diff": torch.ones(3),
                  "x.magnitude": torch.ones(2)}
        save_file(inside, self.tmp / "in.safetensors")
        self.run_fmtconv("-t", "lora-merge:alpha=2", self.tmp / "in.safetensors", self.tmp / "out.safetensors")
        got = load_file(self.tmp / "out.safetensors")
        self.assertEqual(sorted(got), ["act.alpha", "base_model.model.q.weight", "x.diff", "x.magnitude"])

    def test_twice(self):
        lora = self.lora("transformer.", ".", ".lora_A.weight", ".lora_B.weight")
        lora["transformer.transformer_blocks.0.attn1.to_q.lora_down.weight"] = torch.randn(RANK, 8)
        self.assertIn("the same part of the same module", self.merge(lora, status=1))

    def test_many(self):
        """100 000 tensors are matched in time that grows with their number."""
        n = 25000
        base = {f"blocks.{i}.to_q.weight": torch.ones(1, 1) for i in range(n)}
        lora = {f"lora_unet_blocks_{i}_to_q.{s}.weight": torch.ones(1, 1) for i in range(n) for s in ("lora_down", "lora_up")}
        lora |= {f"lora_unet_blocks_{i}_to_q.alpha": torch.tensor(1.0) for i in range(n)}
        got, _ = self.merge(lora, base=base)
        self.assertEqual(len(got), n)
        self.assertTrue(all(v.item() == 2 for v in got.values()))


class Diffs(Lora):
    """Differences and full tensors, as LyCORIS' full and norm modules and ComfyUI have them."""

    def test_diff(self):
        lora = self.lora("diffusion_model.", ".", ".lora_A.weight", ".lora_B.weight", alpha=2)
        diff, diff_b = torch.randn(8, 8), torch.randn(8)
        name = "diffusion_model.transformer_blocks.0.attn1.to_q"
        lora |= {name + ".diff": diff, name + ".diff_b": diff_b, "diffusion_model.norm.w_norm": torch.ones(3), "diffusion_model.norm.b_norm": torch.ones(3) / 2,
                 "diffusion_model.conv.diff": torch.randn(3, 2, 1, 2, 2)}
        self.base |= {"norm.weight": torch.randn(3), "norm.bias": torch.randn(3), "conv.weight": torch.randn(3, 2, 1, 2, 2)}
        for weight in (1, -0.25):
            wanted = self.wanted(0.5 * weight)
            wanted["transformer_blocks.0.attn1.to_q.weight"] += weight * diff
            wanted["transformer_blocks.0.attn1.to_q.bias"] = self.base["transformer_blocks.0.attn1.to_q.bias"] + weight * diff_b
            wanted["norm.weight"] = self.base["norm.weight"] + weight
            wanted["norm.bias"] = self.base["norm.bias"] + weight * 0.5
            wanted["conv.weight"] = self.base["conv.weight"] + weight * lora["diffusion_model.conv.diff"]
            self.close(self.merge(lora, options=f",weight={weight}")[0], wanted)
        lora[name + ".diff"] = torch.randn(8, 7)
        self.assertIn("has another shape than this weight", self.merge(lora, status=1))

    def test_set(self):
        new = torch.randn(8, 8)
        lora = {"diffusion_model.transformer_blocks.0.attn1.to_q.set_weight": new.bfloat16()}
        got, said = self.merge(lora)
        self.close(got, {**self.base, "transformer_blocks.0.attn1.to_q.weight": new.bfloat16().float()})
        self.assertIn("replaced by a tensor of the LoRA", said)


class Convolutions(Lora):
    def test_kernels(self):
        """1 × 1, 3 × 3 and 5-D kernels: the down convolution has the kernel, the up convolution is of one point."""
        for kernel in ((1,), (1, 1), (3, 3), (1, 3, 3), (3, 1, 1)):
            with self.subTest(kernel=kernel):
                w, down, up = torch.randn(6, 5, *kernel), torch.randn(2, 5, *kernel), torch.randn(6, 2, *[1] * len(kernel))
                lora = {"lora_unet_conv_in.lora_down.weight": down, "lora_unet_conv_in.lora_up.weight": up, "lora_unet_conv_in.alpha": torch.tensor(1.0)}
                got, _ = self.merge(lora, base={"conv_in.weight": w})
                wanted = w + torch.einsum("or,ri...->oi...", up.reshape(6, 2), down) / 2
                self.close(got, {"conv_in.weight": wanted})


class Oracle(Lora):
    def test_kohya_as_diffusers_reads_it(self):
        """diffusers finds the same modules in a file of kohya's scripts."""
        lora = {k.replace("transformer_blocks", "down_blocks_0_attentions_0_transformer_blocks"): v for k, v in
                self.lora("lora_unet_", "_", ".lora_down.weight", ".lora_up.weight", alpha=2).items()}
        converted, alphas = _convert_non_diffusers_lora_to_diffusers(dict(lora))
        self.assertEqual(set(alphas.values()), {2.0})
        base = {"down_blocks.0.attentions.0." + k: v for k, v in self.base.items()}
        got, _ = self.merge(lora, base=base)
        again, _ = self.merge({k: v for k, v in converted.items()}, base=base, options=",alpha=2")
        self.close(got, again)
        self.close(got, {"down_blocks.0.attentions.0." + k: v for k, v in self.wanted(0.5).items()})


if __name__ == "__main__":
    unittest.main()
