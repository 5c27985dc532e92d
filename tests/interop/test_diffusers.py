# SPDX-License-Identifier: Apache-2.0
"""diffusers and peft load fmtconv's files, and the fused weights change by exactly alpha / rank · B · A."""
# Plugins: cast cogvideox-lora safetensors sat torch

import json
import struct
import unittest

import torch
from diffusers import AutoencoderKLCogVideoX, CogVideoXDDIMScheduler, CogVideoXPipeline, CogVideoXTransformer3DModel
from satmake import Recipe, write
from support import Case
from test_lora import peft_pairs

LAYERS, HEADS, HEAD_SIZE = 2, 4, 16


def small_transformer(dtype):
    torch.manual_seed(7)
    model = CogVideoXTransformer3DModel(
        num_attention_heads=HEADS, attention_head_dim=HEAD_SIZE, num_layers=LAYERS, time_embed_dim=8,
        text_embed_dim=16, sample_width=4, sample_height=4, sample_frames=5, max_text_seq_length=4)
    return model.to(dtype)


def pipeline_of(transformer):
    vae = AutoencoderKLCogVideoX(
        block_out_channels=(8, 8, 8, 8), layers_per_block=1, norm_num_groups=2, latent_channels=4)
    return CogVideoXPipeline(
        tokenizer=None, text_encoder=None, vae=vae, transformer=transformer, scheduler=CogVideoXDDIMScheduler())


def one_ulp(weight):
    """Distance from |weight| to the next number of its type, as f64."""
    up = torch.nextafter(weight.abs().float().to(weight.dtype), torch.tensor(float("inf"), dtype=weight.dtype))
    return (up.double() - weight.abs().double())


class Loads(Case):
    def recipe(self, **more):
        return Recipe(hidden=HEADS * HEAD_SIZE, layers=LAYERS, **more)

    def convert(self, r, chain, *more):
        write(r, self.tmp / "run")
        out = self.tmp / "pytorch_lora_weights.safetensors"
        self.run_fmtconv("-f", "-q", "-t", chain, *more, self.tmp / "run", out)
        return out

    def check_effect(self, r, model, before, factor):
        """Every fused weight is W + factor · B A, summed in f32, within one ulp. The ulp is that of the weight, or of
        the addend if that is larger: peft rounds B A to the model's data type before it adds it."""
        state = model.state_dict()
        for name, a, b in peft_pairs(r):
            name = name.removeprefix("transformer.") + ".weight"
            delta = factor * (b.float() @ a.float())
            wanted = before[name].float() + delta
            error = (state[name].double() - wanted.double()).abs()
            parts = [t.to(state[name].dtype) for t in (wanted, before[name], delta)]
            limit = torch.stack([one_ulp(t) for t in parts]).amax(0)
            self.assertTrue(bool((error <= limit).all()), f"{name}: off by {error.max()}")
            self.assertFalse(torch.equal(state[name], before[name]), f"{name} did not change")

    def fuse(self, r, chain, factor, dtype, *more):
        out = self.convert(r, chain, *more)
        transformer = small_transformer(dtype)
        before = {k: v.clone() for k, v in transformer.state_dict().items()}
        pipe = pipeline_of(transformer)
        pipe.load_lora_weights(str(out.parent), weight_name=out.name)
        self.assertEqual(len(pipe.get_list_adapters()["transformer"]), 1)
        pipe.fuse_lora(components=["transformer"])
        pipe.unload_lora_weights()
        self.check_effect(r, pipe.transformer, before, factor)

    def test_baked(self):
        """Into a model in f32; f16 is converted by --dtype f32, which is exact."""
        for source, alpha, rank in ((torch.float16, 1, 128), (torch.bfloat16, 1, 64), (torch.float32, 64, 16)):
            with self.subTest(source=source, alpha=alpha, rank=rank):
                r = self.recipe(dtype=source, alpha=alpha, rank=rank, scale=1.0)
                more = ["--dtype", "f32"] if source is torch.float16 else []
                self.fuse(r, "cogvideox-lora", alpha / rank, torch.float32, *more)

    def test_baked_in_half(self):
        """Into a model in the LoRA's data type, as users load it."""
        for dtype in (torch.float16, torch.bfloat16):
            for alpha, rank in ((4, 4), (1, 128), (16, 64)):
                with self.subTest(dtype=dtype, alpha=alpha, rank=rank):
                    r = self.recipe(dtype=dtype, alpha=alpha, rank=rank, scale=0.5)
                    self.fuse(r, "cogvideox-lora", alpha / rank, dtype)

    def test_metadata(self):
        for alpha, rank in ((1, 16), (6, 4), (2.5, 5)):
            with self.subTest(alpha=alpha, rank=rank):
                r = self.recipe(dtype=torch.float32, alpha=alpha, rank=rank, scale=1.0)
                self.fuse(r, "cogvideox-lora:scale=metadata", alpha / rank, torch.float32)

    def test_adapter_of_the_model_itself(self):
        """load_lora_adapter of the transformer, without a pipeline."""
        r = self.recipe(dtype=torch.float32, alpha=2, rank=8, scale=1.0)
        transformer = small_transformer(torch.float32)
        before = {k: v.clone() for k, v in transformer.state_dict().items()}
        transformer.load_lora_adapter(str(self.convert(r, "cogvideox-lora")), prefix="transformer")
        transformer.fuse_lora()
        transformer.unload_lora()
        self.check_effect(r, transformer, before, 2 / 8)

    def test_metadata_text(self):
        """The entry equals that of diffusers: flat, sorted, indented by two spaces."""
        out = self.convert(self.recipe(alpha=2, rank=8), "cogvideox-lora:scale=metadata").read_bytes()
        header = json.loads(out[8 : 8 + struct.unpack("<Q", out[:8])[0]])
        text = header["__metadata__"]["lora_adapter_metadata"]
        wanted = {"transformer.bias": "none", "transformer.lora_alpha": 2, "transformer.lora_dropout": 0.0,
                  "transformer.r": 8, "transformer.target_modules": ["to_q", "to_k", "to_v", "to_out.0"]}
        self.assertEqual(text, json.dumps(wanted, indent=2, sort_keys=True))
        self.assertEqual(header["__metadata__"]["format"], "pt")


if __name__ == "__main__":
    unittest.main()
