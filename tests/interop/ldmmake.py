# SPDX-License-Identifier: Apache-2.0
"""Stable Diffusion of narrow widths, with random weights: the components of diffusers, and the authors' one file.

The names of the file are made from those of diffusers, by the tables of its own training code (CompVis, Stability AI: ldm,
sgm), and know nothing of the files in models/."""

import re
from dataclasses import dataclass, field

import modelmake
import torch
from diffusers import AutoencoderKL, FluxTransformer2DModel, SD3Transformer2DModel, UNet2DConditionModel
from diffusers.loaders import single_file_utils
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, T5Config, T5EncoderModel

torch.set_num_threads(1)  # the tensors are small

RESNET = {"norm1": "in_layers.0", "conv1": "in_layers.2", "norm2": "out_layers.0", "conv2": "out_layers.3",
          "time_emb_proj": "emb_layers.1", "conv_shortcut": "skip_connection"}
FLUX_NAMES = (
    (r"single_transformer_blocks\.(\d+)\.attn\.to_q", r"single_blocks.\1.linear1"), (r"single_transformer_blocks\.(\d+)\.norm\.linear", r"single_blocks.\1.modulation.lin"),
    (r"single_transformer_blocks\.(\d+)\.proj_out", r"single_blocks.\1.linear2"), (r"single_transformer_blocks", "single_blocks"),
    (r"(single_blocks\.\d+)\.attn\.norm_q.weight", r"\1.norm.query_norm.scale"), (r"(single_blocks\.\d+)\.attn\.norm_k.weight", r"\1.norm.key_norm.scale"),
    (r"transformer_blocks", "double_blocks"), (r"norm1_context\.linear", "txt_mod.lin"), (r"norm1\.linear", "img_mod.lin"),
    (r"attn\.to_q", "img_attn.qkv"), (r"attn\.add_q_proj", "txt_attn.qkv"), (r"attn\.to_out\.0", "img_attn.proj"), (r"attn\.to_add_out", "txt_attn.proj"),
    (r"attn\.norm_added_q\.weight", "txt_attn.norm.query_norm.scale"), (r"attn\.norm_added_k\.weight", "txt_attn.norm.key_norm.scale"),
    (r"attn\.norm_q\.weight", "img_attn.norm.query_norm.scale"), (r"attn\.norm_k\.weight", "img_attn.norm.key_norm.scale"),
    (r"ff_context\.net\.0\.proj", "txt_mlp.0"), (r"ff_context\.net\.2", "txt_mlp.2"), (r"ff\.net\.0\.proj", "img_mlp.0"), (r"ff\.net\.2", "img_mlp.2"),
    (r"time_text_embed\.timestep_embedder", "time_in"), (r"time_text_embed\.text_embedder", "vector_in"), (r"time_text_embed\.guidance_embedder", "guidance_in"),
    (r"(_in)\.linear_1", r"\1.in_layer"), (r"(_in)\.linear_2", r"\1.out_layer"), (r"^context_embedder", "txt_in"), (r"^x_embedder", "img_in"),
    (r"^norm_out\.linear", "final_layer.adaLN_modulation.1"), (r"^proj_out", "final_layer.linear"))
SCHEDULE = {"betas": torch.zeros(10), "alphas_cumprod": torch.zeros(10)}


def unet_names(tensors):
    """openaimodel.py: UNetModel, two residual blocks a level."""
    attentions = {int(m[1]) for n in tensors if (m := re.match(r"up_blocks\.(\d)\.attentions", n))}

    def name(n):
        if m := re.match(r"(down|up)_blocks\.(\d)\.(resnets|attentions)\.(\d)\.(.*)", n):
            block, layer, rest = int(m[2]), int(m[4]), m[5]
            if m[3] == "resnets":
                head, tail = rest.split(".", 1)
                rest = f"{RESNET[head]}.{tail}"
            number = 3 * block + layer + (m[1] == "down")
            return f"{'input' if m[1] == 'down' else 'output'}_blocks.{number}.{int(m[3] == 'attentions')}.{rest}"
        if m := re.match(r"down_blocks\.(\d)\.downsamplers\.0\.conv\.(.*)", n):
            return f"input_blocks.{3 * int(m[1]) + 3}.0.op.{m[2]}"
        if m := re.match(r"up_blocks\.(\d)\.upsamplers\.0\.conv\.(.*)", n):
            return f"output_blocks.{3 * int(m[1]) + 2}.{1 + (int(m[1]) in attentions)}.conv.{m[2]}"
        if m := re.match(r"mid_block\.resnets\.(\d)\.(\w+)\.(.*)", n):
            return f"middle_block.{2 * int(m[1])}.{RESNET[m[2]]}.{m[3]}"
        for new, old in (("mid_block.attentions.0", "middle_block.1"), ("time_embedding.linear_1", "time_embed.0"),
                         ("time_embedding.linear_2", "time_embed.2"), ("add_embedding.linear_1", "label_emb.0.0"),
                         ("add_embedding.linear_2", "label_emb.0.2"), ("conv_in", "input_blocks.0.0"), ("conv_norm_out", "out.0"),
                         ("conv_out", "out.2")):
            n = n.replace(new, old)
        return n

    return {name(n): t for n, t in tensors.items()}


