# SPDX-License-Identifier: Apache-2.0
# Plugins: diffusers safetensors
"""A model of diffusers or transformers, converted to the names of its authors and back, computes what it computed before.

One entry of a table is one narrow model with random weights.  Its folder becomes a file of its authors' names, and that a folder
again, which the library must open with the same configuration; one forward pass equals that of the source in every bit.  So does
one of the model that the library's own from_single_file makes of the file, where the library has it for the class."""

import json
import shutil
import unittest
from dataclasses import dataclass, field
from unittest import mock

import diffusers
import ldmmake
import test_models
import test_vaes
import torch
import transformers
from diffusers.loaders.single_file_model import SINGLE_FILE_LOADABLE_CLASSES
from support import Case

torch.set_num_threads(1)  # the models are small, and threads that wait take processor time
CLASSES = {model.name: model.cls for model in test_models.TABLE + test_vaes.TABLE}
CONVERTERS = {model.name: model.convert for model in test_models.TABLE + test_vaes.TABLE}
diffusers.logging.set_verbosity_error()  # what stays in 32 bits, of models of 32 bits
diffusers.logging.disable_progress_bar()
transformers.logging.disable_progress_bar()


@dataclass
class Entry:
    name: str  # of the file in models/
    model: dict  # or a function that makes the model; the configuration has the entries of test_models.py that are not narrow
    inputs: callable  # → arguments of a forward pass
    sizes: dict = field(default_factory=dict)  # for a function of diffusers that knows the published model alone
    forward: tuple = ()  # options of the way back, for what no tensor shows
    has_own: bool = True  # whether diffusers converts all of it
    is_renamed: bool = True  # False: the file has the names of the library, too


def tokens(rows, width, seed=0):
    return torch.randn(1, rows, width, generator=torch.Generator().manual_seed(seed))


def image(*shape):
    return torch.randn(1, *shape, generator=torch.Generator().manual_seed(1))


T = torch.tensor
STEP, NOISE = T([500]), T([0.5])
MASK = torch.ones(1, 5, dtype=torch.bool)


def flux(guidance=True, c=16, **more):
    ids = {"img_ids": torch.arange(18.0).reshape(6, 3), "txt_ids": torch.zeros(5, 3)}
    return {"hidden_states": tokens(6, c), "encoder_hidden_states": tokens(5, 40), "timestep": NOISE, **ids, **more} | (
        {"guidance": T([3.5])} if guidance else {})


FLUX = test_models.FLUX_CONFIG | {"num_attention_heads": 1, "num_layers": 2, "num_single_layers": 3, "in_channels": 16, "joint_attention_dim": 40,
                                  "pooled_projection_dim": 24}
CHROMA = test_models.CHROMA_CONFIG | {"num_attention_heads": 1, "num_layers": 2, "num_single_layers": 3, "in_channels": 16, "joint_attention_dim": 40,
                                      "approximator_hidden_dim": 48, "approximator_layers": 2}
FLUX2 = test_models.FLUX2_CONFIG | {"num_attention_heads": 1, "num_layers": 2, "num_single_layers": 3, "in_channels": 16, "joint_attention_dim": 40}
SD3 = test_models.SD3_CONFIG | {"num_attention_heads": 1, "caption_projection_dim": 64, "num_layers": 3, "in_channels": 4, "out_channels": 4,
                                "joint_attention_dim": 40, "pooled_projection_dim": 24, "pos_embed_max_size": 192}
WAN = test_models.WAN_CONFIG | {"num_attention_heads": 2, "num_layers": 3, "in_channels": 4, "out_channels": 4, "text_dim": 40, "freq_dim": 32, "ffn_dim": 96}
WAN_IMAGE = WAN | {"in_channels": 9, "image_dim": 48, "added_kv_proj_dim": 256}
HUNYUAN = test_models.HUNYUAN_CONFIG | {"num_attention_heads": 1, "num_layers": 2, "num_single_layers": 3, "in_channels": 4, "out_channels": 4,
                                        "text_embed_dim": 40, "pooled_projection_dim": 24}
LTX = test_models.LTX_CONFIG | {"attention_head_dim": 8, "cross_attention_dim": 256, "num_layers": 3, "in_channels": 8, "out_channels": 8,
                                "caption_channels": 40}
MOCHI = test_models.MOCHI_CONFIG | {"attention_head_dim": 16, "num_attention_heads": 4, "num_layers": 3, "pooled_projection_dim": 32, "in_channels": 4,
                                    "text_embed_dim": 40}
