"""Converts one file of a model to a folder with diffusers: what a user runs in the place of fmtconv.

naive_pipeline.py sdxl|flux SOURCE.safetensors CONFIG_FOLDER OUT_FOLDER

CONFIG_FOLDER holds the configurations that diffusers would take from the hub.
"""
# SPDX-License-Identifier: Apache-2.0

import sys

import torch
from diffusers import FluxTransformer2DModel, StableDiffusionXLPipeline


def main():
    name, source, config, out = sys.argv[1:]
    if name == "sdxl":
        model = StableDiffusionXLPipeline.from_single_file(source, config=config, torch_dtype=torch.float16, tokenizer=None, tokenizer_2=None)
    else:
        model = FluxTransformer2DModel.from_single_file(source, config=config, torch_dtype=torch.bfloat16)
    model.save_pretrained(out)


if __name__ == "__main__":
    main()
