# SPDX-License-Identifier: Apache-2.0
"""Names of a LoRA's modules translated by the rules of its model: bit for bit what diffusers' own functions make."""
# Plugins: cogvideox-transformer diffusers lora-merge lora-names safetensors sat

import json
import unittest
from types import SimpleNamespace

import ldmmake
import modelmake
import satmake
import torch
from diffusers.loaders import lora_conversion_utils as theirs
from diffusers.utils import convert_state_dict_to_diffusers, convert_state_dict_to_peft, convert_unet_state_dict_to_peft
from modelmake import narrowed
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from support import Case

FLUX = {"h": 64, "d": 16, "c": 16, "e": 40, "v": 24, "double": 2, "single": 2}
WAN = {"h": 128, "ffn": 96, "blocks": 2, "c": 4, "out": 4, "text": 40, "freq": 32}
HUNYUAN = {"h": 128, "d": 64, "c": 4, "text": 24, "v": 40, "double": 2, "single": 2, "refiner": 2}


def modules(shapes, wanted=("",), ranks=(2,)):
    """Returns name → (out, in, …) of the linear layers (and convolutions) whose names hold one of these texts."""
    return {n.removesuffix(".weight"): s for n, s in shapes.items()
            if n.endswith(".weight") and len(s) in ranks and any(w in n for w in wanted)}


def lora(weights, form, rank=4, alpha=None, dtype=torch.bfloat16, seed=0):
    """Returns a LoRA under names such as ("lora_unet_", "_", "lora_down", "lora_up")."""
    prefix, separator, down, up = form
    torch.manual_seed(seed)
    made = {}
    for name, (rows, *columns) in weights.items():
        at = prefix + name.replace(".", separator)
        made[f"{at}.{down}.weight"] = torch.randn(rank, *columns).to(dtype)
        made[f"{at}.{up}.weight"] = torch.randn(rows, rank, *[1 for _ in columns[1:]]).to(dtype)
        if alpha is not None:
            made[f"{at}.alpha"] = torch.tensor(float(alpha))
    return made


KOHYA = ("lora_unet_", "_", "lora_down", "lora_up")
COMFY = ("diffusion_model.", ".", "lora_A", "lora_B")
TEXTS = {f"text_model.encoder.layers.{i}.{m}": (24, 24) for i in range(2) for m in ("self_attn.q_proj", "self_attn.out_proj", "mlp.fc1")}


def copied(tensors):
    """Returns a dictionary that diffusers' functions may empty."""
    return {k: v.clone() for k, v in tensors.items()}


def stable_diffusion(start):
    """Returns what diffusers makes of kohya's names, under the names that its models have now."""
    mapped = theirs._maybe_map_sgm_blocks_to_diffusers(copied(start), SimpleNamespace(layers_per_block=2))
    made, _ = theirs._convert_non_diffusers_lora_to_diffusers(mapped)
    parts = {c: {k.removeprefix(c + "."): v for k, v in made.items() if k.startswith(c + ".")} for c in ("unet", "text_encoder", "text_encoder_2")}
    unet = convert_unet_state_dict_to_peft(parts.pop("unet"))
    return {f"unet.{k}": v for k, v in unet.items()} | {
        f"{c}.{k}": v for c, part in parts.items() for k, v in convert_state_dict_to_peft(convert_state_dict_to_diffusers(part)).items()}


