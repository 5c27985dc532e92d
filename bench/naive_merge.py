"""Merges SAT's LoRA with torch: a script in the place of fmtconv.

naive_merge.py CHECKPOINT.pt OUT.safetensors ALPHA
"""
# SPDX-License-Identifier: Apache-2.0

import sys

import torch
from safetensors.torch import save_file


def main():
    source, out, alpha = sys.argv[1:]
    module = torch.load(source, map_location="cpu", weights_only=True, mmap=True)["module"]
    result = {}
    for name, tensor in module.items():
        if ".matrix_" in name:
            continue
        layer = name.removesuffix(".original.weight")
        if layer != name:
            parts = []
            for n, rows in enumerate(tensor.chunk(3 if layer.endswith("query_key_value") else 1)):
                a, b = module[f"{layer}.matrix_A.{n}"].float(), module[f"{layer}.matrix_B.{n}"].float()
                parts.append((rows.float() + float(alpha) / a.shape[0] * (b @ a)).to(tensor.dtype))
            tensor = torch.cat(parts)
        result[name.replace(".original.", ".")] = tensor.clone()
    save_file(result, out, {"format": "pt"})


if __name__ == "__main__":
    main()