QWEN = test_models.QWEN_IMAGE_CONFIG | {"num_attention_heads": 1, "num_layers": 2, "in_channels": 16, "out_channels": 4, "joint_attention_dim": 40}
Z_IMAGE = test_models.Z_IMAGE_CONFIG | {"dim": 128, "n_heads": 1, "n_kv_heads": 1, "n_layers": 3, "in_channels": 4, "cap_feat_dim": 40}
LUMINA = test_models.LUMINA2_CONFIG | {"hidden_size": 192, "num_attention_heads": 2, "num_kv_heads": 1, "num_layers": 3, "in_channels": 4, "cap_feat_dim": 40}
COGVIEW = test_models.COGVIEW4_CONFIG | {"num_attention_heads": 1, "num_layers": 3, "in_channels": 4, "out_channels": 4, "text_embed_dim": 40,
                                         "time_embed_dim": 48}
SANA = test_models.SANA_CONFIG | {"num_attention_heads": 7, "num_cross_attention_heads": 2, "cross_attention_dim": 224, "num_layers": 3, "in_channels": 4,
                                  "out_channels": 4, "caption_channels": 40}
AURA = test_models.AURAFLOW_CONFIG | {"num_attention_heads": 1, "caption_projection_dim": 256, "num_mmdit_layers": 2, "num_single_dit_layers": 3,
                                      "joint_attention_dim": 40, "pos_embed_max_size": 16}

HIDREAM = test_models.HIDREAM_CONFIG | {"attention_head_dim": 16, "axes_dims_rope": [8, 4, 4], "num_attention_heads": 2, "num_layers": 1, "num_single_layers": 2,
                                        "in_channels": 2, "out_channels": 2, "caption_channels": [10, 10], "text_emb_dim": 14, "llama_layers": [0, 1, 2],
                                        "num_routed_experts": 4}


def wan(c, **more):
    return {"hidden_states": image(c, 1, 4, 4), "timestep": STEP, "encoder_hidden_states": tokens(5, 40), **more}


def hunyuan(c, **more):
    return {"hidden_states": image(c, 1, 4, 4), "timestep": STEP, "encoder_hidden_states": tokens(5, 40), "encoder_attention_mask": MASK,
            "pooled_projections": tokens(1, 24)[0], **more}


def patches(*shape, mask="", **more):
    return {"hidden_states": image(*shape), "timestep": STEP, "encoder_hidden_states": tokens(5, 40), **({mask: MASK} if mask else {}), **more}


def qwen(**more):
    return {"hidden_states": tokens(6, 16), "encoder_hidden_states": tokens(5, 40), "encoder_hidden_states_mask": MASK, "timestep": NOISE, **more}


