"""Tensors of torch: bit for bit what torch, safetensors and gguf read and compute."""
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

import fmtconv

torch = pytest.importorskip("torch")
safetensors_torch = pytest.importorskip("safetensors.torch")

PLAIN = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64"]
FP8 = ["float8_e4m3fn", "float8_e5m2"]
FLOATS = ["float16", "bfloat16", "float32", "float64", *FP8]


def bits(t):
    return t.contiguous().reshape(-1).view(torch.uint8)


def equal(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and torch.equal(bits(a), bits(b))


@pytest.fixture
def tensors():
    torch.manual_seed(0)
    x = torch.randn(33, 65) * 40
    return {name: x.to(getattr(torch, name)) for name in PLAIN + FP8}


@pytest.fixture
def path(tmp_path, tensors):
    safetensors_torch.save_file(tensors, tmp_path / "all.safetensors")
    return tmp_path / "all.safetensors"


@pytest.mark.parametrize("name", PLAIN + FP8)
def test_every_type(path, tensors, name):
    wanted = safetensors_torch.load_file(path)[name]
    with fmtconv.open(path) as f:
        assert equal(f[name].torch(), wanted)
        assert equal(f[name][5:20].torch(), wanted[5:20])
        assert equal(f[name][-1].torch(), wanted[-1])


@pytest.mark.parametrize("name", FLOATS)
@pytest.mark.parametrize("to", FLOATS)
def test_casts(path, tensors, name, to):
    with fmtconv.open(path) as f:
        assert equal(f[name].torch(getattr(torch, to)), tensors[name].to(getattr(torch, to)))


def test_a_large_tensor_on_all_threads(tmp_path):
    """Larger than the memory of the reads, by rows, transposed and cast."""
    torch.manual_seed(1)
    x = torch.randn(3000, 2001)
    safetensors_torch.save_file({"x": x}, tmp_path / "x.safetensors")
    for threads in (1, 3):
        with fmtconv.open(
            tmp_path / "x.safetensors", transforms="transpose:name=x", threads=threads, memory="4M"
        ) as f:
            assert equal(f["x"].torch(), x.t())
            assert equal(f["x"][7:1501].torch(torch.bfloat16), x.t()[7:1501].to(torch.bfloat16))


def test_checkpoints_of_torch(tmp_path):
    torch.manual_seed(2)
    state = {"a.weight": torch.randn(300, 200), "b": torch.arange(5), "half": torch.randn(7).half()}
    torch.save(state, tmp_path / "model.pt")
    with fmtconv.open(tmp_path / "model.pt") as f:
        assert list(f) == list(state)
        for name, wanted in state.items():
            assert equal(f[name].torch(), wanted)


def test_a_damaged_archive(tmp_path):
    """A checksum of the archive is compared when a whole tensor is read."""
    torch.save({"a": torch.zeros(4096)}, tmp_path / "model.pt")
    data = bytearray((tmp_path / "model.pt").read_bytes())
    at = data.index(bytes(4096))
    data[at + 2048] = 1
    (tmp_path / "model.pt").write_bytes(data)
    with fmtconv.open(tmp_path / "model.pt") as f, pytest.raises(fmtconv.FormatError, match="checksum"):
        f["a"].torch()


def test_a_pipeline(tmp_path):
    """Components of a folder of diffusers are named."""
    for name, cls in [("transformer", "CogVideoXTransformer3DModel"), ("vae", "AutoencoderKLCogVideoX")]:
        (tmp_path / "pipe" / name).mkdir(parents=True)
        (tmp_path / "pipe" / name / "config.json").write_text('{"_class_name": "%s"}' % cls)
        safetensors_torch.save_file(
            {"w": torch.full((2,), float(len(name)))},
            tmp_path / "pipe" / name / "diffusion_pytorch_model.safetensors",
        )
    (tmp_path / "pipe" / "model_index.json").write_text(
        '{"_class_name": "CogVideoXPipeline", "transformer": ["diffusers", "CogVideoXTransformer3DModel"],'
        ' "vae": ["diffusers", "AutoencoderKLCogVideoX"]}'
    )
    with fmtconv.open(tmp_path / "pipe") as f:
        assert set(f) == {"transformer/w", "vae/w"}
        assert f["vae/w"].component == "vae" and f["vae/w"].name == "w"
        assert f["transformer/w"].torch().tolist() == [11.0, 11.0]
        assert {c["name"] for c in f.components} == {"transformer", "vae"}


def test_quantized(tmp_path):
    """Blocks as ggml encodes and decodes them."""
    gguf = pytest.importorskip("gguf")
    torch.manual_seed(3)
    x = torch.randn(6, 512)
    safetensors_torch.save_file({"blk.0.attn_q.weight": x}, tmp_path / "x.safetensors")
    with fmtconv.open(tmp_path / "x.safetensors", transforms="quantize:to=q8_0,rule=*=q8_0") as f:
        t = f["blk.0.attn_q.weight"]
        assert (t.dtype, t.shape, t.nbytes) == ("q8_0", (6, 512), 6 * 16 * 34)
        wanted = gguf.quantize(x.numpy(), gguf.GGMLQuantizationType.Q8_0)
        assert (t.numpy(raw=True) == wanted).all()
        assert (t[2:4].numpy(raw=True) == wanted[2:4]).all()
        with pytest.raises(TypeError):
            t.numpy()
    fmtconv.convert(
        tmp_path / "x.safetensors",
        tmp_path / "x.gguf",
        transforms="quantize:to=q8_0,rule=*=q8_0",
        writer="gguf:architecture=test",
    )
    with fmtconv.open(tmp_path / "x.gguf") as f:
        t = f["blk.0.attn_q.weight"]
        values = gguf.dequantize(wanted, gguf.GGMLQuantizationType.Q8_0)
        assert (t.numpy("f32") == values).all()
        assert (t[3].numpy("f32") == values[3]).all()
        assert equal(t.torch("f32"), torch.from_numpy(values))


def test_scaled_fp8(tmp_path):
    """Codes with scales are values after dequantize."""
    torch.manual_seed(4)
    codes, scale = torch.randn(64, 32).to(torch.float8_e4m3fn), torch.tensor(0.5)
    safetensors_torch.save_file({"l.weight": codes, "l.weight_scale": scale}, tmp_path / "x.safetensors")
    with fmtconv.open(tmp_path / "x.safetensors", transforms="dequantize:to=f32") as f:
        assert list(f) == ["l.weight"]
        assert equal(f["l.weight"].torch(), codes.float() * 0.5)


def test_tensors_own_their_memory(path, tensors):
    with fmtconv.open(path) as f:
        t = f["float32"].torch()
    t += 1
    assert torch.equal(t, tensors["float32"] + 1)


def test_types_that_torch_lacks(tmp_path):
    from conftest import write_safetensors

    p = write_safetensors(tmp_path / "x.safetensors", {"w": ("F32", (1, 32), bytes(128))})
    with fmtconv.open(p, transforms="quantize:to=q4_0,rule=*=q4_0") as f, pytest.raises(TypeError, match="torch has no q4_0"):
        f["w"].torch()
