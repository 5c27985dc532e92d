# SPDX-License-Identifier: Apache-2.0
# Plugins: diffusers safetensors
"""The files in models/: names, shapes, bytes and config.json are those of diffusers, in both directions, and kin is told apart.

One entry of TABLE is one model; what is tested of it is the same for all."""

import json
import re
import unittest
from dataclasses import dataclass, field

import diffusers
import modelmake
import torch
from diffusers.loaders import single_file_utils
from safetensors.torch import load_file, save_file
from support import Case


@dataclass
class Model:
    name: str  # of the file in models/
    cls: str  # of diffusers
    original: callable  # sizes → name → shape, as the authors write them
    convert: callable  # sizes → the function of diffusers, for tensors of these sizes
    narrow: list  # sizes
    published: dict  # name → (sizes, what its config.json says)
    prefix: str = "model.diffusion_model."  # of ComfyUI
    side: str = ""  # the authors', as the file calls it
    kin: list = field(default_factory=list)  # names of models that share names with it, and must refuse it
    is_renamed: bool = True  # False: the names of both sides are equal
    loaded: list = field(default_factory=list)  # sizes that the class can have, if it cannot have the narrow ones
    dropped: list = field(default_factory=list)  # names in the authors' file that the library does not use
    entry: str = "num_layers"  # of config.json, a number that the tensors show


# Parts of files that hold several models, and other names for the same.
VAE_PARTS = "vae", "first_stage_model"
TEXT_PARTS = "text_encoders", "cond_stage_model", "conditioner"


def flux_converter(h, **_):
    return modelmake.narrowed(single_file_utils.convert_flux_transformer_checkpoint_to_diffusers, ("inner_dim = 3072", f"inner_dim = {h}"))


FLUX_NARROW = {"h": 64, "d": 16, "c": 16, "e": 40, "v": 24, "double": 3, "single": 11}
FLUX_CONFIG = {"attention_head_dim": 128, "guidance_embeds": True, "in_channels": 64, "joint_attention_dim": 4096, "num_attention_heads": 24,
               "num_layers": 19, "num_single_layers": 38, "patch_size": 1, "pooled_projection_dim": 768}

def by_itself(name):
    """Returns what makes the function of diffusers of that name, which knows no sizes."""
    return lambda **_: getattr(single_file_utils, name)


SD3_NARROW = {"h": 64, "v": 24, "e": 40, "c": 4, "out": 4, "blocks": 3}
SD3_CONFIG = {"attention_head_dim": 64, "caption_projection_dim": 1536, "in_channels": 16, "joint_attention_dim": 4096, "num_attention_heads": 24,
              "num_layers": 24, "out_channels": 16, "patch_size": 2, "pooled_projection_dim": 2048, "pos_embed_max_size": 192, "sample_size": 128}
WAN_NARROW = {"h": 256, "ffn": 96, "blocks": 11, "c": 4, "out": 4, "text": 40, "freq": 32}
WAN_CONFIG = {"attention_head_dim": 128, "cross_attn_norm": True, "eps": 1e-06, "ffn_dim": 8960, "freq_dim": 256, "in_channels": 16,
              "num_attention_heads": 12, "num_layers": 30, "out_channels": 16, "patch_size": [1, 2, 2], "qk_norm": "rms_norm_across_heads",
              "rope_max_seq_len": 1024, "text_dim": 4096}
WAN_14B = {"h": 5120, "ffn": 13824, "blocks": 40}
WAN_14B_CONFIG = WAN_CONFIG | {"ffn_dim": 13824, "num_attention_heads": 40, "num_layers": 40}


def hunyuan_converter(h, **_):
    return modelmake.narrowed(single_file_utils.convert_hunyuan_video_transformer_to_diffusers, ("hidden_size = 3072", f"hidden_size = {h}"))


def mochi_converter(blocks, **_):
    return modelmake.narrowed(single_file_utils.convert_mochi_transformer_checkpoint_to_diffusers, ("num_layers = 48", f"num_layers = {blocks}"))


HUNYUAN_CONFIG = {"attention_head_dim": 128, "guidance_embeds": True, "in_channels": 16, "mlp_ratio": 4.0, "num_attention_heads": 24,
                  "num_layers": 20, "num_refiner_layers": 2, "num_single_layers": 40, "out_channels": 16, "patch_size": 2, "patch_size_t": 1,
                  "pooled_projection_dim": 768, "qk_norm": "rms_norm", "rope_axes_dim": [16, 56, 56], "rope_theta": 256.0, "text_embed_dim": 4096}
LTX_CONFIG = {"activation_fn": "gelu-approximate", "attention_bias": True, "attention_head_dim": 64, "attention_out_bias": True,
              "caption_channels": 4096, "cross_attention_dim": 2048, "in_channels": 128, "norm_elementwise_affine": False, "norm_eps": 1e-06,
              "num_attention_heads": 32, "num_layers": 28, "out_channels": 128, "patch_size": 1, "patch_size_t": 1,
              "qk_norm": "rms_norm_across_heads"}
MOCHI_CONFIG = {"activation_fn": "swiglu", "attention_head_dim": 128, "in_channels": 12, "max_sequence_length": 256, "num_attention_heads": 24,
                "num_layers": 48, "out_channels": None, "patch_size": 2, "pooled_projection_dim": 1536, "qk_norm": "rms_norm",
                "text_embed_dim": 4096, "time_embed_dim": 256}

CHROMA_CONFIG = {k: v for k, v in FLUX_CONFIG.items() if k not in ("guidance_embeds", "pooled_projection_dim")} | {
    "approximator_hidden_dim": 5120, "approximator_layers": 5, "approximator_num_channels": 64, "axes_dims_rope": [16, 56, 56], "out_channels": None}