POOLED = tokens(1, 24)[0]
TRANSFORMERS = [
    Entry("flux", FLUX, lambda: flux(pooled_projections=POOLED), sizes={"h": 128}),
    Entry("flux", FLUX | {"guidance_embeds": False, "in_channels": 32, "out_channels": 16}, lambda: flux(False, 32, pooled_projections=POOLED), sizes={"h": 128}),
    Entry("flux2", FLUX2, lambda: flux() | {"img_ids": torch.arange(24.0).reshape(6, 4), "txt_ids": torch.zeros(5, 4)}),
    Entry("flux2", FLUX2 | {"guidance_embeds": False}, lambda: flux(False) | {"img_ids": torch.arange(24.0).reshape(6, 4), "txt_ids": torch.zeros(5, 4)}),
    Entry("chroma", CHROMA, lambda: flux(False), sizes={"h": 128}),
    Entry("sd3", SD3, lambda: patches(4, 8, 8, pooled_projections=POOLED)),
    Entry("sd3", SD3 | {"dual_attention_layers": [0, 1], "qk_norm": "rms_norm"}, lambda: patches(4, 8, 8, pooled_projections=POOLED)),
    Entry("wan", WAN, lambda: wan(4)),
    Entry("wan", WAN_IMAGE, lambda: wan(9, encoder_hidden_states_image=tokens(6, 48))),
    Entry("wan", WAN_IMAGE | {"pos_embed_seq_len": 12}, lambda: wan(9, encoder_hidden_states_image=tokens(12, 48).reshape(2, 6, 48)), has_own=False),
    Entry("wan-vace", WAN | {"num_layers": 4, "vace_layers": [0, 2], "vace_in_channels": 24}, lambda: wan(4, control_hidden_states=image(24, 1, 4, 4))),
    Entry("hunyuan-video", HUNYUAN, lambda: hunyuan(4, guidance=T([6000.0])), sizes={"h": 128}),
    Entry("hunyuan-video", HUNYUAN | {"guidance_embeds": False, "image_condition_type": "latent_concat", "in_channels": 9}, lambda: hunyuan(9), sizes={"h": 128}),
    Entry("ltx", LTX, lambda: patches(8, 8, mask="encoder_attention_mask", num_frames=2, height=2, width=2)),
    Entry("mochi", MOCHI, lambda: patches(4, 2, 4, 4, mask="encoder_attention_mask"), sizes={"blocks": 3}),
    Entry("qwen-image", QWEN, lambda: qwen(img_shapes=[[(1, 2, 3)]]), is_renamed=False),
    Entry("qwen-image", QWEN | {"zero_cond_t": True}, lambda: qwen(img_shapes=[[(1, 1, 3), (1, 1, 3)]]), forward=("-t", "qwen-image:let.indexed=true"),
          is_renamed=False),
    Entry("qwen-image", QWEN | {"use_additional_t_cond": True, "use_layer3d_rope": True}, lambda: qwen(img_shapes=[[(1, 1, 3), (1, 1, 3)]],
                                                                                                    additional_t_cond=T([1])), is_renamed=False),
    Entry("z-image", Z_IMAGE, lambda: {"x": [image(4, 1, 4, 4)[0]], "t": NOISE, "cap_feats": [tokens(5, 40)[0]]}),
    Entry("z-image", Z_IMAGE | {"siglip_feat_dim": 24}, lambda: {"x": [[image(4, 1, 4, 4)[0]] * 2], "t": NOISE, "cap_feats": [[tokens(5, 40)[0]] * 3], "siglip_feats": [
        [image(2, 2, 24)[0], None]], "image_noise_mask": [[0, 1]]}),
    Entry("lumina2", LUMINA, lambda: patches(4, 4, 4, mask="encoder_attention_mask"), sizes={"h": 192, "kv": 96}),
    Entry("hidream", HIDREAM, lambda: {"hidden_states": image(2, 8, 8), "timesteps": STEP, "encoder_hidden_states_t5": tokens(4, 10),
                                       "encoder_hidden_states_llama3": [tokens(4, 10, k) for k in range(3)], "pooled_embeds": tokens(1, 14)[0]},
          forward=("-t", "hidream:let.d=16"), is_renamed=False),
    Entry("cogview4", COGVIEW, lambda: patches(4, 4, 4, original_size=T([[64.0, 64.0]]), target_size=T([[32.0, 64.0]]), crop_coords=T([[0.0, 8.0]]))),
    Entry("sana", SANA, lambda: patches(4, 4, 4), sizes={"norms": False}),
    Entry("sana", SANA | {"qk_norm": "rms_norm_across_heads"}, lambda: patches(4, 4, 4), sizes={"norms": True}),
    Entry("auraflow", AURA, lambda: patches(4, 8, 8)),
]


def unet(c=4, **added):
    return {"sample": image(c, 8, 8), "timestep": STEP, "encoder_hidden_states": tokens(5, 64), **({"added_cond_kwargs": added} if added else {})}


def ids(count):
    """Times as SDXL has six and its refiner five, and a text embedding of the width 32."""
    return {"text_embeds": tokens(1, 32)[0], "time_ids": torch.arange(float(count))[None]}


UNETS = [
    Entry("sd1-unet", lambda: ldmmake.unet((32, 64, 96, 96), linear=False, sample_size=64), unet),
    Entry("sd2-unet", lambda: ldmmake.unet((64, 128, 192, 192), sample_size=96), unet),
    Entry("sdxl-unet", lambda: ldmmake.unet((64, 128, 192), sdxl=True, added=6 * 256 + 32, transformer_layers_per_block=[1, 2, 3], sample_size=128),
          lambda: unet(**ids(6))),
    Entry("sdxl-refiner-unet", lambda: ldmmake.unet((64, 128, 192, 192), sdxl=True, added=5 * 256 + 32, transformer_layers_per_block=2, sample_size=128),
          lambda: unet(**ids(5))),
]


def video(frames, **more):
    return {"sample": image(3, frames, 32, 32), **more}


def picture():
    return {"sample": image(3, 32, 32)}