def vae_names(tensors):
    """model.py: Encoder and Decoder, whose attention is a convolution of one pixel."""
    result = {}
    for n, t in tensors.items():
        if re.search(r"attentions.*to_.*weight", n):
            t = t[:, :, None, None]
        n = re.sub(r"decoder\.up_blocks\.(\d)", lambda m: f"decoder.up.{3 - int(m[1])}", n)
        for new, old in (("down_blocks", "down"), ("mid_block.resnets.0", "mid.block_1"), ("mid_block.resnets.1", "mid.block_2"),
                         ("mid_block.attentions.0", "mid.attn_1"), ("group_norm", "norm"), ("to_out.0", "proj_out"), ("to_q", "q"), ("to_k", "k"),
                         ("to_v", "v"), ("resnets", "block"), ("conv_shortcut", "nin_shortcut"), ("downsamplers.0", "downsample"),
                         ("upsamplers.0", "upsample"), ("conv_norm_out", "norm_out")):
            n = n.replace(new, old)
        result[n] = t
    return result


def open_clip_names(tensors):
    """open_clip, model.py and transformer.py, whose queries, keys and values are one projection."""
    result = {}
    for n, t in tensors.items():
        n = n.removeprefix("text_model.")
        if m := re.match(r"encoder\.layers\.(\d+)\.self_attn\.q_proj\.(weight|bias)", n):
            parts = [tensors[f"text_model.encoder.layers.{m[1]}.self_attn.{p}_proj.{m[2]}"] for p in "qkv"]
            result[f"transformer.resblocks.{m[1]}.attn.in_proj_{m[2]}"] = torch.cat(parts)
            continue
        if re.search(r"self_attn\.[kv]_proj", n):
            continue
        for new, old in (("encoder.layers", "transformer.resblocks"), ("self_attn.out_proj", "attn.out_proj"), ("layer_norm", "ln_"),
                         ("mlp.fc1", "mlp.c_fc"), ("mlp.fc2", "mlp.c_proj"), ("final_ln_", "ln_final"), ("embeddings.token_embedding", "token_embedding"),
                         ("embeddings.position_embedding.weight", "positional_embedding"), ("text_projection.weight", "text_projection")):
            n = n.replace(new, old)
        result[n] = t.T if n == "text_projection" else t
    return result


def flux_names(tensors):
    """github.com/black-forest-labs/flux, model.py and layers.py, whose queries, keys and values are one projection."""
    result = {}

    for n, t in tensors.items():
        if re.search(r"\.(to_[kv]|add_[kv]_proj|proj_mlp)\.", n):
            continue
        first = next((f for f in ("to_q.", "add_q_proj.") if f in n), None)
        if first:
            others = [n.replace(first, first.replace("q", p)) for p in "kv"]
            mlp = [n.replace("attn.to_q", "proj_mlp")] if n.startswith("single") else []
            t = torch.cat([tensors[x] for x in (n, *others, *mlp)])
        if n.startswith("norm_out"):
            t = torch.cat(t.chunk(2)[::-1])
        for new, old in FLUX_NAMES:
            n = re.sub(new, old, n)
        result[n] = t
    return result


def uninitialized(cls, **sizes):
    """Returns a model without the random values of its class, which take long."""
    with torch.device("meta"):
        model = cls(**sizes)
    return model.to_empty(device=torch.get_default_device())


def filled(model, dtype=torch.float16):
    """Fills a model with random values; returns its tensors under the names that it has in files."""
    model.to(dtype)
    with torch.no_grad():
        for p in model.parameters():
            p.uniform_(-1, 1)
    tensors = {n: t for n, t in model.state_dict().items() if "position_ids" not in n}
    if isinstance(model, CLIPTextModel) and not any(n.startswith("text_model.") for n in tensors):
        tensors = {f"text_model.{n}": t for n, t in tensors.items()}
    return tensors