FLUX2_NARROW = {"h": 64, "d": 16, "c": 16, "e": 40, "freq": 32, "double": 2, "single": 3}
FLUX2_CONFIG = {"attention_head_dim": 128, "axes_dims_rope": [32, 32, 32, 32], "eps": 1e-06, "guidance_embeds": True, "in_channels": 128,
                "joint_attention_dim": 15360, "mlp_ratio": 3.0, "num_attention_heads": 48, "num_layers": 8, "num_single_layers": 48,
                "out_channels": None, "patch_size": 1, "rope_theta": 2000, "timestep_guidance_channels": 256}
KLEIN_CONFIG = FLUX2_CONFIG | {"guidance_embeds": False, "joint_attention_dim": 7680, "num_attention_heads": 24, "num_layers": 5, "num_single_layers": 20}
Z_IMAGE_CONFIG = {"all_f_patch_size": [1], "all_patch_size": [2], "axes_dims": [32, 48, 48], "axes_lens": [1536, 512, 512], "cap_feat_dim": 2560,
                  "dim": 3840, "in_channels": 16, "n_heads": 30, "n_kv_heads": 30, "n_layers": 30, "n_refiner_layers": 2, "norm_eps": 1e-05,
                  "qk_norm": True, "rope_theta": 256.0, "t_scale": 1000.0}
Z_IMAGE_NARROW = {"h": 64, "d": 32, "c": 4, "e": 40, "ffn": 170, "blocks": 3}
LUMINA2_CONFIG = {"axes_dim_rope": [32, 32, 32], "axes_lens": [300, 512, 512], "cap_feat_dim": 2304, "ffn_dim_multiplier": None, "hidden_size": 2304,
                  "in_channels": 16, "multiple_of": 256, "norm_eps": 1e-05, "num_attention_heads": 24, "num_kv_heads": 8, "num_layers": 26,
                  "num_refiner_layers": 2, "out_channels": None, "patch_size": 2, "sample_size": 128, "scaling_factor": 1.0}
AURAFLOW_CONFIG = {"attention_head_dim": 256, "caption_projection_dim": 3072, "in_channels": 4, "joint_attention_dim": 2048, "num_attention_heads": 12,
                   "num_mmdit_layers": 4, "num_single_dit_layers": 32, "out_channels": 4, "patch_size": 2, "pos_embed_max_size": 1024, "sample_size": 64}
SANA_CONFIG = {"attention_bias": False, "attention_head_dim": 32, "caption_channels": 2304, "cross_attention_dim": 2240, "cross_attention_head_dim": 112,
               "in_channels": 32, "interpolation_scale": None, "mlp_ratio": 2.5, "norm_elementwise_affine": False, "norm_eps": 1e-06,
               "num_attention_heads": 70, "num_cross_attention_heads": 20, "num_layers": 20, "out_channels": 32, "patch_size": 1, "sample_size": 32}
QWEN_IMAGE_CONFIG = {"attention_head_dim": 128, "axes_dims_rope": [16, 56, 56], "guidance_embeds": False, "in_channels": 64, "joint_attention_dim": 3584,
                     "num_attention_heads": 24, "num_layers": 60, "out_channels": 16, "patch_size": 2}
VACE_CONFIG = WAN_CONFIG | {"vace_layers": list(range(0, 30, 2)), "vace_in_channels": 96}
COGVIEW4_CONFIG = {"attention_head_dim": 128, "condition_dim": 256, "in_channels": 16, "num_attention_heads": 32, "num_layers": 28, "out_channels": 16,
                   "patch_size": 2, "pos_embed_max_size": 128, "rope_axes_dim": [256, 256], "sample_size": 128, "text_embed_dim": 4096,
                   "time_embed_dim": 512}
PIXART_CONFIG = {"activation_fn": "gelu-approximate", "attention_bias": True, "attention_head_dim": 72, "caption_channels": 4096, "cross_attention_dim": 1152,
                 "in_channels": 4, "interpolation_scale": 2, "norm_type": "ada_norm_single", "num_attention_heads": 16, "num_layers": 28, "out_channels": 8,
                 "patch_size": 2, "sample_size": 128, "use_additional_conditions": False}
COSMOS_CONFIG = {"adaln_lora_dim": 256, "attention_head_dim": 128, "concat_padding_mask": True, "extra_pos_embed_type": None, "in_channels": 16,
                 "max_size": [128, 240, 240], "mlp_ratio": 4.0, "num_attention_heads": 16, "num_layers": 28, "out_channels": 16, "patch_size": [1, 2, 2],
                 "rope_scale": [1.0, 4.0, 4.0], "text_embed_dim": 1024}
COSMOS1_CONFIG = COSMOS_CONFIG | {"extra_pos_embed_type": "learnable", "num_attention_heads": 32, "rope_scale": [2.0, 1.0, 1.0]}
HIDREAM_CONFIG = {"attention_head_dim": 128, "axes_dims_rope": [64, 32, 32], "caption_channels": [4096, 4096], "in_channels": 16,
                  "llama_layers": [*range(32), *[31] * 16], "max_resolution": [128, 128], "num_activated_experts": 2, "num_attention_heads": 20,
                  "num_layers": 16, "num_routed_experts": 4, "num_single_layers": 32, "out_channels": 16, "patch_size": 2, "text_emb_dim": 2048}
COSMOS_14B = {"num_attention_heads": 40, "num_layers": 36}


def chroma_converter(h, **_):
    return modelmake.narrowed(single_file_utils.convert_chroma_transformer_checkpoint_to_diffusers, ("inner_dim = 3072", f"inner_dim = {h}"))


