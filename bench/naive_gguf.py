"""Writes a GGUF file with gguf-py: a script in the place of fmtconv.

naive_gguf.py f32|f16|q8_0|q4_0 INPUT.safetensors OUTPUT.gguf
"""
# SPDX-License-Identifier: Apache-2.0

import sys

import gguf
from safetensors import safe_open


def main():
    kind, source, out = sys.argv[1:]
    wanted, plain = gguf.GGMLQuantizationType[kind.upper()], gguf.GGMLQuantizationType.F32
    writer = gguf.GGUFWriter(out, "bench")
    with safe_open(source, "numpy") as model:
        for name in model.keys():
            tensor = model.get_tensor(name)
            dtype = wanted if tensor.ndim > 1 else plain
            writer.add_tensor(name, gguf.quantize(tensor, dtype), raw_dtype=dtype)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    main()
