"""The examples of README.md run, one after the other."""
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pathlib
import re
import struct

import pytest
from conftest import write_safetensors

README = pathlib.Path(__file__).resolve().parents[1] / "README.md"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.M | re.S)


def test_examples(tmp_path, monkeypatch):
    pytest.importorskip("torch")
    pytest.importorskip("tqdm")
    monkeypatch.chdir(tmp_path)
    for name, factor in [("model.safetensors", 1.0), ("other.safetensors", 2.0)]:
        values = struct.pack("<64f", *[factor * i / 7 for i in range(64)])
        write_safetensors(name, {"layer.weight": ("F32", (8, 8), values), "layer.bias": ("F32", (8,), values[:32])})
    (tmp_path / "bf16.yaml").write_text(
        "fmtconv: 1\nvariables: {model: }\n"
        'read: {safetensors: {path: "${model}"}}\n'
        "transform: [{cast: {to: bf16}}]\n"
        'write: {safetensors: {path: "${output}"}}\n'
    )
    blocks = BLOCK.findall(README.read_text(encoding="utf-8"))
    assert len(blocks) > 6
    names: dict[str, object] = {}
    for i, block in enumerate(blocks):
        exec(compile(block, f"README.md, example {i + 1}", "exec"), names)
