"""Converts a SAT LoRA checkpoint to safetensors with torch: a script in the place of fmtconv.

naive_lora.py CHECKPOINT.pt OUT.safetensors ALPHA
"""
# SPDX-License-Identifier: Apache-2.0

import sys

import safetensors.torch
import torch

TARGETS = {"query_key_value.matrix_{}.0": "to_q", "query_key_value.matrix_{}.1": "to_k",
           "query_key_value.matrix_{}.2": "to_v", "dense.matrix_{}.0": "to_out.0"}


def main():
    source, out, alpha = sys.argv[1:]
    module = torch.load(source, map_location="cpu", weights_only=True, mmap=True)["module"]
    result = {}
    for name, tensor in module.items():
        for sat, peft in TARGETS.items():
            for letter in "AB":
                if name.endswith(sat.format(letter)):
                    layer = name.split(".layers.")[1].split(".")[0]
                    if letter == "B":
                        tensor = (tensor.float() * (float(alpha) / tensor.shape[1])).to(tensor.dtype)
                    key = f"transformer.transformer_blocks.{layer}.attn1.{peft}.lora_{letter}.weight"
                    result[key] = tensor.contiguous().clone()
    safetensors.torch.save_file(result, out, {"format": "pt"})


if __name__ == "__main__":
    main()
