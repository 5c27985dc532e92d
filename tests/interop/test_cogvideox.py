# SPDX-License-Identifier: Apache-2.0
"""CogVideoX from SAT: transformer, VAE and T5 can be loaded by diffusers' and transformers' classes."""
# Plugins: cogvideox-lora cogvideox-transformer cogvideox-vae diffusers safetensors sat t5-encoder torch

import json
import shutil
import unittest
from dataclasses import replace

import cogmake
import safetensors.torch
import torch
from cogmake import BY_NAME, MODELS, NET, T5, VAE
from diffusers import AutoencoderKLCogVideoX, CogVideoXTransformer3DModel
from support import Case
from transformers import T5Config, T5EncoderModel

COMMANDS = {"lora": "-t cogvideox-lora", "transformer": "-t cogvideox-transformer", "vae": "-t cogvideox-vae",
            "text_encoder": "-t t5-encoder"}


class Cog(Case):
    def save(self, tensors, key="module", name="model.pt"):
        path = self.tmp / name
        torch.save({key: tensors} if key else dict(tensors), path)
        return path

    def convert(self, source, transform=None, *more, status=0):
        """The component folder that comes out: its tensors and config; the messages."""
        out = self.tmp / "out"
        shutil.rmtree(out, ignore_errors=True)
        arguments = [ *(["-t", transform] if transform else []), *more, source, f"{out}/"]
        result = self.run_fmtconv(*arguments, status=status)
        if status:
            self.assertFalse(out.exists())
            return None, None, result
        weights = [p for p in out.iterdir() if p.suffix == ".safetensors"]
        self.assertEqual(len(weights), 1)
        return safetensors.torch.load_file(weights[0]), json.loads((out / "config.json").read_text()), result

    def refused(self, source, transform, *words, status=1):
        _, _, result = self.convert(source, transform, status=status)
        for word in words:
            self.assertIn(word, result.stderr)
        self.assert_clean(self.tmp)
        return result


def hinted(m):
    """The transform, with the parameters that cannot be detected in a narrow model."""
    tables = not m.rotary or (m.i2v and not m.is_1_5)
    return "cogvideox-transformer" + (":" + m.sample if tables else "")


