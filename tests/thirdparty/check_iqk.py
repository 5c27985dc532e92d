"""tests/thirdparty/check_iqk.py: iq4_k of ik_llama.cpp is read and written as its formula in numpy says, bit for bit."""
# SPDX-License-Identifier: Apache-2.0
import os
import pathlib
import struct
import subprocess

import gguf
import numpy as np
from safetensors.numpy import load_file, save_file

TABLES = np.array([[-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113],
                   [-123, -100, -79, -61, -45, -31, -18, -6, 5, 17, 29, 42, 57, 73, 93, 117]], np.float32)
IQ4_K, Q4_K = 139, 12  # both have 256 elements in 144 bytes: gguf-py, which does not know the first, takes it for the second


def run(*args, status=0, **environment):
    result = subprocess.run([os.environ["FMTCONV"], *args], capture_output=True, text=True, env={**os.environ, **environment})
    assert result.returncode == status, result
    return result


def renumber(path, names, old, new):
    """Changes the type of tensors in a GGUF file."""
    data = bytearray(pathlib.Path(path).read_bytes())
    for name in names:
        at = data.index(struct.pack("<Q", len(name)) + name.encode()) + 8 + len(name)
        at += 4 + 8 * struct.unpack_from("<I", data, at)[0]
        assert struct.unpack_from("<I", data, at)[0] == old
        struct.pack_into("<I", data, at, new)
    pathlib.Path(path).write_bytes(data)


def tensors_of(path, names):
    """The blocks of tensors, as gguf-py finds them."""
    renumber(path, names, IQ4_K, Q4_K)
    found = {t.name: (tuple(t.shape[::-1]), np.array(t.data).tobytes()) for t in gguf.GGUFReader(path).tensors}
    renumber(path, names, Q4_K, IQ4_K)
    return found


def write(path, blocks):
    writer = gguf.GGUFWriter(path, "llama")
    for name, data in blocks.items():
        writer.add_tensor(name, data, raw_dtype=gguf.GGMLQuantizationType.Q4_K)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    renumber(path, blocks, Q4_K, IQ4_K)


def fields(blocks):
    """The scales (-32 … 31), tables and codes of groups of 16, of blocks [n, 144]."""
    extra = blocks[:, 2:4].copy().view("<u2")
    high = (blocks[:, 4:8, None] >> (2 * np.arange(4, dtype=np.uint8)) & 3).reshape(-1, 16)
    low = (blocks[:, 8:16, None] >> (4 * np.arange(2, dtype=np.uint8)) & 15).reshape(-1, 16)
    codes = blocks[:, 16:].reshape(-1, 8, 1, 16) >> np.array([0, 4], np.uint8)[:, None] & 15
    return (high * 16 + low).astype(int) - 32, extra >> np.arange(16, dtype=np.uint16) & 1, codes.reshape(-1, 16, 16)


def decode(blocks):
    blocks = blocks.reshape(-1, 144)
    scale, table, codes = fields(blocks)
    d = blocks[:, :2].copy().view(np.float16).astype(np.float32)
    with np.errstate(invalid="ignore"):
        return ((d * scale.astype(np.float32))[:, :, None] * TABLES[table[:, :, None], codes]).reshape(-1)


def nearest(table, values):
    return np.abs(values[..., None] - table).argmin(-1)


def in_order(terms):
    total = np.zeros(terms.shape[:-1], np.float32)
    for i in range(terms.shape[-1]):
        total = total + terms[..., i]
    return total