@dataclass
class Pipeline:
    name: str  # of the file in models/
    models: dict = field(default_factory=dict)  # component → model of diffusers or transformers
    wanted: dict = field(default_factory=dict)  # component → its tensors
    original: dict = field(default_factory=dict)  # the authors' file
    dropped: dict = field(default_factory=dict)  # what diffusers does not use of it

    def add(self, component, model, names, prefix):
        self.models[component] = model
        self.wanted[component] = filled(model)
        self.original |= {prefix + n: t.contiguous() for n, t in names(self.wanted[component]).items()}


def unet(levels, sdxl=False, linear=True, channels=4, cross=64, added=96, **more):
    attention = [i in ((1, 2) if sdxl else (0, 1, 2)) for i in range(len(levels))]
    heads = [c // 64 for c in levels] if linear else 8
    adds = {"addition_embed_type": "text_time", "addition_time_embed_dim": 256, "projection_class_embeddings_input_dim": added} if sdxl else {}
    return uninitialized(
        UNet2DConditionModel, in_channels=channels, block_out_channels=levels, cross_attention_dim=cross, attention_head_dim=heads, use_linear_projection=linear,
        down_block_types=["CrossAttnDownBlock2D" if a else "DownBlock2D" for a in attention],
        up_block_types=["CrossAttnUpBlock2D" if a else "UpBlock2D" for a in reversed(attention)], **adds, **more)


def vae(scaling_factor, latents=4, quant=True, widths=(32, 64, 96, 96), **more):
    return uninitialized(AutoencoderKL, down_block_types=["DownEncoderBlock2D"] * 4, up_block_types=["UpDecoderBlock2D"] * 4,
                         block_out_channels=widths, layers_per_block=2, latent_channels=latents, scaling_factor=scaling_factor, use_quant_conv=quant,
                         use_post_quant_conv=quant, **more)


def clip(cls=CLIPTextModel, act="quick_gelu", layers=2, projection=64):
    return cls(CLIPTextConfig(vocab_size=50, hidden_size=64, intermediate_size=96, num_hidden_layers=layers, num_attention_heads=1,
                              projection_dim=projection, hidden_act=act, bos_token_id=0, eos_token_id=2))


def t5():
    """T5 has no more than one name for the matrix of its embedding in files."""
    return T5EncoderModel(T5Config(vocab_size=50, d_model=48, d_kv=16, d_ff=80, num_layers=2, num_heads=2, feed_forward_proj="gated-gelu"))


def t5_names(tensors):
    return {n: t for n, t in tensors.items() if n != "encoder.embed_tokens.weight"}


UNET, VAE = "model.diffusion_model.", "first_stage_model."
SD_1 = "cond_stage_model.transformer."
SD_2 = "cond_stage_model.model."
SDXL = ("conditioner.embedders.0.transformer.", "conditioner.embedders.1.model.")


def same(tensors):
    return tensors


def sd1(channels=4):
    made = Pipeline("sd1")
    made.add("unet", unet((32, 64, 96, 96), linear=False, channels=channels, sample_size=64), unet_names, UNET)
    made.add("vae", vae(0.18215, sample_size=512), vae_names, VAE)
    made.add("text_encoder", clip(), same, SD_1)
    made.dropped = SCHEDULE | {SD_1 + "text_model.embeddings.position_ids": torch.arange(77)[None]}
    return made


def sd2(channels=4):
    made = Pipeline("sd2")
    made.add("unet", unet((64, 128, 192, 192), channels=channels, sample_size=96 if channels == 4 else 64), unet_names, UNET)
    made.add("vae", vae(0.18215, sample_size=768 if channels == 4 else 512), vae_names, VAE)
    made.add("text_encoder", clip(act="gelu", layers=23, projection=512), open_clip_names, SD_2)
    last = {n.replace(".22.", ".23."): t + 1 for n, t in made.original.items() if ".resblocks.22." in n}
    made.dropped = SCHEDULE | last | {SD_2 + "text_projection": torch.randn(64, 64), SD_2 + "logit_scale": torch.zeros(())}
    return made


def sdxl(channels=4):
    made = Pipeline("sdxl")
    made.add("unet", unet((64, 128, 192), sdxl=True, channels=channels, transformer_layers_per_block=[1, 2, 3], sample_size=128), unet_names, UNET)
    made.add("vae", vae(0.13025, sample_size=1024), vae_names, VAE)
    made.add("text_encoder", clip(), same, SDXL[0])
    made.add("text_encoder_2", clip(CLIPTextModelWithProjection, "gelu", 3, 32), open_clip_names, SDXL[1])
    made.dropped = {SDXL[0] + "text_model.embeddings.position_ids": torch.arange(77)[None], SDXL[1] + "logit_scale": torch.zeros(()),
                    "denoiser.sigmas": torch.zeros(10)}
    return made


def sdxl_refiner():
    made = Pipeline("sdxl-refiner")
    made.add("unet", unet((64, 128, 192, 192), sdxl=True, transformer_layers_per_block=2, sample_size=128), unet_names, UNET)
    made.add("vae", vae(0.13025, sample_size=1024), vae_names, VAE)
    made.add("text_encoder_2", clip(CLIPTextModelWithProjection, "gelu", 3, 32), open_clip_names, "conditioner.embedders.0.model.")
    made.dropped = {"conditioner.embedders.0.model.logit_scale": torch.zeros(())}
    return made


def flux(guidance=True, wide=1):
    """ComfyUI, CheckpointSave: the prefixes of model_base.py and supported_models.py, and what its classes of text encoders add."""
    made = Pipeline("flux-pipeline")
    sizes = {"in_channels": 8 * wide, "out_channels": None if wide == 1 else 8, "num_layers": 1, "num_single_layers": 2, "attention_head_dim": 16, "num_attention_heads": 2}
    made.add("transformer", uninitialized(FluxTransformer2DModel, **sizes, joint_attention_dim=48, pooled_projection_dim=64, guidance_embeds=guidance,
                                          axes_dims_rope=(2, 7, 7)), flux_names, UNET)
    made.add("vae", vae(0.3611, latents=16, quant=False, shift_factor=0.1159, sample_size=1024), vae_names, "vae.")
    made.add("text_encoder", clip(), same, "text_encoders.clip_l.transformer.")
    made.add("text_encoder_2", t5(), t5_names, "text_encoders.t5xxl.transformer.")
    made.wanted["text_encoder_2"] = t5_names(made.wanted["text_encoder_2"])
    made.dropped = {"text_encoders.clip_l.transformer.text_projection.weight": torch.eye(64), "text_encoders.clip_l.logit_scale": torch.zeros(()),
                    "text_encoders.t5xxl.logit_scale": torch.zeros(())}
    return made


def sd3(is_35=False):
    """The file of Stability AI with all text encoders; ComfyUI adds the projection of CLIP-L, which Stable Diffusion 3 does not use."""
    made = Pipeline("sd3-pipeline")
    more = {"dual": 2, "head": 16} if is_35 else {}
    original = modelmake.random(modelmake.sd3(h=64, v=96, e=48, c=16, out=16, side=192, blocks=3, **more), dtype=torch.float16)
    wanted = single_file_utils.convert_sd3_transformer_checkpoint_to_diffusers(dict(original))
    attention = {"attention_head_dim": 16, "num_attention_heads": 4, "dual_attention_layers": (0, 1), "qk_norm": "rms_norm"} if is_35 else \
        {"attention_head_dim": 64, "num_attention_heads": 1}
    transformer = uninitialized(SD3Transformer2DModel, sample_size=128, num_layers=3, joint_attention_dim=48, caption_projection_dim=64,
                                pooled_projection_dim=96, pos_embed_max_size=192, **attention)
    transformer.to(torch.float16).load_state_dict(wanted)
    made.models["transformer"], made.wanted["transformer"] = transformer, wanted
    made.original |= {UNET + n: t for n, t in original.items()}
    made.add("vae", vae(1.5305, latents=16, quant=False, shift_factor=0.0609, sample_size=1024), vae_names, VAE)
    clip_l = clip(CLIPTextModelWithProjection)
    made.add("text_encoder", clip_l, lambda tensors: {n: t for n, t in tensors.items() if n != "text_projection.weight"}, "text_encoders.clip_l.transformer.")
    with torch.no_grad():
        clip_l.text_projection.weight.copy_(torch.eye(64))
    made.add("text_encoder_2", clip(CLIPTextModelWithProjection, "gelu", 3, 32), same, "text_encoders.clip_g.transformer.")
    made.add("text_encoder_3", t5(), t5_names, "text_encoders.t5xxl.transformer.")
    made.wanted["text_encoder_3"] = t5_names(made.wanted["text_encoder_3"])
    made.dropped = {"text_encoders.clip_l.transformer.text_projection.weight": torch.ones(64, 64, dtype=torch.float16)}
    made.dropped |= {f"text_encoders.{n}.logit_scale": torch.zeros(()) for n in ("clip_l", "clip_g", "t5xxl")}
    return made
