# SPDX-License-Identifier: Apache-2.0
"""Writes the input files of cases.txt to a folder: make_inputs.py FOLDER.  PYTHONPATH has tests/interop."""

import io
import json
import struct
import sys
import zipfile
from pathlib import Path

import torch
from safetensors.torch import save_file
from test_packed import Layers

OUT = Path(sys.argv[1])
FLOATS = [torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.float8_e4m3fn, torch.float8_e5m2]
INTEGERS = [torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64]


def weights(*shape, seed=0, size=1.0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)) * size


def special(t):
    """With numbers that are rounded, overflow or are not numbers in other types."""
    t.view(-1)[:10] = torch.tensor([float("inf"), -float("inf"), float("nan"), -0.0, 1e-40, 70000, -1e9, 3e38, 464, 1e-7])
    return t


def every_type():
    tensors = {str(d).split(".")[1]: weights(67, 131, seed=i, size=30).to(d) for i, d in enumerate(FLOATS)}
    tensors |= {"special": special(weights(33, 35, seed=9)), "scalar": torch.tensor(2.5), "empty": torch.zeros(0, 3)}
    for i, dtype in enumerate(INTEGERS):
        high = 2 if dtype == torch.bool else 100
        tensors[str(dtype).split(".")[1]] = torch.randint(0, high, (37, 41), generator=torch.Generator().manual_seed(i)).to(dtype)
    return tensors


def big_endian(path, out):
    """The archive as torch writes it on a big-endian machine."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name.endswith("/byteorder"):
                data = b"big"
            elif "/data/" in name:
                data = b"".join(struct.pack(">I", *struct.unpack("<I", data[i:i + 4])) for i in range(0, len(data), 4))
            new.writestr(name, data)


def packed(name, config, **layers):
    folder = OUT / name
    folder.mkdir()
    tensors = {f"{layer}.{k}": t.contiguous() for layer, parts in layers.items() for k, t in parts[0].items()}
    save_file(tensors | {"norm.gain": torch.ones(8, dtype=torch.bfloat16)}, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps({"model_type": "llama", "quantization_config": config}))


def huge():
    """A tensor of more than 4 GiB, of which only the last numbers are not 0 and take space, and one behind it."""
    rows, columns, last = 1 << 10, (1 << 20) + 64, weights(300)
    size = rows * columns * 4
    header = json.dumps({"huge.weight": {"dtype": "F32", "shape": [rows, columns], "data_offsets": [0, size]},
                         "behind": {"dtype": "F32", "shape": [300], "data_offsets": [size, size + 1200]}}).encode()
    with open(OUT / "huge.safetensors", "wb") as file:
        file.write(struct.pack("<Q", len(header)) + header)
        file.seek(size - 1200, 1)
        file.write(last.numpy().tobytes() * 2)


def main():
    huge()
    tensors = every_type()
    save_file(tensors, OUT / "types.safetensors")
    torch.save({**tensors, "complex": torch.view_as_complex(weights(31, 17, 2)), "turned": weights(65, 130).T,
                "strided": weights(64, 64)[::2, 1::3], "count": 7, "nested": {"lr": 0.1, "steps": [1, 2**40, -3]}}, OUT / "types.pt")
    torch.save({"a.weight": weights(65, 33), "b": torch.arange(9)}, OUT / "legacy.pt", _use_new_zipfile_serialization=False)
    torch.save({"a.weight": weights(65, 33), "b.weight": weights(300)}, OUT / "little.pt")
    big_endian(OUT / "little.pt", OUT / "big.pt")

    model = {f"blk.{i}.{n}.weight": weights(r, c, seed=i, size=0.05) for i in range(2) for n, r, c in (("up", 96, 512), ("down", 40, 768))}
    model |= {"norm.weight": weights(512, seed=5), "blk.0.up.bias": weights(96, seed=6, size=0.01)}
    save_file(model, OUT / "model.safetensors")
    save_file({k: (v + weights(*v.shape, seed=8, size=0.02)) for k, v in model.items()}, OUT / "second.safetensors")
    save_file({k: (v + weights(*v.shape, seed=9, size=0.02)).to(torch.bfloat16) for k, v in model.items()}, OUT / "third.safetensors")
    data = io.BytesIO()
    entries = {k: v.shape[1] for k, v in model.items() if v.dim() == 2}
    data.write(struct.pack("<i", len(entries)))
    for i, (name, columns) in enumerate(entries.items()):
        sums = torch.rand(columns, generator=torch.Generator().manual_seed(i)) * 100
        data.write(struct.pack("<i", len(name)) + name.encode() + struct.pack("<ii", 7, columns) + sums.numpy().tobytes())
    data.write(struct.pack("<ii", 7, 4) + b"data")
    (OUT / "imatrix.dat").write_bytes(data.getvalue())

    lora = {}
    for i, (name, t) in enumerate((k, v) for k, v in model.items() if v.dim() == 2):
        stem = "base_model.model." + name.removesuffix(".weight")
        lora[f"{stem}.lora_A.weight"] = weights(8, t.shape[1], seed=20 + i, size=0.1)
        lora[f"{stem}.lora_B.weight"] = weights(t.shape[0], 8, seed=30 + i, size=0.1).to(torch.bfloat16)
    for kind in ("lora", "dora"):
        folder = OUT / kind
        folder.mkdir()
        magnitudes = {k.replace("lora_A.weight", "lora_magnitude_vector"): weights(model[k[17:].replace("lora_A.", "")].shape[0]).abs()
                      for k in lora if "lora_A" in k}
        save_file({**{k: v.float() for k, v in lora.items()}, **magnitudes} if kind == "dora" else lora, folder / "adapter_model.safetensors")
        (folder / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA", "r": 8, "lora_alpha": 12, "use_dora": kind == "dora",
                                                                "target_modules": ["up", "down"]}))
    packed("gptq", {"quant_method": "gptq", "bits": 4}, a=Layers.gptq(), b=Layers.gptq(3, columns=64), c=Layers.gptq(8, order="act"))
    packed("awq", {"quant_method": "awq", "version": "gemm"}, a=Layers.awq())
    packed("compressed", {"quant_method": "compressed-tensors"}, a=Layers.compressed(), b=Layers.compressed(asymmetric=True),
           c=Layers.compressed(index=True, dtype=torch.float16))
    packed("int8", {"quant_method": "compressed-tensors"}, a=Layers.int8(), b=Layers.int8(asymmetric=True))
    packed("bitsandbytes", {"quant_method": "bitsandbytes"}, a=Layers.bnb(), b=Layers.bnb("fp4", nested=True), c=Layers.bnb_int8())


main()
