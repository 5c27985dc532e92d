"""Open checkpoints, with numpy."""
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import struct
import sys
from collections.abc import Mapping

import numpy as np
import pytest
from conftest import VALUES, write_safetensors

import fmtconv

W = np.array(VALUES, "f4").reshape(3, 2)


@pytest.fixture
def f(model):
    with fmtconv.open(model) as f:
        yield f


def test_is_a_mapping(f, model):
    assert isinstance(f, Mapping)
    assert list(f) == ["w", "h", "n", "e"]
    assert len(f) == 4 and "w" in f and "x" not in f
    assert {name: t.shape for name, t in f.items()} == {"w": (3, 2), "h": (2,), "n": (), "e": (0, 4)}
    with pytest.raises(KeyError):
        f["x"]
    assert f.reader == "safetensors"
    assert f.attributes["metadata"]["note"] == "made by a test"
    assert f.components == [] and f.skipped == []
    assert repr(f) == f"<fmtconv.Checkpoint '{model}' 4 tensors>"


def test_describes_tensors(f):
    t = f["w"]
    assert (t.name, t.component, t.dtype, t.shape, t.ndim, t.size, t.nbytes) == ("w", "", "f32", (3, 2), 2, 6, 24)
    assert repr(t) == "<fmtconv.Tensor 'w' f32 (3, 2)>"
    assert len(t) == 3
    with pytest.raises(TypeError):
        len(f["n"])


def test_numpy(f):
    assert np.array_equal(f["w"].numpy(), W) and f["w"].numpy().dtype == np.dtype("f4")
    assert f["n"].numpy() == -7 and f["n"].numpy().shape == ()
    assert f["e"].numpy().shape == (0, 4)
    assert np.array_equal(np.asarray(f["w"]), W)
    assert np.asarray(f["w"], "f8").dtype == np.dtype("f8")
    with pytest.raises(ValueError):
        f["w"].__array__(copy=False)


def test_converts(f):
    for dtype in ("f64", np.float64, np.dtype("f8")):
        assert np.array_equal(f["w"].numpy(dtype), W.astype("f8"))
    assert np.array_equal(f["h"].numpy("f32"), [1.0, -2.0])
    with pytest.raises(TypeError):
        f["w"].numpy("S4")
    with pytest.raises(TypeError):
        f["w"].numpy(np.dtype("M8"))
    with pytest.raises(fmtconv.UsageError):
        f["w"].tobytes("f31")
    assert np.array_equal(f["w"].numpy(), W)  # after an error the file is opened again


def test_bf16_and_fp8(f, tmp_path):
    try:
        import ml_dtypes
    except ImportError:
        with pytest.raises(TypeError, match="install ml_dtypes"):
            f["h"].numpy()
    else:
        assert f["h"].numpy().dtype == np.dtype(ml_dtypes.bfloat16)
        assert np.array_equal(f["h"].numpy().astype("f4"), [1.0, -2.0])
    assert np.array_equal(f["h"].numpy(raw=True).view("<u2"), [0x3F80, 0xC000])
    path = write_safetensors(tmp_path / "fp8.safetensors", {"c": ("F8_E4M3", (2, 2), bytes([0x38, 0xB8, 0x7E, 0]))})
    with fmtconv.open(path) as g:
        assert np.array_equal(g["c"].numpy("f32"), [[1, -1], [448, 0]])
        assert np.array_equal(g["c"].numpy(raw=True), [[0x38, 0xB8], [0x7E, 0]])


def test_rows(f):
    t = f["w"]
    assert np.array_equal(t[1:].numpy(), W[1:])
    assert np.array_equal(t[1].numpy(), W[1]) and t[1].shape == (2,)
    assert np.array_equal(t[-1].numpy(), W[-1])
    assert np.array_equal(t[1:][1:].numpy(), W[2:])
    assert np.array_equal(t[1:][0].numpy("f64"), W[1])
    assert t[5:].numpy().shape == (0, 2) and t[2:1].shape == (0, 2)
    assert t[:0].tobytes() == b"" and t[:0].nbytes == 0
    assert [row.numpy()[0] for row in t] == [1, 3, 5]
    assert t[:2].nbytes == 16
    assert f["h"][1].numpy("f32") == -2.0
    for wrong in (3, -4):
        with pytest.raises(IndexError):
            t[wrong]
    with pytest.raises(ValueError):
        t[::2]
    for wrong in ("a", 1.0, (1, 1)):
        with pytest.raises(TypeError):
            t[wrong]
    with pytest.raises(TypeError):
        t[0][0]
    with pytest.raises(TypeError):
        f["n"][0]


