# SPDX-License-Identifier: Apache-2.0
"""Narrow CogVideoX components and complete pipelines with the real diffusers and transformers, for tests."""

import json

import torch
from diffusers import (AutoencoderKLCogVideoX, CogVideoXDDIMScheduler, CogVideoXImageToVideoPipeline,
                       CogVideoXPipeline, CogVideoXTransformer3DModel)
from transformers import T5Config, T5EncoderModel, T5Tokenizer

TEXT = 32  # width of the text encoder
WORDS = 30
LATENTS = 16  # channels


def transformer(i2v=False, is_1_5=False, rotary=True, dtype=torch.float32):
    torch.manual_seed(7)
    more = {"patch_size_t": 2, "patch_bias": False, "sample_frames": 9} if is_1_5 else {"sample_frames": 5}
    if is_1_5 and i2v:
        more["ofs_embed_dim"] = 8
    model = CogVideoXTransformer3DModel(
        num_attention_heads=2, attention_head_dim=16, num_layers=2, time_embed_dim=8, text_embed_dim=TEXT,
        in_channels=(2 if i2v else 1) * LATENTS, out_channels=LATENTS, sample_width=4, sample_height=4,
        max_text_seq_length=8, use_rotary_positional_embeddings=rotary,
        use_learned_positional_embeddings=rotary and i2v and not is_1_5, **more)
    return model if dtype == torch.float32 else model.to(dtype)


def vae(rotary=True, is_1_5=False):
    torch.manual_seed(8)
    return AutoencoderKLCogVideoX(block_out_channels=(8, 8, 8, 8), layers_per_block=1, norm_num_groups=2,
                                  latent_channels=LATENTS, sample_height=32, sample_width=32,
                                  scaling_factor=0.7 if rotary else 1.15258426, invert_scale_latents=is_1_5)


def text_encoder(width=TEXT):
    torch.manual_seed(9)
    return T5EncoderModel(T5Config(d_model=width, d_kv=8, d_ff=40, num_layers=2, num_heads=4, vocab_size=WORDS,
                                   feed_forward_proj="gated-gelu")).eval()


def tokenizer():
    """One token a letter."""
    special = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("\u2581", -2.0)]
    letters = [(chr(ord("a") + n), -3.0 - n) for n in range(26)]
    return T5Tokenizer(vocab=special + letters, extra_ids=0, model_max_length=8)


def scheduler(rotary=True):
    return CogVideoXDDIMScheduler(beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012,
                                  prediction_type="v_prediction", rescale_betas_zero_snr=True,
                                  snr_shift_scale=1.0 if rotary else 3.0, timestep_spacing="trailing", clip_sample=False)


def pipeline(i2v=False, is_1_5=False, rotary=True):
    kind = CogVideoXImageToVideoPipeline if i2v else CogVideoXPipeline
    return kind(tokenizer=tokenizer(), text_encoder=text_encoder(), vae=vae(rotary, is_1_5),
                transformer=transformer(i2v, is_1_5, rotary), scheduler=scheduler(rotary))


def save_bin(model, folder, parts=1, variant=None, index="bin"):
    """As transformers 4 saved models: tied tensors under both names, in one part."""
    folder.mkdir()
    state = model.state_dict()
    dot = f".{variant}" if variant else ""
    model.config.save_pretrained(folder)
    if parts == 1:
        torch.save(state, folder / f"pytorch_model{dot}.bin")
        return
    # Tied tensors are named one after the other, and may not be torn apart.
    names, cut = list(state), max(2, -(-len(state) // parts))
    where = {}
    for n in range(parts):
        name = f"pytorch_model{dot}-{n + 1:05}-of-{parts:05}.bin"
        part = names[n * cut:(n + 1) * cut]
        torch.save({k: state[k] for k in part}, folder / name)
        where |= dict.fromkeys(part, name)
    (folder / f"pytorch_model.{index}.index{dot}.json").write_text(
        json.dumps({"metadata": {"total_size": 1}, "weight_map": where}))
