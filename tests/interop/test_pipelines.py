# SPDX-License-Identifier: Apache-2.0
# Plugins: diffusers gguf quantize safetensors
"""One file of Stable Diffusion or Flux becomes the pipeline that diffusers makes of it, and the pipeline the same file, each in one run."""

import json
import tempfile
import unittest

import comfymake
import diffusers
import gguf
import ldmmake
import modelmake
import torch
from diffusers.loaders import single_file_utils
from safetensors.torch import load_file, save_file
from support import Case
from transformers import CLIPTextModel, CLIPTextModelWithProjection

PREFIXES = {"sd1-unet": ldmmake.UNET, "sdxl-unet": ldmmake.UNET, "autoencoder-kl": ldmmake.VAE}
OTHER_CLIP = {"text_encoder": "text_encoders.clip_g.", "text_encoder_2": "text_encoders.clip_l."}
PREFIX = {"sd2": "cond_stage_model.model.", "sdxl": "conditioner.embedders.1.model.", "sdxl-refiner": "conditioner.embedders.0.model."}


def by_diffusers(made):
    """Returns what diffusers' own functions make of the authors' file."""
    file = made.original | made.dropped
    if made.name == "flux-pipeline":
        return by_flux(made, file)
    if made.name == "sd3-pipeline":
        return by_sd3(made, file)
    config = made.models["unet"].config
    result = {"unet": single_file_utils.convert_ldm_unet_checkpoint(dict(file), config),
              "vae": single_file_utils.convert_ldm_vae_checkpoint(dict(file), made.models["vae"].config)}
    for name in ("text_encoder", "text_encoder_2"):
        if isinstance(made.models.get(name), CLIPTextModelWithProjection) or made.name == "sd2" and name == "text_encoder":
            # The function takes the first size of the projection for the width of the queries.
            model = made.models[name]
            tensors = {n: t for n, t in file.items() if not n.endswith("text_projection")}
            result[name] = single_file_utils.convert_open_clip_checkpoint(model, tensors, prefix=PREFIX[made.name])
            if made.name != "sd2":
                result[name]["text_projection.weight"] = file[PREFIX[made.name] + "text_projection"].T.contiguous()
        elif name in made.models:
            result[name] = single_file_utils.convert_ldm_clip_checkpoint(dict(file))
            result[name].pop("text_model.embeddings.position_ids")
    return result


def by_flux(made, file):
    """Returns what diffusers' own functions make of ComfyUI's file; they know the width of the published model alone."""
    convert = modelmake.narrowed(single_file_utils.convert_flux_transformer_checkpoint_to_diffusers, ("inner_dim = 3072", "inner_dim = 32"))
    transformer = {n: t for n, t in file.items() if n.startswith(ldmmake.UNET)}
    text_encoder = single_file_utils.convert_ldm_clip_checkpoint(dict(file), "text_encoders.clip_l.transformer.")
    text_encoder.pop("text_projection.weight")  # of CLIPTextModelWithProjection
    return {"transformer": convert(transformer), "vae": single_file_utils.convert_ldm_vae_checkpoint(dict(file), made.models["vae"].config),
            "text_encoder": text_encoder, "text_encoder_2": single_file_utils.convert_sd3_t5_checkpoint_to_diffusers(dict(file))}


def by_sd3(made, file):
    """Returns what diffusers' own functions make of Stability AI's file; that of the text encoders needs the published configurations of CLIP."""
    transformer = {n: t for n, t in file.items() if n.startswith(ldmmake.UNET)}
    result = {"transformer": single_file_utils.convert_sd3_transformer_checkpoint_to_diffusers(transformer),
              "vae": single_file_utils.convert_ldm_vae_checkpoint(dict(file), made.models["vae"].config),
              "text_encoder_3": single_file_utils.convert_sd3_t5_checkpoint_to_diffusers(dict(file))}
    for component in ("text_encoder", "text_encoder_2"):
        model = made.models[component]
        with tempfile.TemporaryDirectory() as folder:
            model.config.save_pretrained(folder)
            # Both of the file's encoders are as wide here, and the function tells them apart by their widths.
            own = {n: t for n, t in file.items() if not n.startswith(OTHER_CLIP[component])}
            loaded = single_file_utils.create_diffusers_clip_model_from_ldm(type(model), own, config=folder, torch_dtype=torch.float16)
        result[component] = {n: t for n, t in loaded.state_dict().items() if "position_ids" not in n}
    return result


def weights(folder):
    return load_file(next(folder.glob("*.safetensors")))


def json_of(path):
    return json.loads(path.read_text())