def test_reads_only_the_rows(tmp_path):
    """The rest of the file may be as large as it likes: what is read is counted by the system."""

    def read_bytes():
        return int(open("/proc/self/io").read().split()[1])

    path = write_safetensors(tmp_path / "large.safetensors", {"z": ("F32", (1 << 15, 1 << 10), None)})
    with fmtconv.open(path) as f:
        before = read_bytes()
        f["z"][1000:1010].numpy()
        assert read_bytes() - before < 1 << 20


def test_buffers(f):
    view = f["w"].memoryview()
    assert (view.shape, view.format, view.tolist()) == ((3, 2), "f", W.tolist())
    assert f["n"].memoryview().tolist() == -7
    assert f["h"].memoryview().tobytes() == f["h"].tobytes() == struct.pack("<2H", 0x3F80, 0xC000)
    buffer = bytearray(24)
    f["w"].read_into(buffer)
    assert bytes(buffer) == W.tobytes()
    array = np.empty((3, 2), "f8")
    f["w"].read_into(array, "f64")
    assert np.array_equal(array, W)
    f["e"].read_into(bytearray())
    with pytest.raises(ValueError, match="23 bytes"):
        f["w"].read_into(bytearray(23))
    with pytest.raises(ValueError, match="read-only"):
        f["w"].read_into(bytes(24))
    with pytest.raises(ValueError, match="contiguous"):
        f["w"].read_into(np.empty((3, 4), "f4")[:, ::2])


if sys.version_info >= (3, 12):  # where classes can have it

    def test_buffer_protocol(f):
        assert memoryview(f["w"]).shape == (3, 2)


def test_closing(model):
    f = fmtconv.open(model)
    array = f["w"].numpy()
    t = f["w"]
    f.close()
    f.close()
    assert f.closed and "closed" in repr(f)
    assert np.array_equal(array, W)
    with pytest.raises(ValueError, match="closed"):
        t.numpy()
    with f:
        pass


def test_files_are_closed_without_close(model):
    def n_open():
        return len(os.listdir("/proc/self/fd"))

    import gc

    gc.collect()
    before = n_open()
    for _ in range(10):
        fmtconv.open(model)["w"].numpy()
    gc.collect()
    assert n_open() == before


def test_transforms(model):
    with fmtconv.open(model, transforms=["transpose:name=w", "prefix:add=m."]) as f:
        assert list(f) == ["m.w", "m.h", "m.n", "m.e"]
        assert np.array_equal(f["m.w"].numpy(), W.T)
        assert np.array_equal(f["m.w"][1].numpy(), W.T[1])
    with pytest.raises(fmtconv.UsageError):
        fmtconv.open(model, transforms="transpose:of=w")


def test_a_changed_file(model):
    with fmtconv.open(model) as f:
        f["w"].numpy()
        write_safetensors(model, {"w": ("F32", (1,), bytes(4))})
        with pytest.raises(fmtconv.SystemCallError, match="changed"):
            f["w"].numpy()
        with pytest.raises(fmtconv.SystemCallError, match="changed since it was opened"):
            f["w"].numpy()


def test_a_relative_path_is_kept_when_the_folder_changes(model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    f = fmtconv.open(model.name)
    monkeypatch.chdir("/")
    with pytest.raises(fmtconv.UsageError):
        f["w"].tobytes("f31")
    assert np.array_equal(f["w"].numpy(), W)
    f.close()


def test_warnings_of_a_read(f, caplog):
    assert f["w"].tobytes("u8") is not None
    big = f["w"].numpy("f64")
    assert np.array_equal(big, W)


def test_limits(model):
    with fmtconv.open(model, threads=1, memory="1M") as f:
        assert np.array_equal(f["w"].numpy(), W)
    with pytest.raises(ValueError):
        fmtconv.open(model, memory="0M")


def test_progress(model):
    seen = []
    with fmtconv.open(model, progress=lambda done, total: seen.append((done, total))) as f:
        f["w"].numpy()
    assert seen[-1] == (24, 24)
