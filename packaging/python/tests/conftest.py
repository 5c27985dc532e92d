"""Files for the tests, made without any other software."""
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import pathlib
import signal
import struct

import pytest

SIZES = {"F32": 4, "F16": 2, "BF16": 2, "U8": 1, "F8_E4M3": 1, "I64": 8}


def write_safetensors(path, tensors, metadata=None):
    """Writes {name: (dtype, shape, bytes)}; bytes None: zeros that take no space."""
    header, at, parts = {}, 0, []
    if metadata:
        header["__metadata__"] = metadata
    for name, (dtype, shape, data) in tensors.items():
        n = SIZES[dtype]
        for extent in shape:
            n *= extent
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [at, at + n]}
        parts.append((at, data))
        at += n
    text = json.dumps(header).encode()
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        start = f.tell()
        for place, data in parts:
            if data is not None:
                f.seek(start + place)
                f.write(data)
        f.truncate(start + at)
    return pathlib.Path(path)


VALUES = [1.0, 2.0, 3.0, 4.0, 5.0, -0.5]


@pytest.fixture
def model(tmp_path):
    """w: a matrix of three rows; h: two numbers of bf16; n: a number without axes; e: no elements."""
    return write_safetensors(
        tmp_path / "model.safetensors",
        {
            "w": ("F32", (3, 2), struct.pack("<6f", *VALUES)),
            "h": ("BF16", (2,), struct.pack("<2H", 0x3F80, 0xC000)),
            "n": ("I64", (), struct.pack("<q", -7)),
            "e": ("F32", (0, 4), b""),
        },
        {"format": "pt", "note": "made by a test"},
    )


@pytest.fixture
def large(tmp_path):
    """Two GiB of zeros, which no disk has to hold: a conversion that lasts."""
    return write_safetensors(tmp_path / "large.safetensors", {"z": ("F32", (1 << 15, 1 << 14), None)})


@pytest.fixture
def ctrl_c():
    """SIGINT as in a terminal, also where the tests run in the background of a shell, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def nothing_left(tmp_path):
    """After the test, the folder holds what was there at its begin."""
    before = {p.name for p in tmp_path.iterdir()}
    yield
    assert {p.name for p in tmp_path.iterdir()} == before