WIDTHS = {"block_out_channels": [32, 64, 128, 128], "latent_channels": 6}
LTX_VAE = {"block_out_channels": [4, 8, 16, 16], "decoder_block_out_channels": [4, 8, 16, 16], "latent_channels": 6}
LTX_VAE_WIDE = LTX_VAE | {"decoder_block_out_channels": [8, 16, 32]}
MOCHI_VAE = {"encoder_block_out_channels": [32, 64, 128, 192], "decoder_block_out_channels": [32, 64, 128, 192], "layers_per_block": [3, 1, 1, 1, 3]}
SANA_VAE = {f"{side}_block_out_channels": [8, 16, 32, 32, 64, 64] for side in ("encoder", "decoder")} | {"latent_channels": 4}
TIME = torch.tensor([0.05])
default = test_vaes.default_config
VAES = [
    Entry("autoencoder-kl", lambda: ldmmake.vae(0.18215, sample_size=512), picture, forward=("-t", "autoencoder-kl:let.scale=0.18215,config.sample_size=512")),
    Entry("wan-vae", default("AutoencoderKLWan", base_dim=4), lambda: video(5)),
    Entry("wan22-vae", test_vaes.WAN22_CONFIG | {"base_dim": 4, "decoder_base_dim": 2}, lambda: video(5), sizes={"h": 4}),
    Entry("ltx-vae", default("AutoencoderKLLTXVideo", **LTX_VAE), lambda: video(9), sizes={"h": 4}),
    Entry("ltx091-vae", test_vaes.LTX091_CONFIG | LTX_VAE_WIDE, lambda: video(9, temb=TIME), sizes={"h": 4}),
    Entry("ltx095-vae", test_vaes.LTX095_CONFIG | LTX_VAE_WIDE | {"block_out_channels": [4, 8, 16, 32, 64]}, lambda: video(9, temb=TIME), sizes={"h": 4}),
    Entry("hunyuan-video-vae", default("AutoencoderKLHunyuanVideo", **WIDTHS), lambda: video(5)),
    Entry("flux2-vae", default("AutoencoderKLFlux2", **WIDTHS), picture),
    Entry("mochi-vae", default("AutoencoderKLMochi", **MOCHI_VAE), lambda: video(7)),
    Entry("dc-ae-sana", test_vaes.SANA_CONFIG | SANA_VAE, picture),
]


T5 = {"vocab_size": 40, "d_model": 64, "d_kv": 8, "d_ff": 96, "num_layers": 3, "num_heads": 4}


def t5():
    return transformers.T5EncoderModel(transformers.T5Config(**T5, feed_forward_proj="gated-gelu", tie_word_embeddings=False))


def umt5():
    return transformers.UMT5EncoderModel(transformers.UMT5Config(**T5))


def words():
    return {"input_ids": T([[5, 3, 39, 0, 7, 2]])}


TEXT_ENCODERS = [
    Entry("clip-text", ldmmake.clip, words),
    Entry("sd2-clip", lambda: ldmmake.clip(act="gelu", layers=23, projection=512), words),
    Entry("open-clip", lambda: ldmmake.clip(transformers.CLIPTextModelWithProjection, "gelu", 3, 32), words),
    Entry("t5", t5, words),
    Entry("umt5-encoder", umt5, words, is_renamed=False),
    Entry("wan-umt5", umt5, words),
]


@dataclass
class Whole:
    """One file of a pipeline."""
    name: str  # of the file in models/
    cls: str  # of diffusers
    components: dict  # → entry whose model and inputs it has
    unmade: tuple = ()  # components that diffusers does not make of a file of a pipeline, or of the published width alone
    more: dict = field(default_factory=dict)  # arguments of the class


def by_name(name, number=0):
    return [e for e in TRANSFORMERS + UNETS + VAES + TEXT_ENCODERS if e.name == name][number]


def vae(*more, **entries):
    return Entry("autoencoder-kl", lambda: ldmmake.vae(*more, **entries), picture)