def encode(values):
    groups = values.reshape(-1, 16, 16)
    largest = np.take_along_axis(groups, np.abs(groups).argmax(-1)[..., None], -1)[..., 0]
    best, scale, table = (np.full(largest.shape, x) for x in (np.float32(0), np.float32(0), 0))
    for k in range(4):
        with np.errstate(all="ignore"):
            trial = largest / TABLES[k // 2][0 if k % 2 else 15]
            difference = groups - trial[..., None] * TABLES[k // 2][nearest(TABLES[k // 2], groups / trial[..., None])]
        error = in_order(difference * difference)
        better = ((error < best) | (k == 0)) & (np.abs(largest) > np.float32(1e-30))
        best, scale, table = np.where(better, error, best), np.where(better, trial, scale), np.where(better, k // 2, table)
    d = (np.abs(scale).max(-1) / np.float32(31)).astype(np.float16)
    d32 = d.astype(np.float32)[:, None]
    with np.errstate(all="ignore"):
        wanted = np.where(d32 > 0, np.clip(np.rint(scale / d32), -32, 31), 0).astype(np.float32)
        own = d32 * wanted
        scaled = groups / own[..., None]
    codes = np.where((own != 0)[..., None], np.stack([nearest(t, scaled) for t in TABLES])[table, np.arange(len(d))[:, None],
                                                                                           np.arange(16)], 0).astype(np.uint8)
    stored = (wanted.astype(int) + 32).astype(np.uint8).reshape(-1, 16)
    out = np.zeros((len(d), 144), np.uint8)
    out[:, :2] = d[:, None].view(np.uint8)
    out[:, 2:4] = (table << np.arange(16)).sum(-1).astype("<u2")[:, None].view(np.uint8)
    out[:, 4:8] = (stored.reshape(-1, 4, 4) // 16 << 2 * np.arange(4)).sum(-1)
    out[:, 8:16] = (stored.reshape(-1, 8, 2) % 16 << 4 * np.arange(2)).sum(-1)
    pairs = codes.reshape(-1, 8, 2, 16)
    out[:, 16:] = (pairs[:, :, 0] | pairs[:, :, 1] << 4).reshape(-1, 128)
    return out


def weights(random):
    shapes = {"a.weight": (48, 512), "b.weight": (7, 256), "c.weight": (15, 768), "d.weight": (1000, 1024)}
    found = {n: (random.standard_normal(s) * 10.0 ** random.integers(-3, 3)).astype(np.float32) for n, s in shapes.items()}
    found["b.weight"][0] = 0
    found["b.weight"][1, ::2] = 0
    found["b.weight"][2] = 0.5
    return found


def test_written(random):
    values = weights(random)
    save_file(values, "in.safetensors")
    for threads in "1", "8":
        run("-qf", "--verify", "--threads", threads, "-t", "quantize:to=iq4_k", "-w", "gguf:architecture=llama", "in.safetensors",
            f"out{threads}.gguf")
    assert pathlib.Path("out1.gguf").read_bytes() == pathlib.Path("out8.gguf").read_bytes()
    for name, (shape, data) in tensors_of("out1.gguf", values).items():
        assert shape == values[name].shape, (name, shape)
        assert data == encode(values[name]).tobytes(), name
    run("-qf", "-t", "dequantize:to=f32", "out1.gguf", "back.safetensors")
    for name, value in load_file("back.safetensors").items():
        assert np.array_equal(value.reshape(-1), decode(encode(values[name]))), name
        norm = np.linalg.norm(values[name])
        assert np.linalg.norm(value - values[name]) < 0.1 * norm, (name, np.linalg.norm(value - values[name]) / norm)
    plan = run("-n", "-t", "quantize:to=IQ4_K", "-w", "gguf:architecture=llama", "in.safetensors", "no.gguf")
    assert not os.path.exists("no.gguf"), plan
    assert "iq4_k" in run("inspect", "out1.gguf").stdout
    run("-qf", "-t", "quantize:to=q8_0,rule=b.*=iq4_k", "-w", "gguf:architecture=llama", "in.safetensors", "mixed.gguf")
    assert "iq4_k" in run("inspect", "mixed.gguf").stdout


def test_read(random):
    blocks = {n: random.integers(0, 256, s, np.uint8) for n, s in (("a.weight", (64, 288)), ("b.weight", (5, 144)))}
    blocks["a.weight"].reshape(-1, 144)[:, 1] &= 0xBB  # no infinity or NaN
    write("in.gguf", blocks)
    run("-qf", "-t", "dequantize:to=f32", "in.gguf", "out.safetensors")
    found = load_file("out.safetensors")
    assert found["a.weight"].tobytes() == decode(blocks["a.weight"]).tobytes()
    assert np.array_equal(found["b.weight"].reshape(-1), decode(blocks["b.weight"]), equal_nan=True)
    run("-qf", "in.gguf", "copy.gguf")
    assert {n: d for n, (_, d) in tensors_of("copy.gguf", blocks).items()} == {n: b.tobytes() for n, b in blocks.items()}
    run("-qf", "-t", "select:name=a.*", "in.gguf", "one.gguf")
    run("-qf", "-t", "dequantize:to=f32", "one.gguf", "one.safetensors")
    assert "iq4_k" in run("diff", "one.safetensors", "one.gguf", status=1).stdout
    run("diff", "one.gguf", "one.gguf")
    run("-qf", "--allow-lossy", "-t", "quantize:to=q8_0", "one.gguf", "q8.gguf")


def test_refused(random):
    for value, text in (np.nan, "NaN"), (np.inf, "inf"), (3e38, "too large for blocks of iq4_k"):
        values = np.ones((4, 256), np.float32)
        values[2, 3] = value
        save_file({"w.weight": values}, "bad.safetensors")
        result = run("-f", "-t", "quantize:to=iq4_k", "-w", "gguf:architecture=llama", "bad.safetensors", "no.gguf", status=1)
        assert text in result.stderr and "w.weight" in result.stderr and not os.path.exists("no.gguf"), result
    write("in.gguf", {"a.weight": random.integers(0, 256, (2, 144), np.uint8)})
    missing = {"FMTCONV_PLUGIN_PATH": os.environ["FMTCONV_PLUGIN_PATH"].split(":", 1)[1]}
    result = run("in.gguf", "no.safetensors", status=1, **missing)
    assert "its type 139 is unknown" in result.stderr, result
    pathlib.Path("index").mkdir()
    pathlib.Path("index/iqk.yaml").write_text("""fmtconv-index: 1
plugins:
- name: iqk
  package: fmtconv-iqk
  codec: {types: [{name: iq4_k, gguf: 139}]}
""")
    missing["FMTCONV_INDEX_PATH"] = f"{pathlib.Path('index').absolute()}:{os.environ['FMTCONV_INDEX_PATH']}"
    for command in ("in.gguf",), ("-t", "quantize:to=iq4_k", "bad.safetensors"):
        result = run(*command, "no.gguf", status=1, **missing)
        assert "install the package fmtconv-iqk" in result.stderr, result


if __name__ == "__main__":
    for test in test_written, test_read, test_refused:
        test(np.random.default_rng(7))