class Transformer(Cog):
    def accepted(self, tensors, config):
        """The real class, made from our config, takes our tensors and no others."""
        with torch.device("meta"):
            model = CogVideoXTransformer3DModel.from_config(config)
        model.load_state_dict(tensors, strict=True, assign=True)
        official = model.state_dict()
        self.assertEqual(sorted(official), sorted(tensors))

    def test_all_models(self):
        """Released and fine-tuned files, with LoRA and without; torch.compile's names; no prefix."""
        for m in MODELS:
            for form in ("released", "fine-tuned", "lora", "part of the layers", "compiled", "flat", "no buffers"):
                with self.subTest(model=m.name, form=form):
                    prefix = {"compiled": NET + "_orig_mod.", "flat": ""}.get(form, NET)
                    if form == "fine-tuned":
                        tensors = cogmake.fine_tuned(m)
                    elif form == "lora":
                        tensors = cogmake.fine_tuned(m, lora=True)
                    elif form == "part of the layers":
                        tensors = cogmake.transformer(replace(m, layers=3, lora_layers=[1]), lora=True)
                    else:
                        tensors = cogmake.transformer(m, prefix, buffers=form != "no buffers")
                    transform = hinted(m)
                    if form == "no buffers" and m.name == "5B":
                        transform += ":rotary=yes"
                    got, config, result = self.convert(self.save(tensors, key=None if form == "flat" else "module"), transform)
                    self.assert_same(got, cogmake.wanted_transformer(tensors, m, prefix), m.name)
                    self.accepted(got, config)
                    self.assertEqual(config["use_rotary_positional_embeddings"], m.rotary)
                    self.assertEqual(config["use_learned_positional_embeddings"], m.name == "5B-I2V")
                    self.assertEqual(config["sample_frames"] == 81, m.is_1_5)
                    self.assertEqual("LoRA, which is left out" in result.stderr, "matrix_A" in str(list(tensors)))

    def test_full_width(self):
        """The published widths are recognized without tables or parameters, and by name."""
        for name, hidden in (("2B", 1920), ("5B", 3072), ("5B-I2V", 3072), ("1.5-5B", 3072), ("1.5-5B-I2V", 3072)):
            m = replace(BY_NAME[name], hidden=hidden, head=64, layers=1)
            path = self.save({k: torch.empty_strided(s, [0] * len(s), dtype=m.dtype) for k, s in
                              ((NET + k, s) for k, s in cogmake.transformer_shapes(m, table=False, buffers=False))})
            report = json.loads(self.run_fmtconv("inspect", "--json", path).stdout.splitlines()[-1])
            self.assertIn(("CogVideoX1.5-" if m.is_1_5 else "CogVideoX-") + name.replace("1.5-", "") + ",", report["title"])

    def test_config_of_strangers(self):
        """Sizes that were not published are taken from the tensors; every entry can be overridden."""
        m = replace(BY_NAME["1.5-5B-I2V"], hidden=48, head=12, layers=3)
        _, config, _ = self.convert(self.save(cogmake.transformer(m)), "cogvideox-transformer:config.dropout=0.5,config.norm_eps=null")
        for key, value in {"num_attention_heads": 4, "attention_head_dim": 12, "num_layers": 3, "in_channels": 32,
                           "out_channels": 16, "patch_size": 2, "patch_size_t": 2, "patch_bias": False,
                           "ofs_embed_dim": 16, "time_embed_dim": 16, "text_embed_dim": 32, "dropout": 0.5,
                           "norm_eps": None, "sample_height": 300}.items():
            self.assertEqual(config[key], value, key)

    def test_undecided(self):
        """If 2B cannot be distinguished from 5B, the error names the choices, and each of them works."""
        m = BY_NAME["5B"]
        path = self.save(cogmake.transformer(m, buffers=False))
        self.refused(path, "cogvideox-transformer", "version=2b", "rotary=yes")
        for said, rotary in (("version=2b", False), ("version=5b", True), ("rotary=no", False), ("rotary=yes", True)):
            _, config, _ = self.convert(path, "cogvideox-transformer:" + said)
            self.assertEqual(config["use_rotary_positional_embeddings"], rotary, said)
        for said, words in (("version=2b", "rotary positions"), ("version=2b,rotary=yes", None)):
            tables = self.save(cogmake.transformer(m), name="tables.pt")
            if words:
                self.refused(tables, "cogvideox-transformer:" + said, "does not fit", words, status=2)
            else:
                _, config, _ = self.convert(tables, "cogvideox-transformer:" + said)
                self.assertTrue(config["use_rotary_positional_embeddings"])
        report = json.loads(self.run_fmtconv("inspect", "--json", path).stdout.splitlines()[-1])
        self.assertIn("version=2b", report["needs"])
        for said in ("version=5b-i2v", "version=1.5-5b"):
            self.refused(path, "cogvideox-transformer:" + said, said, "does not fit", status=2)
        run = self.tmp / "run"
        (run / "1").mkdir(parents=True)
        path.rename(run / "1" / "mp_rank_00_model_states.pt")
        (run / "latest").write_text("1")
        for target, rotary in (("Rotary3DPositionEmbeddingMixin", True), ("Basic3DPositionEmbeddingMixin", False)):
            modules = {"pos_embed_config": {"target": "dit_video_concat." + target}}
            params = {"network_config": {"params": {"num_layers": 2, "modules": modules}}}
            (run / "training_config.yaml").write_text(json.dumps({"model": params}))
            _, config, _ = self.convert(run, "cogvideox-transformer")
            self.assertEqual(config["use_rotary_positional_embeddings"], rotary)
        (run / "training_config.yaml").write_text("model: {network_config: {params: {num_layers: 3}}}\n")
        self.refused(run, "cogvideox-transformer:rotary=yes", "says 3 layers, but the model has 2")

    def test_table_of_another_size(self):
        """A trained table must fit the sample size; a fixed one that does not is warned of."""
        self.refused(self.save(cogmake.transformer(BY_NAME["5B-I2V"])), "cogvideox-transformer", "274 rows",
                     "config.sample_height=")
        _, _, result = self.convert(self.save(cogmake.transformer(BY_NAME["2B"])), "cogvideox-transformer")
        self.assertIn("warning", result.stderr)
        self.assertIn("274 rows", result.stderr)

    def test_mistakes(self):
        m = replace(BY_NAME["5B"], layers=4)
        tensors = cogmake.transformer(m)
        for n in (0, 1, 2):
            part = {k: t for k, t in tensors.items() if f".{n}." not in k.split("attention")[0] or "time_embed" in k}
            self.refused(self.save(part), "cogvideox-transformer", "missing", f"layers.{n}.attention.query_key_value.weight")
        for name in ("mixins.patch_embed.proj.weight", "transformer.layers.2.mlp.dense_h_to_4h.bias", "time_embed.0.weight"):
            self.refused(self.save({k: t for k, t in tensors.items() if k != NET + name}), "cogvideox-transformer", name)
        for name in ("transformer.layers.2.attention.query_key_value.weight", "mixins.final_layer.linear.weight",
                     "mixins.adaln_layer.adaLN_modulations.3.1.bias", "transformer.layers.1.mlp.dense_4h_to_h.weight"):
            bent = dict(tensors)
            bent[NET + name] = bent[NET + name][:-4].clone()
            self.refused(self.save(bent), "cogvideox-transformer", name)
        self.refused(self.save({**tensors, NET + "transformer.surprise": torch.zeros(1)}), "cogvideox-transformer", "transformer.surprise")
        self.refused(self.save(cogmake.vae(), "state_dict"), "cogvideox-transformer", "no transformer of CogVideoX", "-t cogvideox-vae")
        self.refused(self.save({"a": torch.zeros(2)}), "cogvideox-transformer", "no transformer of CogVideoX")


