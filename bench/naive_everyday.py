"""Does everyday conversions with torch and safetensors: a script in the place of fmtconv.

naive_everyday.py none|transpose|bf16 INPUT OUTPUT
"""
# SPDX-License-Identifier: Apache-2.0

import sys

import torch
from safetensors.torch import load_file, save_file

CHANGES = {"none": lambda t: t, "transpose": lambda t: t.t().contiguous(), "bf16": lambda t: t.to(torch.bfloat16)}


def main():
    change, source, out = sys.argv[1:]
    if source.endswith(".pt"):
        tensors = torch.load(source, map_location="cpu", weights_only=True, mmap=True)
    else:
        tensors = load_file(source)
    tensors = {name: CHANGES[change](tensor) for name, tensor in tensors.items()}
    if out.endswith(".pt"):
        torch.save(tensors, out)
    else:
        save_file(tensors, out, {"format": "pt"})


if __name__ == "__main__":
    main()