EULER = diffusers.EulerDiscreteScheduler
FLOW = diffusers.FlowMatchEulerDiscreteScheduler
SD_MORE = {"scheduler": EULER, "safety_checker": None, "feature_extractor": None, "requires_safety_checker": False, "tokenizer": None}
XL_MORE = {"scheduler": EULER, "tokenizer": None, "tokenizer_2": None}
FLUX_MORE = {"scheduler": FLOW, "tokenizer": None, "tokenizer_2": None}
LTX_MORE = {"scheduler": FLOW, "tokenizer": None}
PIPELINES = [
    Whole("sd1", "StableDiffusionPipeline", {
        "unet": by_name("sd1-unet"), "vae": vae(0.18215, sample_size=512), "text_encoder": by_name("clip-text")}, more=SD_MORE),
    Whole("sd2", "StableDiffusionPipeline", {
        "unet": by_name("sd2-unet"), "vae": vae(0.18215, sample_size=768), "text_encoder": by_name("sd2-clip")}, more=SD_MORE),
    Whole("sdxl", "StableDiffusionXLPipeline", {
        "unet": by_name("sdxl-unet"), "vae": vae(0.13025, sample_size=1024), "text_encoder": by_name("clip-text"),
        "text_encoder_2": by_name("open-clip")}, more=XL_MORE, unmade=("text_encoder_2",)),
    Whole("sdxl-refiner", "StableDiffusionXLImg2ImgPipeline", {
        "unet": by_name("sdxl-refiner-unet"), "vae": vae(0.13025, sample_size=1024), "text_encoder_2": by_name("open-clip")},
          more=XL_MORE | {"text_encoder": None, "requires_aesthetics_score": True, "force_zeros_for_empty_prompt": False}, unmade=("text_encoder_2",)),
    Whole("flux-pipeline", "FluxPipeline", {
        "transformer": by_name("flux"), "vae": vae(0.3611, latents=16, quant=False, shift_factor=0.1159, sample_size=1024),
        "text_encoder": by_name("clip-text"), "text_encoder_2": by_name("t5")}, more=FLUX_MORE, unmade=("transformer", "text_encoder_2")),
    *(Whole(f"{version}-pipeline", "LTXPipeline", {
        "transformer": by_name("ltx"), "vae": by_name(f"{version}-vae"), "text_encoder": by_name("t5")}, more=LTX_MORE, unmade=("vae", "text_encoder"))
      for version in ("ltx", "ltx091", "ltx095")),
]


def settle(model):
    """Fills a model with random values of a size that no layer makes large or small."""
    torch.manual_seed(0)
    with torch.no_grad():
        for name, p in model.named_parameters():
            p.normal_(0, 1 / p[0].numel() ** 0.5 if p.dim() > 1 else 0.1)
            if p.dim() <= 1 and not name.endswith("bias"):
                p += 1
    return model.eval()


def model_of(entry):
    return entry.model() if callable(entry.model) else getattr(diffusers, CLASSES[entry.name]).from_config(entry.model)