class Vae(Cog):
    HINT = "cogvideox-vae:config.norm_num_groups=4"

    def accepted(self, tensors, config):
        with torch.device("meta"):
            model = AutoencoderKLCogVideoX.from_config(config)
        model.load_state_dict(tensors, strict=True, assign=True)
        self.assertEqual(sorted(model.state_dict()), sorted(tensors))

    def test_file(self):
        """3d-vae.pt as the trainer leaves it, and as a flat dictionary; several depths and widths."""
        for more in ({}, {"channels": (8, 8), "blocks": 1}, {"channels": (4, 8, 4), "blocks": 2, "latents": 3}):
            tensors = cogmake.vae(**more)
            wanted = cogmake.wanted_vae(tensors, levels=len(more.get("channels", (0,) * 4)))
            loss = {"loss.logvar": torch.zeros(()), "loss.discriminator.up.0.weight": torch.zeros(2, 3, 4, 4)}
            for key, extra in (("state_dict", loss), (None, {}), (None, loss)):
                got, config, result = self.convert(self.save({**tensors, **extra}, key), self.HINT)
                self.assert_same(got, wanted)
                self.accepted(got, config)
                self.assertIn("scaling-factor=0.7", result.stderr)
                self.assertEqual(config["scaling_factor"], 1.15258426)
                self.assertEqual(config["invert_scale_latents"], False)

    def test_parameters(self):
        path = self.save(cogmake.vae(), "state_dict")
        _, config, result = self.convert(path, self.HINT + ",scaling-factor=0.7,invert-scale-latents=yes,config.force_upcast=false")
        self.assertEqual((config["scaling_factor"], config["invert_scale_latents"], config["force_upcast"]), (0.7, True, False))
        self.assertNotIn("warning", result.stderr)
        _, config, result = self.convert(path, self.HINT + ",config.scaling_factor=0.5")
        self.assertEqual(config["scaling_factor"], 0.5)
        self.assertNotIn("warning", result.stderr)

    def test_from_fine_tuned(self):
        """In 32 bits, with a warning; scaled as the configuration of the model says."""
        for m in MODELS:
            tensors = cogmake.fine_tuned(m)
            got, config, result = self.convert(self.save(tensors), self.HINT)
            self.assert_same(got, cogmake.wanted_vae(tensors, VAE))
            self.accepted(got, config)
            self.assertIn("3d-vae.pt", result.stderr)
            self.assertEqual(config["invert_scale_latents"], m.is_1_5)

    def test_mistakes(self):
        tensors = cogmake.vae()
        path = self.save(tensors, "state_dict")
        self.refused(path, "cogvideox-vae", "config.norm_num_groups")
        for gone in ("encoder.down.1.block.1.", "encoder.down.3.block.2.", "decoder.up.2.block.3.", "decoder.up.1.block.0.norm1.conv_y",
                     "decoder.up.2.block.0.nin_shortcut", "encoder.down.0.downsample", "encoder.mid.block_2", "decoder.conv_in"):
            part = {k: t for k, t in tensors.items() if not k.startswith(gone)}
            self.refused(self.save(part, "state_dict"), self.HINT, "missing")
        for bent in ("encoder.down.1.block.1.conv1.conv.weight", "decoder.up.3.block.0.norm2.conv_b.conv.bias", "encoder.conv_out.conv.bias"):
            part = {**tensors, bent: tensors[bent][:-1].clone()}
            self.refused(self.save(part, "state_dict"), self.HINT, "shape")
        self.refused(self.save(cogmake.transformer(MODELS[0])), "cogvideox-vae", "no VAE of CogVideoX found", "-t cogvideox-transformer")


