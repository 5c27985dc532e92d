#!/usr/bin/env python3
"""tests/build/conversions.py FOLDER: converts random weights in every way that computes, and prints digests of the outputs.

Two builds must print the same.  FMTCONV and FMTCONV_PLUGIN_PATH name the build; RUNNER, a command before FMTCONV."""
# SPDX-License-Identifier: Apache-2.0
import hashlib
import json
import os
import pathlib
import random
import shlex
import shutil
import struct
import subprocess
import sys

HERE = pathlib.Path(sys.argv[0]).resolve().parent
BLOCKS = "q4_0 q4_1 q5_0 q5_1 q8_0 q2_K q3_K q4_K q5_K q6_K iq4_nl iq4_xs tq1_0 tq2_0 mxfp4".split()
FLOATS = "f16 bf16 f8_e4m3 f8_e5m2 f64".split()


def weights(seed, special=()):
    """Returns the bytes of a safetensors file of f32 weights; the first values of the first tensor are special."""
    draw = random.Random(seed)
    header, data = {}, b""
    for name, shape in {"blk.0.attn.weight": (48, 512), "blk.0.ffn.weight": (96, 160), "norm.weight": (512,), "one.bias": (3,)}.items():
        n = shape[0] * (shape[1] if len(shape) > 1 else 1)
        values = [draw.gauss(0, 1) * 2.0 ** draw.randint(-20, 3) for _ in range(n)]
        if not data:
            values[: len(special)] = special
        packed = struct.pack(f"<{n}f", *values)
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [len(data), len(data) + len(packed)]}
        data += packed
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def commands():
    """Yields pairs of arguments and output."""
    for to in FLOATS:
        yield f"-t cast:to={to} odd.safetensors", f"cast-{to}.safetensors"
        yield f"-t cast:to=f32 cast-{to}.safetensors", f"back-{to}.safetensors"
    for to in BLOCKS + ["Q4_K_M", "Q2_K"]:
        yield f"-t quantize:to={to} -w gguf:architecture=test a.safetensors", f"quantize-{to}.gguf"
        yield f"-t dequantize:to=f32 quantize-{to}.gguf", f"dequantize-{to}.safetensors"
    for scale in ("tensor", "row", "block"):
        yield f"-t quantize:to=f8_e4m3,scale={scale} a.safetensors", f"scaled-{scale}.safetensors"
    yield "-t dequantize:to=bf16 scaled-row.safetensors", "unscaled.safetensors"
    for name, options in {"linear": "weight=0.3", "slerp": "weight=0.3,method=slerp", "sum": "weight=0.5,base-weight=1,normalize=no"}.items():
        yield f"-t merge:file=b.safetensors,{options} a.safetensors", f"merge-{name}.safetensors"
    yield "-t transpose:name=*.attn.weight a.safetensors", "transposed.safetensors"
    yield "a.safetensors", "a.pt"
    yield "--dtype bf16 a.pt", "from-torch.safetensors"
    yield "ckpts_2b_lora", "lora.safetensors"
    yield "--dtype f16 ckpts_2b_lora", "lora-f16.safetensors"
    yield "-t lora-merge ckpts_2b_lora", "merged.safetensors"
    yield "-t lora-merge:weight=0.37 --dtype f16 ckpts_2b_lora", "merged-f16.safetensors"


def convert(arguments, output):
    """Returns the digest of the output, or the error."""
    runner = shlex.split(os.environ.get("RUNNER", "")) + [os.environ["FMTCONV"]]
    done = subprocess.run(runner + ["-q", "--force"] + arguments.split() + [output], capture_output=True, text=True, check=False)
    if done.returncode:
        return f"status {done.returncode}: {done.stderr.strip()}"
    return hashlib.sha256(pathlib.Path(output).read_bytes()).hexdigest()


os.chdir(sys.argv[1])
special = [0.0, -0.0, 1e-45, -1e-40, 65504.0, 65519.9, 65520.0, 448.0, 464.0, 57344.0, 61440.0, 6.1e-5, 5.9e-8, 2.9e-8, 1.00390625, 1.01171875]
pathlib.Path("a.safetensors").write_bytes(weights(1))
pathlib.Path("b.safetensors").write_bytes(weights(2))
pathlib.Path("odd.safetensors").write_bytes(weights(3, special))
shutil.copytree(HERE.parent / "data/ckpts_2b_lora", "ckpts_2b_lora", dirs_exist_ok=True)
failed = 0
for arguments, output in commands():
    result = convert(arguments, output)
    failed += result.startswith("status")
    print(f"{output}: {result}")
sys.exit(bool(failed))