def tensors_of(value):
    """Yields the tensors of an output."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from tensors_of(part)


def forward(model, inputs):
    """Returns the first output of a forward pass, with weights at equal offsets in memory."""
    for parameter in model.parameters():
        parameter.data = parameter.data.clone()
    torch.manual_seed(1)  # some decoders inject noise
    with torch.no_grad():
        return torch.cat([t.flatten() for t in tensors_of(model.eval()(**inputs, return_dict=False)[0])])


def config_of(model):
    """Returns the configuration without what describes files and versions."""
    config = model.config.to_dict() if isinstance(model, transformers.PreTrainedModel) else dict(model.config)
    described = {"architectures", "dtype", "transformers_version", "decoder_start_token_id", "output_past"}  # the last two of decoders
    return json.loads(json.dumps({k: v for k, v in config.items() if k[0] != "_" and k not in described}))


class Forward(Case):
    maxDiff = None

    def inspect(self, path):
        return json.loads(self.run_fmtconv("inspect", "--json", path).stdout.splitlines()[-1])

    def round_trip(self, entry, model):
        """Returns the file of the authors' names and the folder made of it."""
        source, file, made = self.tmp / "source", self.tmp / "in.safetensors", self.tmp / "made"
        model.save_pretrained(source)
        report = self.inspect(source)
        self.assertNotIn(",", report["kind"])
        if entry.name != "umt5-encoder":  # which adds a configuration alone
            self.assertIn(f"fmtconv -t {entry.name}:reverse {source} OUTPUT.safetensors", report["convert"])
            self.assertRegex(report["title"], ", names of (diffusers|transformers)$")
        if entry.is_renamed:
            self.run_fmtconv("-f", "-t", f"{entry.name}:reverse", source, file)
        else:
            shutil.copy(next(source.glob("*.safetensors")), file)
        self.run_fmtconv("-f", *entry.forward, file, f"{made}/")
        return file, made

    def single_file(self, entry, cls, file):
        """Returns the model that diffusers itself makes of the file, or None if it does not convert the class."""
        functions = SINGLE_FILE_LOADABLE_CLASSES.get(cls.__name__)
        if not functions or not entry.has_own:
            return None
        convert = CONVERTERS[entry.name](**entry.sizes) if entry.sizes else None
        narrowed = {"checkpoint_mapping_fn": lambda checkpoint, **_: convert(checkpoint)} if convert else {}
        with mock.patch.dict(functions, narrowed):
            return cls.from_single_file(str(file), config=str(self.tmp / "source"), torch_dtype=torch.float32)

    def wanted(self, model, inputs):
        """Returns what the source computes with random weights."""
        result = forward(settle(model), inputs)
        self.assertTrue(torch.isfinite(result).all())
        self.assertGreater(result.std().item(), 1e-3)
        return result

    def compare(self, entry, model):
        cls, inputs = type(model), entry.inputs()
        wanted = self.wanted(model, inputs)
        file, made = self.round_trip(entry, model)
        loaded, info = cls.from_pretrained(made, output_loading_info=True)
        self.assertEqual({k: v for k, v in info.items() if v}, {})
        self.assertEqual(config_of(loaded), config_of(model))
        self.assertTrue(torch.equal(forward(loaded, inputs), wanted), "the model of fmtconv computes something else")
        if theirs := self.single_file(entry, cls, file):
            self.assertTrue(torch.equal(forward(theirs, inputs), wanted), "the model of diffusers computes something else")

    def compare_all(self, entries):
        for number, entry in enumerate(entries):
            with self.subTest(entry.name, number=number):
                self.compare(entry, model_of(entry))

    def test_transformers(self):
        self.compare_all(TRANSFORMERS)

    def test_unets(self):
        self.compare_all(UNETS)

    def test_vaes(self):
        self.compare_all(VAES)

    def test_text_encoders(self):
        self.compare_all(TEXT_ENCODERS)

    def test_pipelines(self):
        """diffusers saves a pipeline, which becomes one file and a pipeline again, each recognized without an option."""
        source, file, made = self.tmp / "source", self.tmp / "in.safetensors", self.tmp / "made"
        for whole in PIPELINES:
            with self.subTest(whole.name):
                models = {name: model_of(entry) for name, entry in whole.components.items()}
                inputs = {name: entry.inputs() for name, entry in whole.components.items()}
                wanted = {name: self.wanted(model, inputs[name]) for name, model in models.items()}
                cls = getattr(diffusers, whole.cls)
                more = {k: v() if isinstance(v, type) else v for k, v in whole.more.items()}
                shutil.rmtree(source, ignore_errors=True)
                cls(**models, **more).save_pretrained(source)
                self.run_fmtconv("-f", source, file)
                self.run_fmtconv("-f", file, f"{made}/")
                report = self.inspect(file)
                self.assertEqual(report["convert"][0], f"fmtconv -t {whole.name} {file} OUTPUT/")
                self.assertEqual(sum(part["tensors"] for part in report["parts"]), report["tensors"])
                absent = {k: v for k, v in more.items() if v is None}
                opened = [cls.from_pretrained(made, torch_dtype=torch.float32, **absent)]
                absent |= dict.fromkeys(whole.unmade)
                opened.append(cls.from_single_file(str(file), config=str(source), torch_dtype=torch.float32, **absent))
                for pipe, unmade in zip(opened, ((), whole.unmade)):
                    for name in sorted(set(models) - set(unmade)):
                        loaded = getattr(pipe, name)
                        self.assertEqual(config_of(loaded), config_of(models[name]), name)
                        self.assertTrue(torch.equal(forward(loaded, inputs[name]), wanted[name]), name)

    def test_inspect_names_a_value_without_a_default(self):
        """No file says what the factor of a VAE's latents is: the command that inspect prints has a place for it, which is enough."""
        self.round_trip(by_name("autoencoder-kl"), model_of(by_name("autoencoder-kl")))
        report = self.inspect(self.tmp / "in.safetensors")
        self.assertRegex(report["needs"], r"let 'scale' \(line \d+\) has no value; type let\.scale=VALUE.*: 0\.18215 for Stable Diffusion 1 and 2, 0\.13025 for SDXL")
        command = report["convert"][0]
        self.assertEqual(command, f"fmtconv -t autoencoder-kl:let.scale=VALUE {self.tmp}/in.safetensors OUTPUT/")
        self.run_fmtconv("-f", *command.replace("VALUE", "0.5").replace("OUTPUT", f"{self.tmp}/out").split()[1:])


if __name__ == "__main__":
    unittest.main()