class Pipelines(Case):
    @classmethod
    def setUpClass(cls):
        cls.all = [ldmmake.sd1(), ldmmake.sd2(), ldmmake.sdxl(), ldmmake.flux(), ldmmake.sd3(), ldmmake.sd3(is_35=True), ldmmake.sdxl_refiner()]
        cls.sd1, cls.sd2, cls.sdxl, cls.flux, cls.sd3 = cls.all[:5]

    def put(self, tensors):
        save_file({n: t.contiguous() for n, t in tensors.items()}, self.tmp / "in.safetensors")
        return self.tmp / "in.safetensors"

    def convert(self, tensors, *options, status=0):
        """Returns the folder that is made, or the messages of an error."""
        result = self.run_fmtconv("-f", *options, self.put(tensors), f"{self.tmp}/made/", status=status)
        self.notes = result.stderr
        return result.stderr if status else self.tmp / "made"

    def test_bytes_both_ways(self):
        for made in self.all:
            with self.subTest(made.name):
                folder, oracle = self.convert(made.original | made.dropped), by_diffusers(made)
                self.assertIn(f"-t {made.name} ", self.notes)
                for component, wanted in made.wanted.items():
                    self.assert_same(oracle[component], wanted, f"diffusers: {component}")
                    self.assert_same(weights(folder / component), wanted, component)
                result = self.run_fmtconv("-f", folder, self.tmp / "back.safetensors")
                self.assertIn(f"-t {made.name}:reverse", result.stderr)
                self.assert_same(load_file(self.tmp / "back.safetensors"), made.original, "back")

    def test_diffusers_opens_the_folder(self):
        for made in self.all:
            with self.subTest(made.name):
                folder = self.convert(made.original | made.dropped)
                index = json_of(folder / "model_index.json")
                nothing = {n: None for n, v in index.items() if n.startswith("tokenizer")}
                pipe = getattr(diffusers, index["_class_name"]).from_pretrained(folder, torch_dtype=torch.float16, **nothing)
                for component, model in made.models.items():
                    loaded = getattr(pipe, component)
                    wanted = {n: t.to(loaded.state_dict()[n].dtype) for n, t in model.state_dict().items()}  # T5 has some in 32 bits
                    self.assert_same(dict(loaded.state_dict()), wanted, component)
                    if component in ("unet", "transformer", "vae"):
                        ours, theirs = ({k: v for k, v in dict(m.config).items() if k[0] != "_"} for m in (loaded, model))
                        self.assertEqual(json.loads(json.dumps(ours)), json.loads(json.dumps(theirs)), component)
                    elif hasattr(model.config, "d_kv"):
                        keys = ("d_model", "d_kv", "d_ff", "num_layers", "num_heads", "vocab_size", "relative_attention_num_buckets", "feed_forward_proj")
                        self.assertEqual({k: getattr(loaded.config, k) for k in keys}, {k: getattr(model.config, k) for k in keys}, component)
                    else:
                        keys = ("hidden_size", "num_hidden_layers", "num_attention_heads", "hidden_act", "eos_token_id", "projection_dim")
                        self.assertEqual({k: getattr(loaded.config, k) for k in keys}, {k: getattr(model.config, k) for k in keys}, component)
                if made.name == "sd3-pipeline":
                    self.assertEqual((pipe.scheduler.config.shift, pipe.scheduler.config.use_dynamic_shifting), (3.0, False))
                    continue
                if made.name == "flux-pipeline":
                    self.assertEqual((pipe.scheduler.config.shift, pipe.scheduler.config.use_dynamic_shifting), (3.0, True))
                    continue
                self.assertEqual(pipe.scheduler.config.prediction_type, "v_prediction" if made.name == "sd2" else "epsilon")

    def test_a_pipeline_without_a_component(self):
        less = {n: t for n, t in self.sd1.original.items() if not n.startswith("first_stage_model.")}
        folder = self.convert(less)
        self.assertIn("the input has no 'vae'", self.notes)
        self.assertEqual(json_of(folder / "model_index.json")["vae"], [None, None])
        self.assertFalse((folder / "vae").exists())
        self.run_fmtconv("-f", folder, self.tmp / "back.safetensors")
        self.assert_same(load_file(self.tmp / "back.safetensors"), less, "back")

    def test_half_a_component_is_refused(self):
        original = self.sd1.original
        half = {n: t for n, t in original.items() if not n.startswith("first_stage_model.decoder.")}
        error = self.convert(half, "-t", "sd1", status=1)
        self.assertIn("vae: tensors:", error)
        self.assertIn("missing: 'first_stage_model.decoder.conv_in.weight'", error)
        self.assertFalse((self.tmp / "made").exists())
        self.assertIn("-t sd1 ", self.convert({n: t for n, t in original.items() if not n.endswith("decoder.conv_in.bias")}, status=1))
        for name in ("model.diffusion_model.x.weight", "first_stage_model.y", "an.other"):
            self.assertIn(f"unknown: '{name}'", self.convert(original | {name: torch.zeros(1)}, "-t", "sd1", status=1))

    def test_kin_is_told_apart(self):
        names = [m.name for m in self.all]
        for made in self.all:
            for other in names:
                if other != made.name:
                    self.convert(made.original, "-t", other, status=1)
        self.convert(self.sdxl.original | {"edm_mean": torch.zeros(4), "edm_std": torch.zeros(4)}, "-t", "sdxl", status=1)
        conv = "model.diffusion_model.input_blocks.0.0.weight"
        for made, channels, cls in ((self.sd1, 9, "StableDiffusionInpaintPipeline"), (self.sd1, 8, "StableDiffusionInstructPix2PixPipeline"),
                                    (self.sd2, 9, "StableDiffusionInpaintPipeline"), (self.sdxl, 9, "StableDiffusionXLInpaintPipeline")):
            wide = torch.zeros(made.original[conv].shape[0], channels, 3, 3, dtype=torch.float16)
            folder = self.convert(made.original | {conv: wide})
            self.assertEqual(json_of(folder / "model_index.json")["_class_name"], cls)
            self.assertEqual(json_of(folder / "unet/config.json")["in_channels"], channels)
        wide = torch.zeros(self.sd1.original[conv].shape[0], 5, 3, 3, dtype=torch.float16)
        self.assertIn("does not hold", self.convert(self.sd1.original | {conv: wide}, "-t", "sd1", status=1))

    def test_models_of_flux(self):
        for made, options, cls, shift in ((ldmmake.flux(guidance=False), (), "FluxPipeline", 1.0), (ldmmake.flux(wide=6), (), "FluxFillPipeline", 3.0),
                                          (ldmmake.flux(wide=2), (), "FluxControlPipeline", 3.0),
                                          (self.flux, ("-t", "flux-pipeline:let.kontext=true"), "FluxKontextPipeline", 3.0)):
            folder = self.convert(made.original, *options)
            self.assertEqual(json_of(folder / "model_index.json")["_class_name"], cls)
            self.assertEqual(json_of(folder / "scheduler/scheduler_config.json")["shift"], shift)
            self.assertEqual(json_of(folder / "transformer/config.json")["guidance_embeds"], made.models["transformer"].config.guidance_embeds)
        img = "model.diffusion_model.img_in.weight"
        wide = torch.zeros(32, 24, dtype=torch.float16)
        self.assertIn("does not hold", self.convert(self.flux.original | {img: wide}, "-t", "flux-pipeline", status=1))
        folder = self.convert({n: t for n, t in self.flux.original.items() if "t5xxl" not in n})
        self.assertIn("text_encoder_2=FOLDER", self.notes)
        self.assertEqual(json_of(folder / "model_index.json")["text_encoder_2"], [None, None])
        scaled = "text_encoders.t5xxl.transformer.encoder.block.0.layer.0.SelfAttention.q.scale_weight"
        self.assertIn(f"unknown: '{scaled}'", self.convert(self.flux.original | {scaled: torch.ones(())}, "-t", "flux-pipeline", status=1))

    def test_the_projection_that_stable_diffusion_3_does_not_use(self):
        """diffusers' class has one, an identity, which no file of Stability AI has."""
        folder = self.convert(self.sd3.original | self.sd3.dropped)
        projection = weights(folder / "text_encoder")["text_projection.weight"]
        self.assertTrue(torch.equal(projection, torch.eye(64, dtype=torch.float16)))
        path = next((folder / "text_encoder").glob("*.safetensors"))
        tensors = load_file(path)
        for changed, options, text in ((projection + torch.eye(64).flip(0), (), "must be the identity matrix to be left out, but differs at index [0,63]"),
                                       (torch.eye(32, 64), ("-t", "sd3-pipeline:reverse"), "has the shape [32,64], not [64,64]"), (None, ("-t", "sd3-pipeline:reverse"), "missing: 'text_projection.weight'")):
            with self.subTest(text):
                save_file({n: t for n, t in (tensors | {"text_projection.weight": changed}).items() if t is not None}, path)
                error = self.run_fmtconv("-f", *options, folder, self.tmp / "x.safetensors", status=1).stderr
                self.assertIn("text_projection.weight", error)
                self.assertIn(text, error)
                self.assertFalse((self.tmp / "x.safetensors").exists())

    def test_stable_diffusion_3_without_text_encoders(self):
        for prefix in ("text_encoders.", "text_encoders.t5xxl."):
            with self.subTest(prefix):
                less = {n: t for n, t in self.sd3.original.items() if not n.startswith(prefix)}
                folder = self.convert(less)
                self.assertIn("-t sd3-pipeline ", self.notes)
                self.assertIn("text_encoder_3=FOLDER", self.notes)
                self.assertEqual(json_of(folder / "model_index.json")["text_encoder_3"], [None, None])
                self.run_fmtconv("-f", folder, self.tmp / "back.safetensors")
                self.assert_same(load_file(self.tmp / "back.safetensors"), less, "back")

    def test_an_unknown_tensor_of_a_component_is_refused_in_reverse(self):
        folder = self.convert(self.sd1.original)
        path = next((folder / "unet").glob("*.safetensors"))
        save_file(load_file(path) | {"other.weight": torch.zeros(2)}, path)
        error = self.run_fmtconv("-f", "-t", "sd1:reverse", folder, self.tmp / "x.safetensors", status=1).stderr
        self.assertIn("unknown: 'other.weight'", error)
        self.assertFalse((self.tmp / "x.safetensors").exists())

    def test_what_the_model_predicts(self):
        folder = self.convert(self.sd2.original)
        self.assertIn("prediction_type is v_prediction", self.notes)
        folder = self.convert(self.sd2.original, "-t", "sd2:let.v_prediction=false")
        self.assertIn("prediction_type is epsilon", self.notes)
        self.assertEqual(json_of(folder / "scheduler/scheduler_config.json")["prediction_type"], "epsilon")
        self.assertEqual(json_of(folder / "unet/config.json")["sample_size"], 64)
        folder = self.convert(self.sdxl.original | {"v_pred": torch.zeros(1), "ztsnr": torch.zeros(1)})
        scheduler = json_of(folder / "scheduler/scheduler_config.json")
        self.assertEqual((scheduler["prediction_type"], scheduler["rescale_betas_zero_snr"]), ("v_prediction", True))
        error = self.run_fmtconv("-f", "--strict", folder, self.tmp / "x.safetensors", status=1).stderr
        self.assertIn("prediction_type", error)
        folder = self.convert(self.sd1.original, "-t", 'sd1:set.scheduler.prediction_type="v_prediction"')
        self.assertEqual(json_of(folder / "scheduler/scheduler_config.json")["prediction_type"], "v_prediction")

    def compare_gguf(self, path, architecture, wanted):
        """wanted: name → (type, shape that ComfyUI-GGUF's loader sees, bytes)."""
        file = gguf.GGUFReader(path)
        shapes = {k.removeprefix("comfy.gguf.orig_shape."): tuple(f.contents()) for k, f in file.fields.items() if "orig_shape" in k}
        tensors = {t.name: (t.tensor_type, shapes.get(t.name, tuple(map(int, reversed(t.shape)))), t.data.tobytes()) for t in file.tensors}
        self.assertEqual(file.fields["general.architecture"].contents(), architecture)
        self.assertEqual({n: t[:2] for n, t in tensors.items()}, {n: t[:2] for n, t in wanted.items()})
        self.assertEqual([n for n, t in wanted.items() if tensors[n][2] != t[2]], [])

    def test_unets_for_comfyui(self):
        """ComfyUI-GGUF stores convolutions in rows of 256, and has one architecture for Stable Diffusion 1 and 2."""
        for made, architecture in ((self.sd1, "sd1"), (self.sd2, "sd1"), (self.sdxl, "sdxl")):
            with self.subTest(made.name):
                names = load_file(self.put({n: t for n, t in made.original.items() if n.startswith(ldmmake.UNET)}))
                original = {n.removeprefix(ldmmake.UNET): t for n, t in names.items()}  # in the order of the file
                self.run_fmtconv("-f", self.tmp / "in.safetensors", self.tmp / "x-Q4_K_S.gguf")
                self.compare_gguf(self.tmp / "x-Q4_K_S.gguf", architecture, comfymake.made(architecture, original, "Q4_K_S"))
                self.run_fmtconv("-f", "-t", f"{made.name}-unet", self.tmp / "in.safetensors", f"{self.tmp}/unet/")
                self.run_fmtconv("-f", "-t", "quantize:auto", self.tmp / "unet", self.tmp / "x.gguf")
                self.compare_gguf(self.tmp / "x.gguf", architecture, comfymake.made(architecture, original))

    def test_tokenizers(self):
        tokenizer = self.tmp / "tokenizer"
        tokenizer.mkdir()
        (tokenizer / "vocab.json").write_text("{}")
        folder = self.convert(self.sdxl.original, "-t", f"sdxl:tokenizer={tokenizer}")
        index = json_of(folder / "model_index.json")
        self.assertEqual((index["tokenizer"], index["tokenizer_2"]), (["transformers", "CLIPTokenizer"], [None, None]))
        self.assertEqual((folder / "tokenizer/vocab.json").read_text(), "{}")
        self.assertIn("tokenizer_2=FOLDER", self.notes)
        result = self.run_fmtconv("-f", folder, self.tmp / "back.safetensors")
        self.assertIn("left out 2 components", result.stderr)

    def test_one_component(self):
        error = self.run_fmtconv("-f", self.put(self.sdxl.original), self.tmp / "out.safetensors", status=1).stderr
        self.assertIn("-t sdxl-unet ", error)
        self.run_fmtconv("-f", "-t", "sdxl-unet", self.tmp / "in.safetensors", self.tmp / "unet.safetensors")
        self.assert_same(load_file(self.tmp / "unet.safetensors"), self.sdxl.wanted["unet"])
        # The factor of the latents is not in a file of the VAE alone.
        error = self.convert(self.sdxl.original, "-t", "autoencoder-kl", status=1)
        self.assertIn("let.scale=VALUE", error)
        folder = self.convert(self.sdxl.original, "-t", "autoencoder-kl:let.scale=0.5")
        self.assertEqual(json_of(folder / "config.json")["scaling_factor"], 0.5)
        self.assert_same(weights(folder), self.sdxl.wanted["vae"])

    def test_dtype_leaves_the_vae(self):
        folder = self.convert(self.sd1.original, "--dtype", "bf16")
        self.assertEqual({t.dtype for t in weights(folder / "unet").values()}, {torch.bfloat16})
        self.assertEqual({t.dtype for t in weights(folder / "vae").values()}, {torch.float16})

    def test_inspect(self):
        report = json.loads(self.run_fmtconv("inspect", "--json", self.put(self.sdxl.original)).stdout.splitlines()[-1])
        self.assertEqual({p["part"] for p in report["parts"]}, {"unet", "vae", "text_encoder", "text_encoder_2"})
        self.assertIn("-t sdxl ", report["convert"][0])
        folder = self.convert(self.sdxl.original)
        report = json.loads(self.run_fmtconv("inspect", "--json", folder).stdout.splitlines()[-1])
        self.assertIn("-t sdxl:reverse", report["convert"][-1])

    def test_full_size(self):
        with torch.device("meta"):
            sd1 = {"sd1-unet": (diffusers.UNet2DConditionModel(sample_size=64, cross_attention_dim=768), ldmmake.unet_names),
                   "autoencoder-kl": (ldmmake.vae(0.18215, widths=(128, 256, 512, 512)), ldmmake.vae_names)}
            sdxl = {"sdxl-unet": (ldmmake.unet((320, 640, 1280), sdxl=True, cross=2048, sample_size=128, added=2816,
                                               transformer_layers_per_block=[1, 2, 10]), ldmmake.unet_names)}
        for name, (model, names) in (sd1 | sdxl).items():
            wanted = dict(model.state_dict())
            lines = [f"{PREFIXES[name]}{n} [{','.join(map(str, t.shape))}]\n" for n, t in names(wanted).items()]
            (self.tmp / "names.txt").write_text("".join(lines))
            path = self.tmp / "names.txt"
            if name == "autoencoder-kl":
                self.assertIn("let.scale=VALUE", self.run_fmtconv("map", "--check", name, "--against", path, status=1).stderr)
                continue
            report = json.loads(self.run_fmtconv("map", "--json", "--check", name, "--against", path).stdout.splitlines()[-1])
            self.assertEqual({r["name"]: tuple(r["shape"]) for r in report["results"]}, {n: tuple(t.shape) for n, t in wanted.items()})
            self.assertEqual(report["changed"], [])
            config = report["attributes"]["config"]
            with torch.device("meta"):
                ours = type(model).from_config(config)
            self.assertEqual(*(json.loads(json.dumps({k: v for k, v in m.config.items() if k[0] != "_"})) for m in (ours, model)))


if __name__ == "__main__":
    unittest.main()