def lumina2_converter(h, kv, **_):
    return modelmake.narrowed(single_file_utils.convert_lumina2_to_diffusers, ("q_dim = 2304", f"q_dim = {h}"), ("v_dim = 768", f"v_dim = {kv}"))


def sana_converter(norms=False, **_):
    """The function needs tensors that it drops, and loses the norms of Sana 1.5, whose names are those of scripts/convert_sana_to_diffusers.py."""
    def convert(checkpoint):
        normed = {re.sub(r"^blocks(.*)\.(cross_)?attn\.(.)_norm", lambda m: f"transformer_blocks{m[1]}.attn{2 if m[2] else 1}.norm_{m[3]}", n): t
                  for n, t in checkpoint.items() if "_norm.weight" in n and n.startswith("blocks")}
        dropped = {"pos_embed": torch.zeros(1), "y_embedder.y_embedding": torch.zeros(1)}
        return single_file_utils.convert_sana_transformer_to_diffusers(checkpoint | dropped) | normed

    return convert


def cogview4_converter(**_):
    """The library has no function for it: scripts/convert_cogview4_to_diffusers.py, as a table of names."""
    names = {"mixins.patch_embed": "patch_embed", "time_embed.0": "time_condition_embed.timestep_embedder.linear_1",
             "time_embed.2": "time_condition_embed.timestep_embedder.linear_2", "label_emb.0.0": "time_condition_embed.condition_embedder.linear_1",
             "label_emb.0.2": "time_condition_embed.condition_embedder.linear_2", "transformer.layers": "transformer_blocks",
             "attention.dense": "attn1.to_out.0", "mlp.dense_h_to_4h": "ff.net.0.proj", "mlp.dense_4h_to_h": "ff.net.2",
             "mixins.final_layer.adaln.1": "norm_out.linear", "mixins.final_layer.linear": "proj_out"}

    def convert(checkpoint):
        made = {}
        for name, tensor in checkpoint.items():
            new = re.sub(r"mixins\.adaln\.adaln_modules\.(\d+)\.1", r"transformer_blocks.\1.norm1.linear", name)
            for old, other in names.items():
                new = new.replace(old, other)
            if "query_key_value" in new:
                made |= {new.replace("attention.query_key_value", f"attn1.to_{x}"): t for x, t in zip("qkv", tensor.chunk(3))}
            else:
                made[new] = torch.cat(tensor.chunk(2)[::-1]) if "norm_out" in new else tensor
        return made

    return convert


def pixart_converter(**_):
    """The library has no function for it: scripts/convert_pixart_sigma_to_diffusers.py and convert_pixart_alpha_to_diffusers.py, as a table of names."""
    names = {"x_embedder": "pos_embed", "t_embedder.mlp.0": "adaln_single.emb.timestep_embedder.linear_1", "t_embedder.mlp.2": "adaln_single.emb.timestep_embedder.linear_2",
             "csize_embedder.mlp.0": "adaln_single.emb.resolution_embedder.linear_1", "csize_embedder.mlp.2": "adaln_single.emb.resolution_embedder.linear_2",
             "ar_embedder.mlp.0": "adaln_single.emb.aspect_ratio_embedder.linear_1", "ar_embedder.mlp.2": "adaln_single.emb.aspect_ratio_embedder.linear_2",
             "t_block.1": "adaln_single.linear", "y_embedder.y_proj.fc": "caption_projection.linear_", "blocks": "transformer_blocks",
             "final_layer.linear": "proj_out", "final_layer.": "", "cross_attn.proj": "attn2.to_out.0", "attn.proj": "attn1.to_out.0", "cross_attn.q_linear": "attn2.to_q",
             "mlp.fc1": "ff.net.0.proj", "mlp.fc2": "ff.net.2"}
    cut = {"attn.qkv": ("attn1.to_q", "attn1.to_k", "attn1.to_v"), "cross_attn.kv_linear": ("attn2.to_k", "attn2.to_v")}

    def convert(checkpoint):
        made = {}
        for name, tensor in checkpoint.items():
            new = name
            for old, other in names.items():
                new = new.replace(old, other)
            old = next((c for c in cut if c in new), None)
            parts = cut.get(old, (old,))
            made |= {new.replace(old, p) if old else new: t for p, t in zip(parts, tensor.chunk(len(parts)))}
        return made

    return convert


def cosmos1_converter(**_):
    """The function looks for a name of this version where it has taken all names away, and so never knows it."""
    return modelmake.narrowed(single_file_utils.convert_cosmos_transformer_checkpoint_to_diffusers,
                              ('if "net.blocks.block1.blocks.0.block.attn.to_q.0.weight" in checkpoint:', "if True:"))


