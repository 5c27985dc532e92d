"""Writes the models of the benches.

modelmake.py OUT.safetensors normal   f32 tensors of normal weights
modelmake.py OUT.safetensors DTYPE    values of random sign and mantissa, of a data type of torch
modelmake.py OUT.pt DTYPE [module]    the same by torch.save; with 'module' as in a training checkpoint

Names and shapes are lines of standard input: NAME, a tab, and the sizes of the dimensions with commas.  Only .pt files need
torch, as its import takes longer than the writing of a small model.
"""
# SPDX-License-Identifier: Apache-2.0

import json
import struct
import sys
from math import prod

import numpy as np

RANDOM = np.random.default_rng(1)
BLOCK = 1 << 22  # values that are made at once, so that any size fits into memory
BITS = {  # name in safetensors, integer, bits of sign and mantissa, bits of the exponent
    "float32": ("F32", np.uint32, 0x807fffff, 0x3c800000),
    "float16": ("F16", np.uint16, 0x83ff, 0x2400),
    "bfloat16": ("BF16", np.uint16, 0x807f, 0x3c80),
    "float8_e4m3fn": ("F8_E4M3", np.uint8, 0x87, 0x18),
}


def tensors():
    """Yields names and shapes from standard input."""
    for line in sys.stdin:
        name, shape = line.rstrip().split("\t")
        yield name, [int(n) for n in shape.split(",")]


def normal(count):
    """Returns normal weights."""
    return RANDOM.standard_normal(count, dtype="<f4") * np.float32(0.02)


def random_bits(dtype):
    """Returns a function that returns values of a data type, as integers."""
    _, kind, mantissa, exponent = BITS[dtype]
    return lambda count: np.frombuffer(RANDOM.bytes(count * kind().nbytes), kind) & kind(mantissa) | kind(exponent)


def write_safetensors(path, dtype, values):
    """Writes a safetensors file; values returns so many values."""
    name, kind, *_ = BITS[dtype]
    header, at, item = {}, 0, kind().nbytes
    for tensor, shape in tensors():
        end = at + item * prod(shape)
        header[tensor] = {"dtype": name, "shape": shape, "data_offsets": [at, end]}
        at = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        while at:
            count = min(at // item, BLOCK)
            file.write(values(count).tobytes())
            at -= item * count


def write_torch(path, dtype, values, module):
    """Writes a file of torch.save."""
    import torch
    state = {name: torch.from_numpy(values(prod(shape))).view(getattr(torch, dtype)).reshape(shape)
             for name, shape in tensors()}
    torch.save({"module": state} if module else state, path)


def main():
    path, kind, *rest = sys.argv[1:]
    if kind == "normal":
        write_safetensors(path, "float32", normal)
    elif path.endswith(".pt"):
        write_torch(path, kind, random_bits(kind), rest == ["module"])
    else:
        write_safetensors(path, kind, random_bits(kind))


if __name__ == "__main__":
    main()
