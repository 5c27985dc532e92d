# SPDX-License-Identifier: Apache-2.0
"""Names of LoRAs converted between conventions; diffusers and peft load the result with the same effect."""
# Plugins: diffusers drop lora-merge lora-names safetensors select torch

import json
import unittest

import peft
import torch
from diffusers import CogVideoXTransformer3DModel, UNet2DConditionModel
from diffusers.loaders.lora_conversion_utils import _convert_non_diffusers_lora_to_diffusers
from diffusers.utils.state_dict_utils import convert_state_dict_to_kohya
from peft.utils import get_peft_model_state_dict
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from support import Case

TARGETS = ["to_q", "to_k", "to_v", "to_out.0", "proj"]


def model():
    torch.manual_seed(1)
    return CogVideoXTransformer3DModel(num_attention_heads=2, attention_head_dim=8, in_channels=4, out_channels=4, time_embed_dim=8,
                                       text_embed_dim=8, num_layers=2, sample_width=8, sample_height=8, sample_frames=5, max_text_seq_length=8)


class Names(Case):
    def setUp(self):
        super().setUp()
        torch.manual_seed(3)
        self.model = model()
        self.model.add_adapter(peft.LoraConfig(r=4, lora_alpha=6, target_modules=TARGETS, init_lora_weights=False,
                                               rank_pattern={"to_v": 2}, alpha_pattern={"to_k": 12}))
        self.lora = {k: v.detach().clone() for k, v in get_peft_model_state_dict(self.model).items()}
        self.model.fuse_lora()
        self.model.unload_lora()
        self.wanted = {k: v.detach() for k, v in self.model.state_dict().items()}
        self.alpha = {m: 12 if m.endswith("to_k") else 6 for m in self.modules()}

    def modules(self):
        return sorted({k.rsplit(".lora_", 1)[0] for k in self.lora})

    def kohya(self, prefix="lora_unet_"):
        result = {}
        for m in self.modules():
            name = prefix + m.replace(".", "_")
            result |= {name + ".lora_down.weight": self.lora[m + ".lora_A.weight"], name + ".lora_up.weight": self.lora[m + ".lora_B.weight"],
                       name + ".alpha": torch.tensor(float(self.alpha[m]))}
        return result

    def save(self, lora, name="in.safetensors", metadata=None):
        save_file({k: v.contiguous() for k, v in lora.items()}, self.tmp / name, metadata)
        return self.tmp / name

    def convert(self, source, to, out="out.safetensors", status=0):
        run = self.run_fmtconv("-f", "-t", f"lora-names:{to}", source, f"{self.tmp}/{out}", status=status)
        return (self.tmp / out) if status == 0 else run.stderr

    def merged(self, path, source=None):
        """Returns the model that lora-merge makes with this file."""
        plain = {k: v.contiguous() for k, v in model().state_dict().items()}
        save_file(plain, self.tmp / "base.safetensors")
        self.run_fmtconv("-f", "-t", f"lora-merge:file={path}", self.tmp / "base.safetensors", self.tmp / "m.safetensors")
        return load_file(self.tmp / "m.safetensors")

    def close(self, got, wanted):
        self.assertEqual(sorted(got), sorted(wanted))
        for name, w in wanted.items():
            self.assertTrue(torch.allclose(got[name], w, rtol=1e-4, atol=1e-5), name)

    def fused(self, path, **more):
        """Returns the model that diffusers makes with this file."""
        m = model()
        m.load_lora_adapter(path, **more)
        m.fuse_lora()
        m.unload_lora()
        return {k: v.detach() for k, v in m.state_dict().items()}

    def test_to_diffusers(self):
        """diffusers loads it, with alpha and rank of each module, from a file and from a folder."""
        out = self.convert(self.save(self.kohya()), "diffusers")
        self.assertEqual(sorted(load_file(out)), sorted("transformer." + k for k in self.lora))
        for k, v in load_file(out).items():
            self.assertTrue(torch.equal(v, self.lora[k.removeprefix("transformer.")]), k)
        with safe_open(out, "pt") as f:
            fields = json.loads(f.metadata()["lora_adapter_metadata"])
        self.assertEqual(set(fields["transformer.target_modules"]), set(self.modules()))
        self.close(self.fused(load_file(out), prefix="transformer", metadata=fields), self.wanted)
        self.close(self.fused(str(self.tmp), weight_name=out.name, prefix="transformer"), self.wanted)
        self.close(self.merged(out), self.wanted)

    def test_baked(self):
        """With bake=yes no metadata is needed: alpha is the rank."""
        out = self.convert(self.save(self.kohya()), "diffusers,bake=yes")
        with safe_open(out, "pt") as f:
            self.assertNotIn("lora_adapter_metadata", f.metadata() or {})
        self.close(self.fused(load_file(out), prefix="transformer"), self.wanted)

    def test_to_peft(self):
        """A folder that peft loads; a file alone has the same effect, because the matrices hold alpha/rank."""
        for bake in ("", ",bake=no"):
            folder = self.convert(self.save(self.kohya()), "peft" + bake, "adapter/")
            self.assertEqual(sorted(p.name for p in folder.iterdir()), ["adapter_config.json", "adapter_model.safetensors"])
            wrapped = peft.PeftModel.from_pretrained(model(), folder)
            self.close({k: v.detach() for k, v in wrapped.merge_and_unload().state_dict().items()}, self.wanted)
            self.close(self.merged(folder), self.wanted)
        out = self.convert(self.save(self.kohya()), "peft")
        self.close(self.merged(out), self.wanted)

    def test_to_kohya(self):
        """The names are those of diffusers' own function; alpha is kept in tensors, and files read back bit for bit."""
        named = {f"unet.{k}": v for k, v in self.lora.items()}
        theirs = convert_state_dict_to_kohya(named)
        meta = {"lora_adapter_metadata": json.dumps({"unet.r": 4, "unet.lora_alpha": 6, "unet.rank_pattern": {"to_v": 2},
                                                     "unet.alpha_pattern": {"to_k": 12}})}
        out = self.convert(self.save(named, metadata=meta), "kohya")
        got = load_file(out)
        self.assertEqual(sorted(got), sorted(theirs))
        self.assertEqual(sorted(got), sorted(self.kohya()))
        for k, v in self.kohya().items():
            self.assertTrue(torch.equal(got[k], v), k)
        self.close(self.merged(out), self.wanted)
        back = load_file(self.convert(out, "diffusers", "back.safetensors"))
        for k, v in self.lora.items():
            self.assertTrue(torch.equal(back["transformer." + k], v), k)

    def test_to_comfy(self):
        got = load_file(self.convert(self.save(self.kohya()), "comfy"))
        wanted = {"diffusion_model." + k: v for k, v in self.lora.items()}
        wanted |= {f"diffusion_model.{m}.alpha": torch.tensor(float(self.alpha[m])) for m in self.modules()}
        self.assert_same(got, wanted)
        self.close(self.merged(self.tmp / "out.safetensors"), self.wanted)
        plain = {k: v for k, v in self.kohya().items() if not k.endswith(".alpha")}
        self.assertFalse([k for k in load_file(self.convert(self.save(plain), "comfy")) if k.endswith("alpha")])

    def test_all_ways(self):
        """From each convention to each, the effect is the same."""
        start = self.save(self.kohya())
        for first in ("peft", "diffusers", "kohya", "comfy"):
            middle = self.convert(start, first, "middle.safetensors")
            for second in ("peft", "diffusers", "kohya", "comfy"):
                with self.subTest(first=first, second=second):
                    self.close(self.merged(self.convert(middle, second)), self.wanted)

    def test_base(self):
        """Names that can be split in two ways, or are made of unknown words, need the model."""
        a, b = torch.randn(2, 4), torch.randn(4, 2)
        lora = {f"lora_unet_double_blocks_0_img_attn_qkv.{s}.weight": t for s, t in (("lora_down", a), ("lora_up", b))}
        said = self.convert(self.save(lora), "diffusers", status=1)
        for word in ("lora_unet_double_blocks_0_img_attn_qkv", "base=PATH"):
            self.assertIn(word, said)
        base = self.save({"model.diffusion_model.double_blocks.0.img_attn.qkv.weight": torch.zeros(4, 4)}, "base.safetensors")
        out = self.convert(self.save(lora), f"comfy,base={base}")
        self.assertEqual(sorted(load_file(out)), [f"diffusion_model.double_blocks.0.img_attn.qkv.lora_{x}.weight" for x in "AB"])
        out = self.convert(self.save(lora), "kohya")
        self.assertEqual(len(load_file(out)), 3)

    def test_names_of_the_model(self):
        """What peft's prefix stands before is the name in the model, even if it begins as a prefix does."""
        for outer, inner, target in (("model", "layers", "q_proj"), ("transformer", "h", "c_attn"), ("module", "layers", "q_proj"),
                                     ("text_encoder", "layers", "q_proj")):
            with self.subTest(outer=outer):
                block = torch.nn.ModuleDict({target: torch.nn.Linear(4, 4)})
                plain = torch.nn.ModuleDict({outer: torch.nn.ModuleDict({inner: torch.nn.ModuleList([block])}), "lm_head": torch.nn.Linear(4, 4)})
                bases = [self.save(plain.state_dict(), "whole.safetensors")]
                wrapped = peft.get_peft_model(plain, peft.LoraConfig(r=2, lora_alpha=6, target_modules=[target], init_lora_weights=False))
                bases.append(self.save({k: v for k, v in wrapped.state_dict().items() if "lora_" not in k}, "wrapped.safetensors"))
                wrapped.save_pretrained(self.tmp / "trained")
                wanted = load_file(self.tmp / "trained" / "adapter_model.safetensors")
                module = f"{outer}.{inner}.0.{target}"
                for more in ("", *(f",base={b}" for b in bases)):
                    out = self.convert(self.tmp / "trained", "peft,bake=no" + more, "again/")
                    self.assert_same(load_file(out / "adapter_model.safetensors"), wanted)
                    self.assertEqual(json.loads((out / "adapter_config.json").read_text())["target_modules"], [module])
                kohya = self.convert(self.tmp / "trained", f"kohya,base={bases[0]}")
                prefix, rest = (("lora_te_", "") if outer == "text_encoder" else ("lora_unet_", "" if outer == "transformer" else outer + "_"))
                self.assertIn(f"{prefix}{rest}{inner}_0_{target}.alpha", load_file(kohya))

    def test_base_of_one_module(self):
        """A weight whose module has the name of a prefix."""
        lora = {"lora_unet_model.lora_down.weight": torch.randn(2, 4), "lora_unet_model.lora_up.weight": torch.randn(4, 2)}
        base = self.save({"model.weight": torch.zeros(4, 4)}, "one.safetensors")
        out = self.convert(self.save(lora), f"diffusers,base={base}")
        self.assertEqual(sorted(load_file(out)), ["transformer.model.lora_A.weight", "transformer.model.lora_B.weight"])

    def test_words(self):
        """Names of modules of diffusers survive the underscores, even if a word in them is two others."""
        modules = [name for name, m in model().named_modules() if isinstance(m, (torch.nn.Linear, torch.nn.Conv2d))]
        modules += ["time_embedding.linear_1", "add_embedding.linear_2", "single_transformer_blocks.3.proj_mlp", "norm_out.linear", "conv_norm_out",
                    "time_text_embed.text_embedder.linear_1", "transformer_blocks.0.ff_context.net.0.proj", "transformer_blocks.1.attn.to_add_out",
                    "mid_block.attentions.0.transformer_blocks.0.attn1.to_out.0", "down_blocks.0.downsamplers.0.conv"]
        lora = {}
        for m in modules:
            name = "lora_unet_" + m.replace(".", "_")
            lora |= {name + ".lora_down.weight": torch.randn(2, 4), name + ".lora_up.weight": torch.randn(4, 2)}
        got = load_file(self.convert(self.save(lora), "comfy"))
        self.assertEqual({k.split(".lora_")[0] for k in got}, {"diffusion_model." + m for m in modules})
        for name in ("norm_q_proj", "blocks_0_", "blocks__0", "of_no_model"):
            one = {f"lora_unet_{name}.lora_down.weight": torch.randn(2, 4), f"lora_unet_{name}.lora_up.weight": torch.randn(4, 2)}
            self.assertIn("base=PATH", self.convert(self.save(one), "comfy", status=1))

    def test_modules_of_unets(self):
        """A U-Net has modules whose names transformers have, too."""
        torch.manual_seed(2)
        unet = UNet2DConditionModel(sample_size=8, block_out_channels=(32,), layers_per_block=1, down_block_types=("DownBlock2D",),
                                    up_block_types=("UpBlock2D",), cross_attention_dim=8, attention_head_dim=8)
        unet.add_adapter(peft.LoraConfig(r=2, target_modules=["linear_1", "conv_in", "conv1", "time_emb_proj"], init_lora_weights=False))
        lora = {f"unet.{k}": v.detach().clone() for k, v in get_peft_model_state_dict(unet).items()}
        self.assertIn("unet.time_embedding.linear_1.lora_A.weight", lora)
        kohya = self.save(convert_state_dict_to_kohya(dict(lora)))
        self.assertEqual(sorted(load_file(self.convert(kohya, "diffusers"))), sorted(lora))

    def test_names_that_end_alike(self):
        """Alpha and rank of a module are not those of modules whose names end with its name."""
        def made():
            torch.manual_seed(5)
            return torch.nn.ModuleDict({"blocks": torch.nn.ModuleList([torch.nn.ModuleDict({"proj_out": torch.nn.Linear(4, 4)})]),
                                        "proj_out": torch.nn.Linear(4, 4)})
        plain, lora = made().state_dict(), {}
        for module, rank, alpha in (("blocks_0_proj_out", 4, 2.0), ("proj_out", 2, 8.0)):
            lora |= {f"lora_unet_{module}.lora_down.weight": torch.randn(rank, 4), f"lora_unet_{module}.lora_up.weight": torch.randn(4, rank),
                     f"lora_unet_{module}.alpha": torch.tensor(alpha)}
        base, source = self.save(plain, "base.safetensors"), self.save(lora)
        wanted = {k: v.clone() for k, v in plain.items()}
        for module, factor in (("blocks.0.proj_out", 0.5), ("proj_out", 4.0)):
            name = "lora_unet_" + module.replace(".", "_")
            wanted[module + ".weight"] += factor * lora[name + ".lora_up.weight"] @ lora[name + ".lora_down.weight"]
        folder = self.convert(source, "peft,bake=no", "ends/")
        wrapped = peft.PeftModel.from_pretrained(made(), folder)
        self.close({k: v.detach() for k, v in wrapped.merge_and_unload().state_dict().items()}, wanted)
        for path in (folder, self.convert(source, "diffusers"), self.convert(folder, "kohya", "back.safetensors")):
            self.run_fmtconv("-f", "-t", f"lora-merge:file={path}", base, self.tmp / "m.safetensors")
            self.close(load_file(self.tmp / "m.safetensors"), wanted)

    def test_components(self):
        """Each component has its prefix; a file of peft holds one of them."""
        a, b = torch.randn(2, 4), torch.randn(4, 2)
        def pair(name):
            return {name + ".lora_down.weight": a.clone(), name + ".lora_up.weight": b.clone(), name + ".alpha": torch.tensor(2.0)}
        unet, text = "down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q", "text_model_encoder_layers_0_self_attn_q_proj"
        lora = pair("lora_unet_" + unet) | pair("lora_te1_" + text) | pair("lora_te2_" + text)
        got = load_file(self.convert(self.save(lora), "diffusers"))
        self.assertEqual(sorted(k for k in got if "lora_A" in k),
                         ["text_encoder.text_model.encoder.layers.0.self_attn.q_proj.lora_A.weight",
                          "text_encoder_2.text_model.encoder.layers.0.self_attn.q_proj.lora_A.weight",
                          "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q.lora_A.weight"])
        converted, _ = _convert_non_diffusers_lora_to_diffusers(dict(lora))
        self.assertEqual({k.split(".")[0] for k in converted}, {k.split(".")[0] for k in got})
        again = load_file(self.convert(self.tmp / "out.safetensors", "kohya", "again.safetensors"))
        self.assertEqual(sorted(again), sorted(lora))
        self.assertIn("only=model", self.convert(self.save(lora), "peft", status=1))
        got = load_file(self.convert(self.save(lora), "peft,only=text_encoder_2"))
        self.assertEqual(sorted(got), [f"base_model.model.text_model.encoder.layers.0.self_attn.q_proj.lora_{x}.weight" for x in "AB"])
        one = load_file(self.convert(self.save(pair("lora_te1_" + text)), "kohya"))
        self.assertTrue(all(k.startswith("lora_te_text_model") for k in one))

    def test_other_parts(self):
        """LoHa, LoKr, differences and magnitudes keep their values, or are refused by name."""
        x = "lora_unet_transformer_blocks_0_attn1_to_q"
        parts = {"hada_w1_a": (4, 2), "hada_w1_b": (2, 4), "hada_w2_a": (4, 2), "hada_w2_b": (2, 4), "diff_b": (4,), "dora_scale": (4, 1)}
        lora = {f"{x}.{k}": torch.randn(*s) for k, s in parts.items()} | {x + ".alpha": torch.tensor(1.0)}
        got = load_file(self.convert(self.save(lora), "comfy"))
        self.assert_same(got, {k.replace(x, "diffusion_model.transformer_blocks.0.attn1.to_q"): v for k, v in lora.items()})
        said = self.convert(self.save(lora), "peft", status=1)
        for word in ("hada_w1_a", "diff_b", "5 tensors"):
            self.assertIn(word, said)
        dora = {f"{x}.lora_down.weight": torch.randn(2, 4), f"{x}.lora_up.weight": torch.randn(4, 2), f"{x}.dora_scale": torch.randn(4, 1),
                x + ".alpha": torch.tensor(2.0)}
        got = load_file(self.convert(self.save(dora), "peft"))
        name = "base_model.model.transformer_blocks.0.attn1.to_q.lora_magnitude_vector"
        self.assertTrue(torch.equal(got[name], dora[x + ".dora_scale"].flatten()))

    def test_inspect(self):
        """inspect says what it is, and what one can type."""
        path = self.save(self.kohya())
        said = self.run_fmtconv("inspect", path).stdout
        for word in ("LoRA of rank 2 to 4, alpha 6 to 12, for 11 modules: lora_unet_patch_embed_proj.alpha", "kind        lora",
                     f"fmtconv -t lora-merge:file={path} MODEL OUTPUT.safetensors", f"fmtconv {path} OUTPUT/"):
            self.assertIn(word, said)
        report = json.loads(self.run_fmtconv("inspect", "--json", path).stdout)
        self.assertEqual(report["kind"], "lora")
        for command in ("diffusers", "kohya"):
            out = self.convert(path, command)
            self.assertIn("of rank 2 to 4", self.run_fmtconv("inspect", out).stdout)
        mixed = self.save(self.kohya() | {"other.weight": torch.ones(2)})
        self.assertNotIn("LoRA", self.run_fmtconv("inspect", mixed).stdout)
        twice = self.kohya()
        twice |= {k.replace("lora_down", "lora_A"): v.clone() for k, v in twice.items() if "lora_down" in k}
        self.assertIn("not recognized", self.run_fmtconv("inspect", self.save(twice)).stdout)

    def test_refused(self):
        self.assertIn("no LoRA", self.convert(self.save({"lora_te_x.alpha": torch.tensor(1.0)}),
                                              "diffusers,only=model", status=1))
        said = self.convert(self.save(self.kohya() | {"other": torch.ones(2)}), "diffusers", status=1)
        self.assertIn("'other'", said)
        folder = self.convert(self.save(self.kohya()), "peft", "adapter/")
        config = folder / "adapter_config.json"
        config.write_text(json.dumps(json.loads(config.read_text()) | {"of_the_future": 1}))
        said = self.convert(folder, "diffusers", status=1)
        for word in ("'of_the_future' is 1", "lora-names does not support"):
            self.assertIn(word, said)
        self.assertNotIn("lora-merge", said)
        half = self.kohya()
        half.pop(next(k for k in half if k.endswith("lora_up.weight")))
        self.assertIn("lora_B.weight", self.convert(self.save(half), "diffusers", status=1))
        self.assert_clean(self.tmp)


if __name__ == "__main__":
    unittest.main()