TABLE = [
    Model("flux", "FluxTransformer2DModel", modelmake.flux, flux_converter, side="bfl",
          narrow=[FLUX_NARROW, FLUX_NARROW | {"guidance": False}],
          published={"dev": ({}, FLUX_CONFIG), "schnell": ({"guidance": False}, FLUX_CONFIG | {"guidance_embeds": False}),
                     "fill": ({"c": 384, "out": 64}, FLUX_CONFIG | {"in_channels": 384, "out_channels": 64}),
                     "canny": ({"c": 128, "out": 64}, FLUX_CONFIG | {"in_channels": 128, "out_channels": 64})}, kin=["chroma", "flux2", "hunyuan-video"]),
    Model("sd3", "SD3Transformer2DModel", modelmake.sd3, by_itself("convert_sd3_transformer_checkpoint_to_diffusers"), side="stability",
          narrow=[SD3_NARROW, SD3_NARROW | {"dual": 2, "head": 16}],
          published={"3-medium": ({}, SD3_CONFIG),
                     "3.5-medium": ({"side": 384, "dual": 13, "head": 64}, SD3_CONFIG | {
                         "dual_attention_layers": list(range(13)), "pos_embed_max_size": 384, "qk_norm": "rms_norm"}),
                     "3.5-large": ({"h": 2432, "blocks": 38, "head": 64}, SD3_CONFIG | {
                         "caption_projection_dim": 2432, "num_attention_heads": 38, "num_layers": 38, "qk_norm": "rms_norm"})}),
    Model("wan", "WanTransformer3DModel", modelmake.wan, by_itself("convert_wan_transformer_to_diffusers"), side="wan",
          narrow=[WAN_NARROW, WAN_NARROW | {"image": 48, "c": 9}],
          published={"2.1-t2v-1.3B": ({}, WAN_CONFIG), "2.1-t2v-14B": (WAN_14B, WAN_14B_CONFIG),
                     "2.1-i2v-14B": (WAN_14B | {"c": 36, "image": 1280}, WAN_14B_CONFIG | {
                         "in_channels": 36, "image_dim": 1280, "added_kv_proj_dim": 5120}),
                     "2.1-flf2v-14B": (WAN_14B | {"c": 36, "image": 1280, "positions": 514}, WAN_14B_CONFIG | {
                         "in_channels": 36, "image_dim": 1280, "added_kv_proj_dim": 5120, "pos_embed_seq_len": 514}),
                     "2.2-i2v-A14B": (WAN_14B | {"c": 36}, WAN_14B_CONFIG | {"in_channels": 36}),
                     "2.2-ti2v-5B": ({"h": 3072, "ffn": 14336, "c": 48, "out": 48}, WAN_CONFIG | {
                         "ffn_dim": 14336, "in_channels": 48, "num_attention_heads": 24, "out_channels": 48})}, kin=["wan-vace"]),
    Model("hunyuan-video", "HunyuanVideoTransformer3DModel", modelmake.hunyuan_video, hunyuan_converter, side="tencent",
          narrow=[{"h": 64, "d": 16, "c": 4, "text": 40, "v": 24, "double": 3, "single": 11}],
          published={"t2v": ({}, HUNYUAN_CONFIG), "i2v-33ch": ({"c": 33, "out": 16, "guidance": False}, HUNYUAN_CONFIG | {
              "guidance_embeds": False, "image_condition_type": "latent_concat", "in_channels": 33})}),
    Model("ltx", "LTXVideoTransformer3DModel", modelmake.ltx, by_itself("convert_ltx_transformer_checkpoint_to_diffusers"), side="lightricks",
          narrow=[{"h": 64, "c": 8, "caption": 40, "blocks": 11}],
          published={"0.9.5": ({}, LTX_CONFIG), "0.9.7-13B": ({"h": 4096, "blocks": 48}, LTX_CONFIG | {
              "attention_head_dim": 128, "cross_attention_dim": 4096, "num_layers": 48})}),
    Model("mochi", "MochiTransformer3DModel", modelmake.mochi, mochi_converter, side="genmo",
          narrow=[{"h": 64, "d": 16, "e": 32, "c": 4, "text": 40, "blocks": 11}], published={"1": ({}, MOCHI_CONFIG)}),
    Model("chroma", "ChromaTransformer2DModel", modelmake.chroma, chroma_converter, side="lodestone",
          narrow=[{"h": 64, "d": 16, "c": 16, "e": 40, "guide": 48, "channels": 8, "layers": 2, "double": 2, "single": 3}],
          published={"1-HD": ({}, CHROMA_CONFIG)}, kin=["flux"]),
    Model("flux2", "Flux2Transformer2DModel", modelmake.flux2, by_itself("convert_flux2_transformer_checkpoint_to_diffusers"), side="bfl",
          narrow=[FLUX2_NARROW, FLUX2_NARROW | {"guidance": False}],
          published={"dev": ({}, FLUX2_CONFIG), "klein-4B": ({"h": 3072, "e": 7680, "double": 5, "single": 20, "guidance": False}, KLEIN_CONFIG),
                     "klein-9B": ({"h": 4096, "e": 12288, "single": 24, "guidance": False}, KLEIN_CONFIG | {
                         "joint_attention_dim": 12288, "num_attention_heads": 32, "num_layers": 8, "num_single_layers": 24})}),
    Model("qwen-image", "QwenImageTransformer2DModel", modelmake.qwen_image, lambda **_: lambda checkpoint: checkpoint, side="comfyui", is_renamed=False,
          narrow=[{"h": 64, "d": 32, "c": 16, "e": 40, "blocks": 2}, {"h": 64, "d": 32, "c": 16, "e": 40, "blocks": 1, "layered": True}],
          published={"2512": ({}, QWEN_IMAGE_CONFIG), "Layered": ({"layered": True}, QWEN_IMAGE_CONFIG | {
              "use_additional_t_cond": True, "use_layer3d_rope": True})}),
    Model("z-image", "ZImageTransformer2DModel", modelmake.z_image, by_itself("convert_z_image_transformer_checkpoint_to_diffusers"), side="comfyui",
          narrow=[Z_IMAGE_NARROW, Z_IMAGE_NARROW | {"blocks": 1, "seen": 24}], published={"turbo": ({}, Z_IMAGE_CONFIG), "omni": (
              {"seen": 1152}, Z_IMAGE_CONFIG | {"siglip_feat_dim": 1152})}, kin=["lumina2"]),
    Model("wan-vace", "WanVACETransformer3DModel", modelmake.wan_vace, by_itself("convert_wan_transformer_to_diffusers"), side="wan",
          narrow=[{"h": 128, "ffn": 96, "blocks": 4, "vace": 2, "c": 4, "text": 40, "freq": 32, "channels": 24}],
          published={"1.3B": ({}, VACE_CONFIG), "14B": (WAN_14B | {"vace": 8}, WAN_14B_CONFIG | {
              "vace_layers": list(range(0, 40, 5)), "vace_in_channels": 96})}, kin=["wan"]),
    Model("wan-animate", "WanAnimateTransformer3DModel", modelmake.wan_animate, by_itself("convert_wan_transformer_to_diffusers"), side="wan",
          narrow=[{"h": 64, "ffn": 96, "blocks": 4, "faces": 2, "d": 16, "c": 8, "out": 2, "text": 40, "freq": 32, "image": 48, "style": 24, "motion": 10, "motions": 12,
                   "hidden": 16, "heads": 2}],
          published={"2.2-14B": ({}, WAN_14B_CONFIG | {"in_channels": 36, "image_dim": 1280, "added_kv_proj_dim": 5120, "motion_encoder_size": 512,
                                                       "motion_dim": 20, "face_encoder_num_heads": 4, "inject_face_latents_blocks": 5})}, kin=["wan"]),
    Model("cosmos-predict2", "CosmosTransformer3DModel", modelmake.cosmos_predict2, by_itself("convert_cosmos_transformer_checkpoint_to_diffusers"),
          side="nvidia", prefix="net.", narrow=[{"h": 64, "d": 16, "c": 4, "out": 4, "text": 40, "rank": 24, "blocks": 11},
                                                {"h": 64, "d": 16, "c": 5, "out": 4, "text": 40, "rank": 24, "blocks": 2, "projected": 56}],
          published={"2B-Text2Image": ({}, COSMOS_CONFIG), "14B-Text2Image": ({"h": 5120, "blocks": 36}, COSMOS_CONFIG | COSMOS_14B),
                     "2B-Video2World": ({"c": 17}, COSMOS_CONFIG | {"in_channels": 17, "rope_scale": [1.0, 3.0, 3.0]}),
                     "14B-Video2World": ({"h": 5120, "blocks": 36, "c": 17}, COSMOS_CONFIG | COSMOS_14B | {"in_channels": 17, "rope_scale": [20 / 24, 2.0, 2.0]}),
                     "2.5-14B": ({"h": 5120, "blocks": 36, "c": 17, "projected": 100352}, COSMOS_CONFIG | COSMOS_14B | {
                         "in_channels": 17, "rope_scale": [1.0, 3.0, 3.0], "use_crossattn_projection": True, "crossattn_proj_in_channels": 100352,
                         "encoder_hidden_states_channels": 1024})}),
    Model("cosmos1", "CosmosTransformer3DModel", modelmake.cosmos1, cosmos1_converter, side="nvidia", prefix="net.",
          narrow=[{"h": 64, "d": 16, "c": 4, "out": 4, "text": 40, "rank": 24, "blocks": 11, "sizes": (4, 5, 7)}], kin=["cosmos-predict2"],
          dropped=["logvar.0.freqs", "logvar.0.phases", "logvar.1.weight", "pos_embedder.seq"],
          published={"7B-Text2World": ({}, COSMOS1_CONFIG), "14B-Video2World": ({"h": 5120, "blocks": 36, "c": 17}, COSMOS1_CONFIG | {
              "in_channels": 17, "num_attention_heads": 40, "num_layers": 36, "rope_scale": [2.0, 2.0, 2.0]})}),
    Model("pixart", "PixArtTransformer2DModel", modelmake.pixart, pixart_converter, side="pixart",
          narrow=[{"h": 144, "c": 4, "e": 40, "blocks": 3}, {"h": 144, "c": 4, "e": 40, "blocks": 2, "conditions": 48}],
          published={"Sigma-XL-2-1024": ({}, PIXART_CONFIG), "XL-2-1024-MS": ({"conditions": 384}, PIXART_CONFIG | {"use_additional_conditions": True})}),
    Model("hidream", "HiDreamImageTransformer2DModel", modelmake.hidream, by_itself("convert_hidream_transformer_to_diffusers"), side="comfyui",
          is_renamed=False, narrow=[{"h": 128, "c": 2, "e": 10, "v": 14, "double": 1, "single": 2}], published={"I1": ({}, HIDREAM_CONFIG)}),
    Model("lumina2", "Lumina2Transformer2DModel", modelmake.lumina2, lumina2_converter, side="alpha-vllm",
          narrow=[{"h": 192, "d": 48, "kv": 96, "c": 4, "e": 40, "ada": 192, "blocks": 2}], published={"image-2.0": ({}, LUMINA2_CONFIG)},
          kin=["z-image"]),
    Model("cogview4", "CogView4Transformer2DModel", modelmake.cogview4, cogview4_converter, side="sat",
          narrow=[{"h": 128, "c": 4, "e": 40, "time": 48, "blocks": 2}], published={"6B": ({}, COGVIEW4_CONFIG)}),
    Model("sana", "SanaTransformer2DModel", modelmake.sana, sana_converter, side="nvlabs",
          narrow=[{"h": 224, "c": 4, "e": 40, "blocks": 2}, {"h": 224, "c": 4, "e": 40, "blocks": 1, "norms": True}],
          published={"1.6B": ({}, SANA_CONFIG), "0.6B": ({"h": 1152, "blocks": 28}, SANA_CONFIG | {
              "cross_attention_dim": 1152, "cross_attention_head_dim": 72, "num_attention_heads": 36, "num_cross_attention_heads": 16, "num_layers": 28}),
                     "1.5-4.8B": ({"blocks": 60, "norms": True}, SANA_CONFIG | {"num_layers": 60, "qk_norm": "rms_norm_across_heads"})}),
    Model("auraflow", "AuraFlowTransformer2DModel", modelmake.auraflow, by_itself("convert_auraflow_transformer_checkpoint_to_diffusers"), side="fal",
          narrow=[{"h": 256, "c": 4, "e": 40, "positions": 16, "double": 1, "single": 2}],
          published={"0.1": ({}, AURAFLOW_CONFIG), "0.3": ({"positions": 9216}, AURAFLOW_CONFIG | {"pos_embed_max_size": 9216})}),
]


