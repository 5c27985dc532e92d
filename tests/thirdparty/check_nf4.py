"""tests/thirdparty/check_nf4.py: weights of nf4 are decoded as bitsandbytes decodes them, bit for bit."""
# SPDX-License-Identifier: Apache-2.0
import json
import os
import subprocess
import sys

import torch
from safetensors.torch import load_file, save_file

TABLE = torch.tensor([
    -1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334,
    -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
    0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0])
DTYPES = {"float16": torch.float16, "bfloat16": torch.bfloat16, "float32": torch.float32}


def run(*args):
    return subprocess.run([os.environ["FMTCONV"], "-q", *args], capture_output=True, text=True)


def layer(name, shape, block, dtype, seed):
    """The tensors of a layer, and the weight that the formula of bitsandbytes makes of them."""
    random = torch.Generator().manual_seed(seed)
    elements = torch.Size(shape).numel()
    codes = torch.randint(0, 16, (elements + elements % 2,), generator=random)
    absmax = torch.rand(-(-elements // block), generator=random) * 3
    state = {"quant_type": "nf4", "blocksize": block, "dtype": dtype, "shape": list(shape)}
    tensors = {name: (codes[::2] * 16 + codes[1::2]).to(torch.uint8).reshape(-1, 1),
               f"{name}.absmax": absmax, f"{name}.quant_map": TABLE.clone(),
               f"{name}.quant_state.bitsandbytes__nf4": torch.tensor(list(json.dumps(state).encode()), dtype=torch.uint8)}
    scale = absmax.repeat_interleave(block)[:elements]
    return tensors, (TABLE[codes[:elements]] * scale).reshape(shape).to(DTYPES[dtype])


def decode(tensors, expected, **more):
    save_file({**tensors, **more}, "in.safetensors")
    result = run("-f", "--verify", "-t", "nf4", "in.safetensors", "out.safetensors")
    assert result.returncode == 0, result.stderr
    found = load_file("out.safetensors")
    assert found.keys() == {*expected, *more}, found.keys()
    for name, value in {**expected, **more}.items():
        assert found[name].dtype == value.dtype and torch.equal(found[name], value), name


def formula():
    tensors, expected = {}, {}
    shapes = [(48, 96), (7, 33), (12, 8, 3, 3), (640, 1031), (5,)]
    for i, (shape, dtype) in enumerate((s, d) for s in shapes for d in DTYPES):
        parts, value = layer(f"layer.{i}.weight", shape, (64, 128)[i % 2], dtype, i)
        tensors.update(parts)
        expected[f"layer.{i}.weight"] = value
    decode(tensors, expected, bias=torch.arange(5.0))


def library():
    """Compares with the package, which is in a folder of its own: tests/interop/converter.txt."""
    python = os.environ.get("FMTCONV_PYTHON", "")
    sys.path.append(os.environ.get("FMTCONV_CONVERTER") or os.path.join(os.path.dirname(os.path.dirname(python)), "converter"))
    try:
        import bitsandbytes.functional as bnb
    except Exception as error:
        return print(f"not compared with bitsandbytes: {error}")
    weight = torch.randn(96, 130, generator=torch.Generator().manual_seed(3)).to(torch.bfloat16)
    codes, state = bnb.quantize_4bit(weight, quant_type="nf4", compress_statistics=False)
    tensors = {f"w.{key}" if key else "w": value for key, value in {"": codes, **state.as_dict(packed=True)}.items()}
    decode({name: value.contiguous() for name, value in tensors.items()}, {"w": bnb.dequantize_4bit(codes, state)})


def refusals():
    tensors, _ = layer("w", (48, 96), 64, "float32", 1)
    for change, text in (({"w.absmax": torch.ones(3)}, "its parts do not fit its description"),
                         ({"w.quant_state.bitsandbytes__nf4": torch.zeros(4, dtype=torch.uint8)}, "do not fit"),
                         ({"w.nested_absmax": torch.ones(1)}, "its scales are quantized, too")):
        save_file({**tensors, **change}, "bad.safetensors")
        result = run("-t", "nf4", "bad.safetensors", "no.safetensors")
        assert result.returncode == 1 and text in result.stderr, result.stderr


if __name__ == "__main__":
    for check in (formula, library, refusals):
        check()