class TextEncoder(Cog):
    def test_t5(self):
        for m in (MODELS[0], MODELS[1]):
            for tensors, prefix in ((cogmake.fine_tuned(m), T5), (cogmake.text_encoder(m.dtype, ""), "")):
                got, config, result = self.convert(self.save(tensors), "t5-encoder")
                wanted = {k[len(prefix):]: t for k, t in tensors.items() if k.startswith(prefix)}
                del wanted["encoder.embed_tokens.weight"]
                self.assert_same(got, wanted)
                self.assertNotIn("warning", result.stderr)
                self.assertNotIn("_diffusers_version", config)
                self.loads(got, config)

    def loads(self, tensors, config):
        model = T5EncoderModel(T5Config.from_dict(config))
        missing, unexpected = model.load_state_dict(tensors, strict=False)
        self.assertIn(list(missing), ([], ["encoder.embed_tokens.weight"]))
        self.assertEqual(list(unexpected), [])
        out = self.tmp / "out"
        model, info = T5EncoderModel.from_pretrained(out, output_loading_info=True, dtype=next(iter(tensors.values())).dtype)
        self.assertEqual([list(info[k]) for k in ("missing_keys", "unexpected_keys", "mismatched_keys")], [[], [], []])
        loaded = {k: t.to(tensors[k].dtype) for k, t in model.state_dict().items() if k != "encoder.embed_tokens.weight"}
        self.assert_same(loaded, tensors)  # it keeps some in f32
        self.assertEqual(model.encoder.embed_tokens.weight.data_ptr(), model.shared.weight.data_ptr())
        self.assertEqual(model.config.feed_forward_proj, "gated-gelu")

    def test_untied(self):
        tensors = cogmake.text_encoder(torch.float16)
        tensors[T5 + "encoder.embed_tokens.weight"] = tensors[T5 + "shared.weight"].clone()
        _, _, result = self.convert(self.save(tensors), "t5-encoder")
        self.assertIn("warning", result.stderr)
        self.assertIn("embed_tokens", result.stderr)

    def test_mistakes(self):
        tensors = cogmake.text_encoder(torch.float16)
        for gone in ("shared", "encoder.block.0.layer.1", "encoder.block.1.layer.0.SelfAttention.k"):
            self.refused(self.save({k: t for k, t in tensors.items() if not k.startswith(T5 + gone)}), "t5-encoder", "missing")
        bias = T5 + "encoder.block.{}.layer.0.SelfAttention.relative_attention_bias.weight"
        self.refused(self.save({k: t for k, t in tensors.items() if k != bias.format(0)}), "t5-encoder", bias.format(0)[len(T5):])
        self.refused(self.save({**tensors, bias.format(1): tensors[bias.format(0)]}), "t5-encoder", bias.format(1)[len(T5):])
        self.refused(self.save(cogmake.vae()), "t5-encoder", "no text encoder (T5)", "-t cogvideox-vae")