made = {}  # (name, sizes) → the tensors in both names


def narrow(test, sizes_of=lambda model: model.narrow):
    """Runs the test for each model in each narrow size, with its tensors in the names of the authors and of diffusers."""
    def run(self):
        for model in self.table:
            for sizes in sizes_of(model):
                with self.subTest(model.name, **sizes):
                    key = model.name, *sizes.items()
                    if key not in made:
                        original = modelmake.random(model.original(**sizes))
                        made[key] = original, dict(model.convert(**sizes)(checkpoint=dict(original)))
                    test(self, model, *(dict(side) for side in made[key]))

    return run


class Models(Case):
    table = TABLE

    def put(self, tensors, name="in.safetensors"):
        save_file({n: t.contiguous().clone() for n, t in tensors.items()}, self.tmp / name)
        return self.tmp / name

    def convert(self, tensors, *options, output="out.safetensors", status=0):
        result = self.run_fmtconv("-f", *options, self.put(tensors), f"{self.tmp}/{output}", status=status)
        return result.stderr if status or output.endswith("/") else load_file(self.tmp / output)

    @narrow
    def test_bytes_both_ways(self, model, original, wanted):
        self.assert_same(self.convert(original, "-t", model.name), wanted, "forward")
        self.assert_same(self.convert(wanted, "-t", f"{model.name}:reverse"), original, "reverse")
        self.assert_same(self.convert(wanted, "-t", f"{model.name}:to={model.side}"), original, "to the side")
        prefixed = {model.prefix + n: t for n, t in original.items()}
        self.assert_same(self.convert(prefixed, "-t", model.name), wanted, "with a prefix")
        self.assert_same(self.convert(wanted, "-t", f"{model.name}:reverse,prefix={model.prefix}"), prefixed, "to a prefix")

    @narrow
    def test_file_with_other_models(self, model, original, wanted):
        """The checkpoints that authors, ComfyUI and Stability AI publish hold a VAE and text encoders, too."""
        prefixed = {"model.diffusion_model." + n: t for n, t in (original | {n: torch.zeros(3) for n in model.dropped}).items()}
        others = {f"{part}.decoder.conv_in.weight": torch.zeros(2) for part in (*VAE_PARTS, *TEXT_PARTS)}
        self.assert_same(self.convert(prefixed | others, "-t", model.name), wanted, "with other models")

    def test_families(self):
        """What stands for a part of the configuration must be whole: its tensors are there together, and have its shapes."""
        sizes = {"sd3": (modelmake.sd3(**(SD3_NARROW | {"dual": 2, "head": 16})), r"context_block\.attn\.ln_"),
                 "wan": (modelmake.wan(**(WAN_NARROW | {"image": 48, "c": 9})), r"_img\."),
                 "flux": (modelmake.flux(**FLUX_NARROW), r"guidance_in\.out"),
                 "z-image": (modelmake.z_image(**(Z_IMAGE_NARROW | {"seen": 24})), r"siglip_refiner\.\d+\.attention_norm1")}
        for name, (shapes, family) in sizes.items():
            with self.subTest(name):
                tensors = modelmake.random(shapes)
                self.convert({n: t for n, t in tensors.items() if not re.search(family, n)}, "-t", name, status=1)
        flux = modelmake.random(modelmake.flux(**FLUX_NARROW))
        self.assertIn("guidance_in.in_layer.weight", self.convert(flux | {"guidance_in.in_layer.weight": torch.zeros(3, 7)}, "-t", "flux", status=1))

    def test_small_models_of_the_files(self):
        for model in TABLE:
            with self.subTest(model.name):
                report = json.loads(self.run_fmtconv("map", "--json", "--test", model.name).stdout.splitlines()[-1])
                self.assertIsNone(report["one_way"])
                for tested in report["models"]:
                    self.assertGreater(tested["noticed"], 0)
                    self.assertEqual(tested["unnoticed"], [])

    def test_faults_of_small_models(self):
        """Each text is what follows the head of a model file, and each error what map --test finds."""
        head = "fmtconv-model: 1\nname: x\nsummary: s\nkind: transformer\nsides: [a, b]\n"
        rules = 'rules:\n  - {from: "l.{i}.w", to: "m.{i}.w", shape: "h,2h"}\n'
        cases = {
            "test: [{h: 4, i: 2}]\n" + rules: None,
            "test: [{h: 4, i: 2, z: 1}]\n" + rules: "x.yaml:6:8: 'z' is neither a shape variable nor a number of the rules",
            "test: [{h: 4, i: 2, withot: x}]\n" + rules: "x.yaml:6:8: 'withot' is neither a shape variable nor a number of the rules nor without or config; did you mean 'without'?",
            "test: [{h: 4, i: 2, without: [l.1.*, k.*]}]\n" + rules: "x.yaml:6:8: 'without': no tensor has a name that matches 'k.*'",
            'let: {d: 3}\nconfig: {n: "{h/d}"}\ntest: [{h: 4, i: 2}]\n' + rules: "x.yaml:7:13: config.n '{h/d}': 4 does not divide by 3 (hint: another number: let.d=N",
            'let: {d: 3, n: h/d}\nconfig: {n: "{n}"}\ntest: [{h: 4, i: 2}]\n' + rules: "config.n '{n}': let 'n' (line 6): 4 does not divide by 3 (hint: another number: let.d=N",
            'let: {d: "shape(k, 0)"}\nconfig: {n: "{d}"}\ntest: [{h: 4, i: 2}]\n' + rules: "x.yaml:7:13: config.n '{d}': let 'd' (line 6): the tensor 'k' is missing (hint: type another value: let.d=VALUE",
            'let: {d: "config(k)"}\nhelp: {d: 7 of x}\nwhen: d > 2\ntest: [{h: 4, i: 2}]\n' + rules: "x.yaml:6:10: this model does not meet the conditions of the rules (hint: type another value: let.d=VALUE, a parameter of the transform: 7 of x)",
            "let: {d: 2}\nhelp: {e: x}\n" + rules: "x.yaml:7:11: 'let' has no name 'e'",
            "test: [{i: 2}]\n" + rules: "'test' does not give 'l.0.w' a shape: add a size for 'h'",
            "test: [{h: x, i: 2}]\n" + rules: "x.yaml:6:8: 'h' must be an integer from 0 on",
            "test: [{h: 999999, i: 2}]\n" + rules: "a model of more than",
            "test: [{h: 4, i: 9999}]\n" + rules: "'i' is larger than",
            "test: [{h: 4, i: 0}]\n" + rules: "recognizes none of the 0 tensors",
            "test: 3\n" + rules: "test",
            "test: [{h: 4, i: 2}]\n" + rules.replace('h"}', 'h", ops: "scale 0.1"}'): "another shape or other values",
        }
        for text, error in cases.items():
            with self.subTest(text):
                (self.tmp / "x.yaml").write_text(head + text)
                result = self.run_fmtconv("map", "--test", self.tmp / "x.yaml", status=1 if error else 0)
                self.assertIn(error or "2 tensors become 2, and equal ones again in reverse, 1 missed if absent", result.stderr + result.stdout)

        (self.tmp / "x.yaml").write_text(head + "test: [{h: 4, i: 2}]\n" + rules + '  - {make: identity, to: p, shape: "h,h"}\n')
        self.assertIn("2 tensors become 3, and equal ones again in reverse", self.run_fmtconv("map", "--test", self.tmp / "x.yaml").stdout)

        # Sizes that need more memory than a file of this size gets; --check finds faults of sizes, names and kinds, too.
        (self.tmp / "x.yaml").write_text(head + "test: [{h: 900, i: 2}]\n" + rules)
        self.run_fmtconv("map", "--test", self.tmp / "x.yaml")
        self.assertNotIn("warning", self.run_fmtconv("map", "--check", self.tmp / "x.yaml").stderr)
        for text, error in {head + "test: [{i: 2}]\n" + rules: "x.yaml:6:8: 'test' does not give 'l.0.w' a shape",
                            head + "architecture: y\ngguf: {/name: x}\n" + rules: "x.yaml:7:8: '/name' is not a whole key of a GGUF file",
                            head.replace("name: x", "name: y") + rules: "x.yaml:2:7: the name is 'y', but the file is x.yaml"}.items():
            (self.tmp / "x.yaml").write_text(text)
            self.assertIn(error, self.run_fmtconv("map", "--check", self.tmp / "x.yaml", status=1).stderr)
        (self.tmp / "x.yaml").write_text(head.replace("transformer", "transfomer") + rules)
        self.assertIn("did you mean 'transformer'?", self.run_fmtconv("map", "--check", self.tmp / "x.yaml").stderr)

        (self.tmp / "x.yaml").write_text(head + rules)
        self.assertIn("does not have the key 'test'", self.run_fmtconv("map", "--test", self.tmp / "x.yaml", status=2).stderr)

    def test_heads_of_a_configuration(self):
        """The number of heads of Wan is in its configuration alone."""
        original = modelmake.random(modelmake.wan(**(WAN_NARROW | {"h": 128})))
        folder = self.tmp / "wan"
        folder.mkdir()
        save_file({n: t.contiguous() for n, t in original.items()}, folder / "diffusion_pytorch_model.safetensors")
        (folder / "config.json").write_text(json.dumps({"model_type": "t2v", "dim": 128, "num_heads": 2}))
        self.run_fmtconv("-f", folder, f"{self.tmp}/made/")
        made = json.loads((self.tmp / "made/config.json").read_text())
        self.assertEqual((made["num_attention_heads"], made["attention_head_dim"]), (2, 64))

    def test_what_no_tensor_shows_is_noted(self):
        """Versions of a model with equal tensors: an entry of config.json has its usual value, and a note says so unless it is settled."""
        cases = [("hunyuan-video", modelmake.hunyuan_video(h=64, d=16, c=4, text=40, v=24, double=1, single=1), "token_replace", "image_condition_type",
                  None, "token_replace"),
                 ("qwen-image", modelmake.qwen_image(h=64, d=32, c=16, e=40, blocks=1), "indexed", "zero_cond_t", False, True)]
        for name, shapes, typed, key, usual, other in cases:
            with self.subTest(name):
                tensors = modelmake.random(shapes)
                self.put(tensors)
                said = self.run_fmtconv("-f", self.tmp / "in.safetensors", f"{self.tmp}/noted/").stderr
                self.assertIn(f"type let.{typed}=true", said)
                self.assertEqual(json.loads((self.tmp / "noted/config.json").read_text()).get(key), usual)
                said = self.run_fmtconv("-f", "-t", f"{name}:let.{typed}=true", self.tmp / "in.safetensors", f"{self.tmp}/made/").stderr
                self.assertNotIn("no tensor shows", said)
                self.assertEqual(json.loads((self.tmp / "made/config.json").read_text())[key], other)
                said = self.run_fmtconv("-f", "-t", f"{name}:reverse", self.tmp / "made", self.tmp / "back.safetensors").stderr
                self.assertNotIn("no tensor shows", said)
        marked = tensors | {"__index_timestep_zero__": torch.zeros(1)}
        self.put(marked)
        said = self.run_fmtconv("-f", self.tmp / "in.safetensors", f"{self.tmp}/marked/").stderr
        self.assertNotIn("no tensor shows", said)
        self.assertIs(json.loads((self.tmp / "marked/config.json").read_text())["zero_cond_t"], True)

    def test_the_size_of_images_of_pixart(self):
        """The table of positions, which diffusers computes, shows it; without one, a note says what was taken."""
        tensors = modelmake.random(modelmake.pixart(h=144, e=40, blocks=1))
        for more, options, size, is_noted in (({}, "", 128, True), ({}, ":let.size=32", 32, False),
                                              ({"pos_embed": torch.zeros(1, 1024, 144), "y_embedder.y_embedding": torch.zeros(120, 40)}, "", 64, False)):
            with self.subTest(size=size):
                said = self.run_fmtconv("-f", "-t", f"pixart{options}", self.put(tensors | more), f"{self.tmp}/made/").stderr
                self.assertEqual("which no tensor shows" in said, is_noted)
                config = json.loads((self.tmp / "made/config.json").read_text())
                self.assertEqual((config["sample_size"], config["interpolation_scale"]), (size, size / 64))

    @narrow
    def test_diffusers_opens_the_folder(self, model, original, wanted):
        self.convert(original, "-t", model.name, output="folder/")
        loaded, info = getattr(diffusers, model.cls).from_pretrained(self.tmp / "folder", output_loading_info=True, torch_dtype=torch.bfloat16)
        self.assertEqual({k: v for k, v in info.items() if v}, {})
        # Some models keep a few modules in f32, which holds each value.
        self.assert_same({n: t.to(wanted[n].dtype) for n, t in loaded.state_dict().items()}, wanted)
        self.run_fmtconv("-f", "-t", f"{model.name}:reverse", self.tmp / "folder", self.tmp / "back.safetensors")
        self.assert_same(load_file(self.tmp / "back.safetensors"), original, "back from the folder")

    def test_full_size(self):
        for model in self.table:
            for name, (sizes, published) in model.published.items():
                with self.subTest(model.name, published=name):
                    lines = [f"{n} [{','.join(map(str, s))}]\n" for n, s in model.original(**sizes).items()]
                    (self.tmp / "names.txt").write_text("".join(lines))
                    result = self.run_fmtconv("map", "--json", "--check", model.name, "--against", self.tmp / "names.txt")
                    report = json.loads(result.stdout.splitlines()[-1])
                    config = report["attributes"]["config"]
                    with torch.device("meta"):
                        cls = getattr(diffusers, model.cls)
                        ours, theirs = cls.from_config(config), cls.from_config(published)
                    self.assertEqual({r["name"]: tuple(r["shape"]) for r in report["results"]},
                                     {n: tuple(t.shape) for n, t in theirs.state_dict().items()})
                    self.assertEqual(report["changed"], [])
                    self.assertEqual({k: getattr(ours.config, k) for k in published}, published)
                    self.assertEqual(*(json.loads(json.dumps({k: v for k, v in m.config.items() if k[0] != "_"})) for m in (ours, theirs)))

    @narrow
    def test_incomplete_and_misshapen_models_are_refused(self, model, original, wanted):
        for name in (next(iter(original)), list(original)[len(original) // 2]):
            less = {n: t for n, t in original.items() if n != name}
            self.assertIn(f"missing: '{name}'", self.convert(less, "-t", model.name, status=1))
            odd = original | {name: torch.zeros(3, 5, 7, dtype=torch.bfloat16)}
            self.assertIn(name, self.convert(odd, "-t", model.name, status=1))
        more = original | {"not.of.this.model": torch.zeros(1)}
        self.assertIn("unknown: 'not.of.this.model'", self.convert(more, "-t", model.name, status=1))

    @narrow
    def test_a_configuration_that_contradicts_the_tensors_is_refused(self, model, original, wanted):
        self.convert(original, "-t", model.name, output="folder/")
        path = self.tmp / "folder" / "config.json"
        config = json.loads(path.read_text())
        entry = next(k for k in (model.entry, "num_layers", "n_layers", "num_mmdit_layers") if k in config)
        path.write_text(json.dumps(config | {entry: config[entry] + 1}))
        error = self.run_fmtconv("-f", "-t", f"{model.name}:reverse", self.tmp / "folder", self.tmp / "x.safetensors", status=1).stderr
        self.assertIn(entry, error)
        self.assertIn("config.json contradicts the tensors", error)

    @narrow
    def test_kin_is_told_apart(self, model, original, wanted):
        for kin in model.kin:
            self.convert(original, "-t", kin, status=1)
            self.convert(wanted, "-t", f"{kin}:reverse", status=1)

    @narrow
    def test_what_is_chosen(self, model, original, wanted):
        self.assert_same(self.convert(original), wanted, "recognized")
        self.assert_same(self.convert(wanted), wanted, "converted already")
        less = {n: t for n, t in original.items() if n != next(iter(original))}
        error = self.convert(less, status=1)
        self.assertIn("no transform matches this model completely", error)
        self.assertIn(f"-t {model.name} ", error)
        if not model.is_renamed:
            return
        result = json.loads(self.run_fmtconv("inspect", "--json", self.put(original)).stdout.splitlines()[-1])
        self.assertIn(f", names of {model.side}", result["title"])
        result = json.loads(self.run_fmtconv("inspect", "--json", self.put(wanted)).stdout.splitlines()[-1])
        self.assertIn(", names of diffusers", result["title"])
        self.assertIn(f"-t {model.name}:reverse", result["convert"][-1])


if __name__ == "__main__":
    unittest.main()