class LoraModels(Case):
    def save(self, tensors, name="in.safetensors", metadata=None):
        save_file({k: v.contiguous() for k, v in tensors.items()}, self.tmp / name, metadata)
        return self.tmp / name

    def convert(self, source, to, out="out.safetensors", status=0, transform="lora-names"):
        run = self.run_fmtconv("-f", "-t", f"{transform}:{to}", source, self.tmp / out, status=status)
        return (self.tmp / out) if status == 0 else run.stderr

    def flux(self, **more):
        return modules(modelmake.flux(**FLUX), more.pop("wanted", ("_blocks.", "_in.", "final_layer."))), more

    def test_flux(self):
        """kohya's flat names, split and swapped rows, an alpha that is no power of two of the rank; and the way back."""
        weights, _ = self.flux(wanted=("double_blocks.", "single_blocks."))
        start = lora(weights, KOHYA, alpha=3)
        function = narrowed(theirs._convert_kohya_flux_lora_to_diffusers, ("[3072, 3072, 3072, 12288]", "[64, 64, 64, 256]"),
                            ("range(19)", "range(2)"), ("range(38)", "range(2)"))
        wanted = function({k: v.clone() for k, v in start.items()})
        self.assert_same(load_file(self.convert(self.save(start), "diffusers,bake=split")), wanted)
        out = self.convert(self.tmp / "in.safetensors", "diffusers,model=flux")
        with safe_open(out, "pt") as f:
            self.assertEqual(json.loads(f.metadata()["lora_adapter_metadata"])["transformer.lora_alpha"], 3)
        self.assert_same(load_file(self.convert(out, "kohya,model=flux", "back.safetensors")), start)
        named = {k.replace("lora_down", "lora_A").replace("lora_up", "lora_B"): v for k, v in start.items()}
        flat = {"diffusion_model." + k.replace(".", "_"): k for k in weights}
        wanted = {"diffusion_model." + m + k.removeprefix("lora_unet_" + m.replace(".", "_")): v for k, v in named.items()
                  for m in flat.values() if k.startswith("lora_unet_" + m.replace(".", "_") + ".")}
        self.assert_same(load_file(self.convert(out, "comfy,model=flux", "comfy.safetensors")), wanted)

    def into_folder(self, source, status=0):
        """Converts without a transform into the folder of diffusers.  Returns the names of its files, or the error."""
        run = self.run_fmtconv("-f", source, f"{self.tmp}/folder/", status=status)
        names = sorted(f.name for f in (self.tmp / "folder").iterdir()) if status == 0 else run.stderr
        if status == 0:
            self.folder = load_file(self.tmp / "folder" / names[-1])
        return names

    def test_recognized(self):
        """Without a transform, the folder of diffusers gets the LoRA of a denoiser under the names of diffusers; a file keeps the names."""
        weights, _ = self.flux(wanted=("double_blocks.", "single_blocks."))
        made = self.convert(self.save(lora(weights, KOHYA, alpha=3)), "diffusers")
        for form in (KOHYA, COMFY):
            self.assertEqual(self.into_folder(self.save(lora(weights, form, alpha=3))), ["pytorch_lora_weights.safetensors"])
            self.assert_same(self.folder, load_file(made))
        self.run_fmtconv("-f", self.tmp / "in.safetensors", self.tmp / "file.safetensors")
        self.assert_same(load_file(self.tmp / "file.safetensors"), load_file(self.tmp / "in.safetensors"))
        inspected = self.run_fmtconv("inspect", self.tmp / "in.safetensors").stdout
        self.assertRegex(inspected, "fmtconv .*/in.safetensors OUTPUT/")
        # What diffusers has written stays as it is.
        self.assertIn("-t none", self.run_fmtconv("-f", self.tmp / "folder", f"{self.tmp}/again/").stderr)
        self.assert_same(load_file(self.tmp / "again" / "pytorch_lora_weights.safetensors"), load_file(made))

    def test_not_recognized(self):
        """Adapters of language models keep peft's names; kohya's that fit no model are an error, not a folder that nothing loads."""
        names = {f"model.layers.{i}.self_attn.{p}": (32, 32) for i in range(2) for p in ("q_proj", "v_proj")}
        start = lora(names, ("base_model.model.", ".", "lora_A", "lora_B"))
        self.into_folder(self.save(start))
        self.assert_same(self.folder, start)
        error = self.into_folder(self.save(lora({"odd.name_of.x": (32, 32)}, KOHYA)), 1)
        self.assertIn("base=", error)

    def test_cogvideox(self):
        """The rules of a plugin serve as those of a model file: a LoRA under kohya's names becomes that of diffusers, and one of diffusers is
        merged into a checkpoint of SAT, with the bits of a merge into diffusers' names."""
        recipe = satmake.Recipe(lora=False, others=False, dtype=torch.float32)
        source, adapter = satmake.write(recipe, self.tmp / "sat"), self.tmp / "adapter.safetensors"
        h = recipe.hidden
        names = {f"transformer_blocks.{i}.{m}": s for i in range(recipe.layers)
                 for m, s in (("attn1.to_q", (h, h)), ("attn1.to_v", (h, h)), ("attn1.to_out.0", (h, h)), ("ff.net.0.proj", (4 * h, h)))}
        save_file(lora(names, ("transformer.", ".", "lora_A", "lora_B"), dtype=torch.float32), adapter)
        merged = {}
        for way in ((f"lora-merge:model=cogvideox-transformer,file={adapter}", "cogvideox-transformer:2b"), ("cogvideox-transformer:2b", f"lora-merge:file={adapter}")):
            run = self.run_fmtconv("-f", *[word for t in way for word in ("-t", t)], source, self.tmp / "merged.safetensors")
            merged[way] = load_file(self.tmp / "merged.safetensors")
            if way[0].startswith("lora"):
                self.assertIn("the model cogvideox-transformer: its names of diffusers are taken for those of sat", run.stderr)
        self.assert_same(*merged.values())
        self.assertEqual(self.into_folder(self.save(lora(names, KOHYA, dtype=torch.float32))), ["pytorch_lora_weights.safetensors"])
        self.assert_same(self.folder, load_file(adapter))
        self.assertIn("names of sat", self.run_fmtconv("inspect", self.tmp / "sat").stdout)

    def control(self):
        """Returns a LoRA as Black Forest Labs publish those of Canny and Depth: biases of B, and norms that replace the model's."""
        weights, _ = self.flux()
        start = lora(weights, ("", ".", "lora_A", "lora_B"))
        start |= {f"{n}.lora_B.bias": torch.randn(s[0]).bfloat16() for n, s in weights.items()}
        norms = {n: torch.randn(s).bfloat16() for n, s in modelmake.flux(**FLUX).items() if n.endswith("_norm.scale")}
        return start, norms

    def test_flux_control(self):
        """Bit for bit both ways, in the names of diffusers and those that ComfyUI gives it; diffusers also exchanges rows of one A, which
        are not the weight's."""
        start, norms = self.control()
        function = narrowed(theirs._convert_bfl_flux_control_lora_to_diffusers, ("inner_dim = 3072", "inner_dim = 64"), ("num_layers = 19", "num_layers = 2"),
                            ("num_single_layers = 38", "num_single_layers = 2"))
        wanted = function(copied(start | norms))
        wanted["transformer.norm_out.linear.lora_A.weight"] = start["final_layer.adaLN_modulation.1.lora_A.weight"]
        out = self.convert(self.save(start | norms), "diffusers")
        self.assert_same(load_file(out), wanted)
        # ComfyUI, comfy/lora_convert.py: convert_lora_bfl_control.
        comfy = {"diffusion_model." + k.replace(".lora_B.bias", ".diff_b").replace("_norm.scale", "_norm.scale.set_weight"): v
                 for k, v in (start | norms).items()}
        back = self.convert(out, "comfy,model=flux", "comfy.safetensors")
        self.assert_same(load_file(back), comfy)
        self.assert_same(load_file(self.convert(self.tmp / "in.safetensors", "comfy,model=flux", "direct.safetensors")), comfy)
        self.assert_same(load_file(self.convert(back, "diffusers", "again.safetensors")), wanted)
        title = json.loads(self.run_fmtconv("inspect", "--json", self.tmp / "in.safetensors").stdout.splitlines()[-1])["title"]
        self.assertIn("of flux, names of bfl", title)
        # A bias is added without alpha/rank in ComfyUI's names.
        half = start | {k.replace("lora_A.weight", "alpha"): torch.tensor(2.0) for k in start if "lora_A" in k}
        made = load_file(self.convert(self.save(half), "comfy,model=flux", "half.safetensors"))
        self.assertTrue(torch.equal(made["diffusion_model.img_in.diff_b"], start["img_in.lora_B.bias"] / 2))
        self.assertIn("norm.query_norm", self.convert(self.save(start | norms), "kohya,model=flux", status=1))

    def test_flux_control_is_merged(self):
        """Into the model in either names, with equal results; norms are replaced."""
        start, norms = self.control()
        base = modelmake.random(modelmake.flux(**FLUX), seed=5)
        adapter, source = self.save(start | norms, "lora.safetensors"), self.save(base, "base.safetensors")
        names = self.convert(adapter, "diffusers", "names.safetensors")

        def run(transform, source, to):
            self.run_fmtconv("-f", "-t", transform, source, self.tmp / to)
            return self.tmp / to

        made = run("flux", run(f"lora-merge:file={adapter}", source, "merged.safetensors"), "made.safetensors")
        for file in (adapter, names, self.convert(adapter, "comfy,model=flux", "comfy.safetensors")):
            with self.subTest(file.name):
                self.assert_same(load_file(run(f"lora-merge:file={file}", run("flux", source, "b.safetensors"), "c.safetensors")), load_file(made))
        merged = load_file(self.tmp / "merged.safetensors")
        self.assert_same({n: merged[n] for n in norms}, norms)
        up, down, bias = (start[f"img_in.lora_{p}"].float() for p in ("B.weight", "A.weight", "B.bias"))
        self.assertTrue(torch.allclose(merged["img_in.weight"].float(), base["img_in.weight"].float() + up @ down, rtol=2**-7, atol=2**-7))
        self.assertTrue(torch.allclose(merged["img_in.bias"].float(), base["img_in.bias"].float() + bias, rtol=2**-7, atol=2**-7))

    def test_flux_xlabs(self):
        """Names of processors, with fused queries, keys and values; they become linear1 of other names with zeros for the rest."""
        start = {}
        for name, rows in (("qkv", 192), ("proj", 64)):
            columns = 320 if name == "proj" else 64
            start |= lora({f"double_blocks.1.processor.{name}_lora{s}": (rows, 64) for s in (1, 2)}, ("", ".", "down", "up"), seed=rows)
            start |= lora({f"single_blocks.0.processor.{name}_lora": (rows, columns)}, ("", ".", "down", "up"), seed=rows)
        wanted = theirs._convert_xlabs_flux_lora_to_diffusers(copied(start))
        out = self.convert(self.save(start), "diffusers")
        self.assert_same(load_file(out), wanted)
        self.assert_same(load_file(self.convert(out, "xlabs", "back.safetensors")), start)
        weights, _ = self.flux(wanted=("_attn.qkv", "_attn.proj"))
        kohya = self.save(lora(weights, KOHYA, alpha=3), "kohya.safetensors")
        back = self.convert(self.convert(kohya, "xlabs", "xlabs.safetensors"), "diffusers", "again.safetensors")
        self.assert_same(load_file(back), load_file(self.convert(kohya, "diffusers,bake=yes", "baked.safetensors")))
        self.assertIn("would lose alpha", self.convert(kohya, "xlabs,bake=no", status=2))
        more = self.save(lora(self.flux()[0], KOHYA), "more.safetensors")
        self.assertIn("transformer.x_embedder", self.convert(more, "xlabs", status=1))
        text = self.save(lora(weights, KOHYA) | lora(TEXTS, ("lora_te1_", *KOHYA[1:])), "text.safetensors")
        self.assertIn("the names of xlabs have none for", self.convert(text, "xlabs", status=1))
        self.convert(text, "xlabs,only=model", "model.safetensors")
        direct = load_file(self.convert(self.tmp / "in.safetensors", "comfy,model=flux", "direct.safetensors"))
        self.assert_same(load_file(self.convert(out, "comfy,model=flux", "comfy.safetensors")), direct)
        up = direct["diffusion_model.single_blocks.0.linear1.lora_B.weight"]
        self.assertTrue(torch.equal(up[:192], start["single_blocks.0.processor.qkv_lora.up.weight"]) and not up[192:].any())
        name = "double_blocks.1.processor.qkv_lora1.up.weight"
        self.assertIn(name, self.convert(self.save(start | {name: torch.zeros(191, 4)}), "diffusers", status=1))
        start.pop(name)
        self.assertIn("lacks one", self.convert(self.save(start), "diffusers", status=1))

    def test_flux_ends(self):
        """The layers around the blocks, where rows change places; several models have them, with other names in diffusers."""
        weights, _ = self.flux(wanted=("final_layer.",))
        start = lora(weights, COMFY)
        error = self.convert(self.save(start), "diffusers", status=1)
        for text in ("for several models: ", "cosmos1 and flux", "lora-names:model=NAME"):
            self.assertIn(text, error)
        self.assertRegex(self.run_fmtconv("inspect", self.tmp / "in.safetensors").stdout, "of one of cosmos1 and flux")
        got = load_file(self.convert(self.save(start), "diffusers,model=flux"))
        name = "final_layer.adaLN_modulation.1"
        up = start[f"diffusion_model.{name}.lora_B.weight"]
        self.assertTrue(torch.equal(got["transformer.norm_out.linear.lora_B.weight"], theirs.swap_scale_shift(up)))
        self.assertTrue(torch.equal(got["transformer.norm_out.linear.lora_A.weight"], start[f"diffusion_model.{name}.lora_A.weight"]))
        self.assertEqual(len(got), 4)

    def test_hidream(self):
        """Its names are the same on both sides, and its layers at the ends have names of Flux: its blocks tell them apart."""
        weights = modules(modelmake.hidream(h=128, c=4, e=24, v=16, double=1, single=1), ("attn1.to_", "ff_i.shared", "final_layer.", "caption_"))
        start = lora(weights, COMFY)
        self.assert_same(load_file(self.convert(self.save(start), "diffusers")), theirs._convert_non_diffusers_hidream_lora_to_diffusers(dict(start)))
        flat = lora(weights, KOHYA, alpha=2)
        got = load_file(self.convert(self.save(flat), "diffusers,bake=split"))
        self.assertEqual({n.rsplit(".lora_", 1)[0] for n in got}, {f"transformer.{n.removesuffix('.weight')}" for n in weights})
        ends = {n: t for n, t in start.items() if "final_layer" in n}
        self.assertIn("lora-names:model=NAME", self.convert(self.save(ends), "diffusers", status=1))
        self.assert_same(load_file(self.convert(self.save(ends), "diffusers,model=hidream")), {n.replace("diffusion_model", "transformer"): t for n, t in ends.items()})

    def test_wan(self):
        """Dotted names with alpha and differences of biases, and the flat ones of musubi."""
        weights = modules(modelmake.wan(**WAN), ("_attn.", "ffn."))
        start = lora(weights, COMFY, alpha=3)
        start |= {f"diffusion_model.{n}.diff_b": torch.randn(s[0]).bfloat16() for n, s in weights.items() if "ffn" in n or ".q" in n}
        wanted = theirs._convert_non_diffusers_wan_lora_to_diffusers({k: v.clone() for k, v in start.items()})
        self.assert_same(load_file(self.convert(self.save(start), "diffusers,bake=split")), wanted)
        flat = lora(weights, KOHYA, alpha=2)
        wanted = theirs._convert_musubi_wan_lora_to_diffusers({k: v.clone() for k, v in flat.items()})
        self.assert_same(load_file(self.convert(self.save(flat), "diffusers,bake=split")), wanted)

    def test_hunyuan_video(self):
        shapes = modelmake.hunyuan_video(**HUNYUAN)
        weights = modules(shapes, ("double_blocks.", "single_blocks.", "final_layer.", "img_in", "time_in"))
        start = lora(weights, COMFY)
        function = narrowed(theirs._convert_hunyuan_video_lora_to_diffusers, ("hidden_size = 3072", "hidden_size = 128"))
        wanted = function({k: v.clone() for k, v in start.items()})
        # diffusers also changes the order of the rows of A here, which are not the weight's.
        wanted["transformer.norm_out.linear.lora_A.weight"] = start["diffusion_model.final_layer.adaLN_modulation.1.lora_A.weight"]
        self.assert_same(load_file(self.convert(self.save(start), "diffusers,bake=split")), wanted)

    def test_equal_names(self):
        """Models whose names are equal on both sides: Qwen-Image in the forms of kohya, ComfyUI and DiffSynth, and LTX-Video."""
        qwen = modules(modelmake.qwen_image(h=32, d=16, c=16, e=40, blocks=2))
        plain = lora(qwen, ("", ".", "lora_A.default", "lora_B.default"))
        for start in (lora(qwen, KOHYA, alpha=3), lora(qwen, COMFY, alpha=3), plain):
            wanted = theirs._convert_non_diffusers_qwen_lora_to_diffusers(copied(start))
            self.assert_same(load_file(self.convert(self.save(start), "diffusers,bake=split")), wanted)
        ltx = lora(modules(modelmake.ltx(h=64, c=8, caption=12, blocks=2), ("transformer_blocks.",)), COMFY)
        wanted = theirs._convert_non_diffusers_ltxv_lora_to_diffusers(copied(ltx))
        self.assert_same(load_file(self.convert(self.save(ltx), "diffusers,bake=split")), wanted)

    def test_z_image(self):
        """Fused and split attention, with kohya's suffixes and those with dots."""
        fused = modules(modelmake.z_image(h=48, d=16, c=2, e=12, ffn=128, blocks=2, refiner=1), ("attention", "feed_forward"))
        split = {n.replace("attention.out", "attention.to_out.0"): s for n, s in fused.items() if "qkv" not in n}
        split |= {n.replace("qkv", f"to_{p}"): (s[0] // 3, s[1]) for n, s in fused.items() if "qkv" in n for p in "qkv"}
        dotted = lora(fused, ("lora_unet_", "_", "lora.down", "lora.up"), alpha=3)
        for start in (dotted, lora(split, KOHYA, alpha=3), lora(split, COMFY, alpha=3)):
            wanted = theirs._convert_non_diffusers_z_image_lora_to_diffusers(copied(start))
            self.assert_same(load_file(self.convert(self.save(start), "diffusers,bake=split")), wanted)

    def test_flux2(self):
        weights = modules(modelmake.flux2(h=32, d=16, c=8, e=24, freq=32, double=2, single=2))
        start = lora(weights, COMFY)
        wanted = theirs._convert_non_diffusers_flux2_lora_to_diffusers(copied(start))
        # diffusers exchanges these rows in the model, and not in a LoRA for it.
        name = "transformer.norm_out.linear.lora_B.weight"
        wanted[name] = theirs.swap_scale_shift(wanted[name])
        self.assert_same(load_file(self.convert(self.save(start), "diffusers")), wanted)
        start = lora({n: s for n, s in weights.items() if "_blocks." in n}, KOHYA, alpha=3)
        wanted = theirs._convert_kohya_flux2_lora_to_diffusers(copied(start))
        self.assert_same(load_file(self.convert(self.save(start), "diffusers,bake=split")), wanted)

    def test_chroma(self):
        """Named as Flux, whose function diffusers uses: its rows, with other sizes."""
        shapes = modelmake.chroma(h=64, d=16, c=8, e=24, guide=32, channels=8, layers=2, double=2, single=2)
        start = lora(modules(shapes, ("_blocks.",)), KOHYA, alpha=3)
        function = narrowed(theirs._convert_kohya_flux_lora_to_diffusers, ("[3072, 3072, 3072, 12288]", "[64, 64, 64, 256]"),
                            ("range(19)", "range(2)"), ("range(38)", "range(2)"))
        self.assert_same(load_file(self.convert(self.save(start), "diffusers,bake=split")), function(copied(start)))

    def test_stable_diffusion(self):
        """kohya's names of the authors' UNet (XL) and of diffusers' (1.5), with two text encoders; and the way back."""
        for name, unet, wanted in (("sdxl-unet", ldmmake.unet((32, 64, 64), sdxl=True, transformer_layers_per_block=[1, 1, 2]), ("",)),
                                   ("sd1-unet", ldmmake.unet((32, 32, 32, 32), linear=False), ("transformer_blocks.", "proj_"))):
            shapes = {n: tuple(t.shape) for n, t in unet.state_dict().items()}
            for side, names in (("ldm", ldmmake.unet_names(shapes)), ("diffusers", shapes)):
                weights = modules(names, wanted, (2, 4))
                if side == "diffusers":  # of which diffusers makes one
                    weights = {n: s for n, s in weights.items() if "add_embedding" not in n}
                start = lora(weights, KOHYA, alpha=2)
                start |= lora(TEXTS, ("lora_te1_", *KOHYA[1:]), alpha=2) | lora(TEXTS, ("lora_te2_", *KOHYA[1:]), alpha=2, seed=1)
                with self.subTest(f"{name} {side}"):
                    out = self.convert(self.save(start), "diffusers")
                    self.assert_same(load_file(out), stable_diffusion(start))
                    back = self.convert(out, f"kohya,model={name},side={side}", "back.safetensors")
                    self.assert_same(load_file(back), start)

    def test_stable_diffusion_merged(self):
        """diffusers' UNet takes the names and the alpha, and lora-merge gives the weights that its fuse_lora gives, bit for bit as
        products of small whole numbers are exact."""
        unet = ldmmake.unet((32, 64, 64), sdxl=True, transformer_layers_per_block=[1, 1, 1])
        base = {n: t.clone() for n, t in ldmmake.filled(unet, torch.float32).items()}
        names = ldmmake.unet_names({n: n for n in base})
        weights = modules({n: tuple(base[d].shape) for n, d in names.items()}, ("to_", "in_layers.2"), (2, 4))
        file = self.save({n: t.round() for n, t in lora(weights, KOHYA, alpha=2, dtype=torch.float32).items()})
        out = self.convert(file, "diffusers")
        self.save(base, "base.safetensors")
        self.save(ldmmake.unet_names(base), "ldm.safetensors")
        for model in ("base", "ldm"):
            self.convert(self.tmp / f"{model}.safetensors", f"file={file}", f"{model}-merged.safetensors", transform="lora-merge")
        unet.load_lora_adapter(str(self.tmp), weight_name=out.name, prefix="unet")
        unet.fuse_lora()
        unet.unload_lora()
        got = load_file(self.tmp / "base-merged.safetensors")
        self.assert_same(got, {n: t.detach() for n, t in unet.state_dict().items()})
        self.assert_same(load_file(self.tmp / "ldm-merged.safetensors"), ldmmake.unet_names(got))

    def test_blocks(self):
        """Matrices of to_q and to_v that differ become blocks of one pair, with zeros for to_k; the products are the same."""
        base = "transformer.single_transformer_blocks.1."
        start = {}
        for name, rank in (("attn.to_q", 3), ("attn.to_v", 2)):
            start |= lora({name: (64, 64)}, (base, ".", "lora_A", "lora_B"), rank=rank, dtype=torch.float32, seed=rank)
        got = load_file(self.convert(self.save(start), "comfy,model=flux"))
        self.assertEqual(sorted(got), [f"diffusion_model.single_blocks.1.linear1.lora_{x}.weight" for x in "AB"])
        a, b = (got[f"diffusion_model.single_blocks.1.linear1.lora_{x}.weight"] for x in "AB")
        self.assertEqual((a.shape, b.shape), ((5, 64), (448, 5)))
        wanted = torch.zeros(448, 64)
        for at, name in ((0, "attn.to_q"), (128, "attn.to_v")):
            wanted[at:at + 64] = start[base + name + ".lora_B.weight"] @ start[base + name + ".lora_A.weight"]
        self.assertTrue(torch.allclose(b @ a, wanted, atol=1e-5))
        self.assertFalse(b[64:128].any() or b[192:].any())

    def test_merge(self):
        """A LoRA in one naming is merged into a model in another, bit for bit as in its own."""
        base = modelmake.random(modelmake.flux(**FLUX))
        weights, _ = self.flux()
        self.save(base, "bfl.safetensors")
        self.run_fmtconv("-f", "-t", "flux", self.tmp / "bfl.safetensors", self.tmp / "diffusers.safetensors")
        kohya = self.save(lora(weights, KOHYA, alpha=2), "kohya.safetensors")
        diffusers = self.convert(kohya, "diffusers", "lora.safetensors")
        merged = {}
        for name in (kohya, diffusers):
            for side in ("bfl", "diffusers"):
                out = self.tmp / f"{name.stem}-{side}.safetensors"
                self.run_fmtconv("-f", "-t", f"lora-merge:file={name}", self.tmp / f"{side}.safetensors", out)
                if side == "bfl":
                    self.run_fmtconv("-f", "-t", "flux", out, self.tmp / "m.safetensors")
                    out = self.tmp / "m.safetensors"
                merged[name.stem, side] = load_file(out)
        first = merged["kohya", "bfl"]
        for key, got in merged.items():
            self.assert_same(got, first, str(key))
        at = "single_blocks.1.linear1"
        factor = 0.5 * load_file(kohya)["lora_unet_single_blocks_1_linear1.lora_up.weight"].float() @ load_file(kohya)[
            "lora_unet_single_blocks_1_linear1.lora_down.weight"].float()
        wanted = (base[f"{at}.weight"].float() + factor)[:64]
        self.assertTrue(torch.allclose(first["single_transformer_blocks.1.attn.to_q.weight"].float(), wanted, rtol=1e-2, atol=1e-2))

    def test_inspect(self):
        weights, _ = self.flux(wanted=("single_blocks.",))
        said = self.run_fmtconv("inspect", self.save(lora(weights, KOHYA, alpha=2))).stdout
        self.assertIn("LoRA of rank 4, alpha 2, for 6 modules of flux, names of bfl:", said)

    def refuse_parts(self):
        """What would change its meaning as a part: norms of columns, a factor of 0, a name that loaders do not look for."""
        qkv = {"double_blocks.0.img_attn.qkv": (192, 64)}
        fused = lora(qkv, KOHYA, alpha=2) | {"lora_unet_double_blocks_0_img_attn_qkv.dora_scale": torch.ones(1, 64)}
        form = ("transformer.transformer_blocks.0.attn.", ".", "lora_down", "lora_up")
        zero = lora({"to_q": (64, 64)}, form, alpha=0) | lora({"to_k": (64, 64)}, form, alpha=2, seed=1)
        norm = {"transformer.transformer_blocks.0.attn.norm_q.diff": torch.ones(16)} | lora({"to_q": (64, 64)}, form)
        for start, to, words in ((fused, "kohya,model=flux,side=diffusers", "magnitudes"),
                                 (zero, "comfy,model=flux", "alpha is 0"),
                                 (norm, "comfy,model=flux", "'double_blocks.0.img_attn.norm.query_norm.scale', which no LoRA can change")):
            self.assertIn(words, self.convert(self.save(start), to, status=1))
        fused["lora_unet_double_blocks_0_img_attn_qkv.dora_scale"] = torch.arange(192.).reshape(192, 1)
        got = load_file(self.convert(self.save(fused), "diffusers"))
        for at, name in enumerate("qkv"):
            scale = got[f"transformer.transformer_blocks.0.attn.to_{name}.lora_magnitude_vector"]
            self.assertEqual(scale.tolist(), [float(i) for i in range(64 * at, 64 * at + 64)])

    def test_refused(self):
        weights, _ = self.flux(wanted=("single_blocks.",))
        start = lora(weights, KOHYA)
        for change, more, status, words in (
            ({}, ",model=wan", 1, ("the rules of 'wan' do not take", "single_blocks_0_linear1")),
            ({}, ",model=nothing", 2, ("nothing",)),
            ({}, ",side=bfl", 2, ("model=",)),
            ({}, ",model=flux,side=wan", 2, ("has no side 'wan'", "bfl")),
            ({"lora_unet_single_blocks_0_linear1.lora_up.weight": torch.ones(447, 4)}, ",model=flux", 1, ("single_blocks_0_linear1", "[447,64]", "(3+mlp)*h")),
            ({"lora_unet_other.lora_up.weight": torch.ones(4, 4), "lora_unet_other.lora_down.weight": torch.ones(4, 4)}, ",model=flux", 1,
             ("do not take all", "other.weight")),
        ):
            with self.subTest(words):
                said = self.convert(self.save(start | change), "diffusers" + more, status=status)
                self.assertTrue(all(w in said for w in words), said)
        self.refuse_parts()
        one = lora({"transformer_blocks.0.attn.to_q": (64, 64)}, ("transformer.", ".", "lora_A", "lora_B"))
        self.assertEqual(sorted(load_file(self.convert(self.save(one), "diffusers"))), sorted(one))
        base = self.save(modelmake.random(modelmake.flux(**FLUX)), "base.safetensors")
        said = self.convert(base, f"file={self.tmp}/in.safetensors", status=1, transform="lora-merge")
        self.assertIn("model=NAME", said)
        self.convert(base, f"model=flux,file={self.tmp}/in.safetensors", transform="lora-merge")
        self.assert_clean(self.tmp)


if __name__ == "__main__":
    unittest.main()