class Recognition(Cog):
    """The kind that is converted by default, and the messages about the others."""

    def inspect(self, path):
        return json.loads(self.run_fmtconv("inspect", "--json", path).stdout.splitlines()[-1])

    def kinds(self, report):
        return [p["part"] for p in report["parts"] if "command" in p]

    def test_one_kind(self):
        for tensors, kind in ((cogmake.transformer(MODELS[1]), "transformer"), (cogmake.vae(), "vae"),
                              (cogmake.text_encoder(torch.float16), "text_encoder")):
            path = self.save(tensors)
            report = self.inspect(path)
            self.assertEqual(report["kind"], kind)
            self.assertEqual(len(report["convert"]), 1)
            out = self.tmp / "out.safetensors"
            status = 1 if kind == "vae" else 0  # too narrow for 32 groups
            result = self.run_fmtconv("-f", path, out, status=status)
            self.assertNotIn("convert the other parts", result.stderr)
            if not status:
                self.assertIn(COMMANDS[kind], result.stderr)

    def test_lora_first(self):
        """A LoRA has precedence; the other kinds are listed with their commands."""
        path = self.save(cogmake.fine_tuned(MODELS[1], lora=True))
        out = self.tmp / "x.safetensors"
        result = self.run_fmtconv(path, out)
        self.assertIn("running: fmtconv -r torch -t cogvideox-lora -w safetensors", result.stderr)
        for kind in ("transformer", "vae", "text_encoder"):
            self.assertIn(f"{COMMANDS[kind]} {path} {self.tmp}/x-{kind}.safetensors", result.stderr)
        self.assertTrue(all(".lora_" in k for k in safetensors.torch.load_file(out)))
        report = self.inspect(path)
        self.assertEqual(report["kind"], "lora")
        self.assertEqual(self.kinds(report), ["lora", "transformer", "vae", "text_encoder"])
        self.assertEqual(sum(p["tensors"] for p in report["parts"]), report["tensors"])
        self.assertEqual(sum(p["bytes"] for p in report["parts"]), report["bytes"])
        self.assertEqual(len(report["convert"]), 4)

    def test_several(self):
        """Without a LoRA, several kinds are an error with a command for each."""
        path = self.save(cogmake.fine_tuned(MODELS[1]))
        out = self.tmp / "x.safetensors"
        result = self.run_fmtconv(path, out, status=1)
        for kind in ("transformer", "vae", "text_encoder"):
            self.assertIn(f"fmtconv {COMMANDS[kind]} {path} {self.tmp}/x-{kind}.safetensors", result.stderr)
        self.assertFalse(out.exists())
        self.assertEqual(self.inspect(path)["kind"], "transformer, vae, text_encoder")
        result = self.run_fmtconv("-r", "torch:crc=ignore", path, self.tmp / "y.safetensors", status=1)
        self.assertIn(f"fmtconv -r torch:crc=ignore -t t5-encoder {path} {self.tmp}/y-text_encoder.safetensors", result.stderr)
        # A folder can hold them all: a pipeline, whose VAE is too narrow here for 32 groups.
        self.assertIn("32 groups", self.run_fmtconv(path, f"{self.tmp}/folder/", status=1).stderr)

    def test_broken_ones(self):
        """A LoRA or a model that lacks a few tensors is not ignored in favor of another kind."""
        tensors = cogmake.fine_tuned(MODELS[1], lora=True)
        del tensors[NET + "transformer.layers.1.attention.dense.matrix_B.0"]
        result = self.run_fmtconv(self.save(tensors), self.tmp / "x.safetensors", status=1)
        self.assertIn("lora (15 tensors, 1 missing)", result.stderr)
        tensors = {**cogmake.transformer(MODELS[1]), **cogmake.vae(torch.bfloat16, VAE)}
        del tensors[NET + "time_embed.2.bias"]
        result = self.run_fmtconv(self.save(tensors), self.tmp / "x.safetensors", status=1)
        self.assertIn("1 missing", result.stderr)
        report = self.inspect(self.save({k: t for k, t in tensors.items() if not k.startswith(VAE)}))
        self.assertIn("1 missing", report["needs"])
        self.assertEqual([c.split()[1:3] for c in report["convert"]], [["-t", "none"]])
        del tensors[VAE + "decoder.conv_in.conv.weight"]
        result = self.run_fmtconv(self.save(tensors), self.tmp / "x.safetensors", status=1)
        self.assertIn("no transform matches this model completely", result.stderr)
        self.assertIn("-t none", result.stderr)
        self.run_fmtconv("-t", "none", self.tmp / "model.pt", self.tmp / "x.safetensors")

    def test_what_comes_out(self):
        """Outputs are recognized: kind, next step and reverse; the printed commands work."""
        made = {
            "transformer": (cogmake.transformer(MODELS[1]), "transformer", "diffusion_pytorch_model.safetensors"),
            "vae": (cogmake.vae(channels=(32, 32, 64, 64)), "vae", "diffusion_pytorch_model.safetensors"),
            "lora": (cogmake.fine_tuned(MODELS[1], lora=True), "lora", "pytorch_lora_weights.safetensors"),
        }
        for name, (tensors, kind, weights) in made.items():
            source = self.save(tensors)
            out = self.tmp / name
            command = self.inspect(source)["convert"][0].split()
            self.assertEqual(command[-1], "OUTPUT.safetensors" if kind == "lora" else "OUTPUT/")
            self.run_fmtconv(*command[1:-1], f"{out}/")
            for path in (out, out / weights):
                with self.subTest(name=name, path=path.name):
                    report = self.inspect(path)
                    self.assertEqual(report["kind"], kind)
                    self.assertNotIn("needs", report)
                    commands = [c for c in report["convert"] if " MODEL " not in c]  # lora-merge needs a model
                    self.assertEqual((len(commands), len(report["convert"])), (3, 4) if kind == "lora" else (2, 2))
                    for n, command in enumerate(commands):
                        target = str(self.tmp / f"again-{n}") + command.split()[-1].removeprefix("OUTPUT")
                        self.run_fmtconv("-f", *command.split()[1:-1], target)
                    back = safetensors.torch.load_file(self.tmp / "again-1.safetensors")
                    self.assertTrue(back)
                    self.assertTrue(back.keys() <= tensors.keys())
                    if kind != "lora":  # whose scale is in its matrices now
                        self.assert_same(back, {k: tensors[k] for k in back})
            if kind == "transformer":
                result = self.run_fmtconv("-t", "cogvideox-transformer", out, self.tmp / "x.pt", status=1)
                self.assertIn("-t cogvideox-transformer:reverse", result.stderr)

    def test_strangers(self):
        """Models with a few names in common are neither recognized nor nearly recognized."""
        renamed = ((".conv1.conv.", ".conv1."), (".conv2.conv.", ".conv2."), (".norm_layer.", "."), (".block.", ".layers."))
        ldm = []
        for name, shape in cogmake.vae_shapes():
            for old, new in renamed:
                name = name.replace(old, new)
            if "conv_y" not in name and "conv_b" not in name:
                ldm.append((name, shape))
        t5 = list(cogmake.t5_shapes())
        whole_t5 = t5 + [(k.replace("encoder", "decoder"), s) for k, s in t5[1:]] + [("lm_head.weight", (48, 32))]
        clip = [("shared.weight", (4, 4)), ("encoder.final_layer_norm.weight", (4,)), ("encoder.conv_in.conv.weight", (4, 4))]
        leftover = [(T5 + "encoder.embed_tokens.weight", (4, 4)), ("a.b", (2,))]
        for shapes in (ldm, whole_t5, clip, leftover):
            path = self.save(cogmake.fill(shapes))
            result = self.run_fmtconv("-f", path, self.tmp / "x.safetensors")
            self.assertNotIn("warning", result.stderr)
            self.assertIn("-t none", result.stderr)
            self.assertIsNone(self.inspect(path)["kind"])

    def test_released_2b(self):
        """The published file has one tensor of the text encoder left in it."""
        tensors = cogmake.transformer(MODELS[0])
        tensors[T5 + "encoder.embed_tokens.weight"] = torch.zeros(48, 32, dtype=torch.float16)
        got, _, result = self.convert(self.save(tensors))
        self.assertIn("-t cogvideox-transformer", result.stderr)
        self.assert_same(got, cogmake.wanted_transformer(tensors, MODELS[0]))


if __name__ == "__main__":
    unittest.main()
