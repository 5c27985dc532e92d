"""tests/thirdparty/check_distcp.py [FOLDER]: what torch.distributed.checkpoint saves is read as torch reads it; with FOLDER,
makes the sample there."""
# SPDX-License-Identifier: Apache-2.0
import os
import pathlib
import pickle
import shutil
import subprocess
import sys

import torch
import torch.distributed.checkpoint as dcp
from safetensors.torch import load_file
from torch.distributed.checkpoint.default_planner import DefaultLoadPlanner, _EmptyStateDictLoadPlanner
from torch.distributed.checkpoint.metadata import ChunkStorageMetadata, MetadataIndex
from torch.distributed.checkpoint.state_dict_loader import _load_state_dict

TYPES = [torch.float32, torch.float16, torch.bfloat16, torch.float64, torch.int64, torch.int32, torch.int8, torch.uint8,
         torch.bool, torch.float8_e4m3fn]


def run(*args):
    return subprocess.run([os.environ["FMTCONV"], *args], capture_output=True, text=True)


def refused(text, folder):
    result = run("-q", "-r", "distcp", "-t", "none", folder, "no.safetensors")
    assert result.returncode == 1 and text in result.stderr, (text, result.stderr)
    assert not os.path.exists("no.safetensors")


def state():
    random = torch.Generator().manual_seed(1)
    made = {f"model.{str(kind)[6:]}": (torch.randn(5, 3, generator=random) * 50).to(kind) for kind in TYPES}
    made |= {"model.scalar": torch.tensor(2.5), "model.empty": torch.zeros(0, 4), "model.long": torch.arange(1000.0),
             "model.turned": torch.arange(24.0).reshape(4, 6).t(), "model.expanded": torch.ones(1, 4).expand(3, 4),
             "optimizer.lr": 0.1, "model.flag": True}
    return made


def torch_reads(folder):
    """All tensors of a folder, as torch's own loader gives them."""
    found = {}
    _load_state_dict(found, storage_reader=dcp.FileSystemReader(folder), planner=_EmptyStateDictLoadPlanner(), no_dist=True)

    def walk(value, name):
        if isinstance(value, dict):
            for key, inner in value.items():
                yield from walk(inner, f"{name}.{key}" if name else key)
        elif isinstance(value, torch.Tensor):
            yield name, value
    return dict(walk(found, ""))


def compare(folder):
    result = run("-q", "-f", "--verify", "-t", "none", folder, "out.safetensors")
    assert result.returncode == 0, result.stderr
    found, expected = load_file("out.safetensors"), torch_reads(folder)
    assert sorted(found) == sorted(expected), (sorted(found), sorted(expected))
    for name, tensor in expected.items():
        assert found[name].dtype == tensor.dtype and found[name].shape == tensor.shape, name
        assert torch.equal(found[name].view(torch.uint8) if tensor.dim() else found[name],
                           tensor.contiguous().view(torch.uint8) if tensor.dim() else tensor), name


def metadata(folder, change):
    """Changes the metadata of a save."""
    path = pathlib.Path(folder, ".metadata")
    read = pickle.loads(path.read_bytes())
    change(read)
    path.write_bytes(pickle.dumps(read))


def copy(folder):
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree("saved", folder)
    return folder


def split(name, axis, at):
    """Makes two chunks of a tensor: the same record twice, each as a part, is what no save has; so it is saved as two."""
    def change(read):
        whole = read.state_dict_metadata[name]
        chunks = []
        for part, (start, end) in enumerate(((0, at), (at, whole.size[axis]))):
            offsets, sizes = [0] * len(whole.size), list(whole.size)
            offsets[axis], sizes[axis] = start, end - start
            chunks.append(ChunkStorageMetadata(torch.Size(offsets), torch.Size(sizes)))
            info = read.storage_data[MetadataIndex(f"part{part}", [0] * len(sizes))]
            read.storage_data[MetadataIndex(name, offsets)] = info
        whole.chunks = chunks
    return change


def chunks():
    """Parts that lie in two records, along each axis, are one tensor for torch and for the plugin."""
    for axis in (0, 1):
        tensor = torch.arange(60.0).reshape(6, 10)
        first, second = tensor.split((4, tensor.shape[axis] - 4), axis)
        shutil.rmtree("parts", ignore_errors=True)
        dcp.save({"whole": tensor, "part0": first.clone(), "part1": second.clone()}, checkpoint_id="parts", no_dist=True)
        metadata("parts", split("whole", axis, 4))
        assert torch.equal(torch_reads("parts")["whole"], tensor)
        compare("parts")
    metadata("parts", lambda read: read.state_dict_metadata["whole"].chunks.pop())
    refused("its last chunk is missing", "parts")
    metadata("parts", lambda read: read.state_dict_metadata["whole"].chunks.insert(
        0, ChunkStorageMetadata(torch.Size((0, 5)), torch.Size((6, 5)))))
    refused("a chunk of it is stored nowhere", "parts")


def saves():
    dcp.save(state(), checkpoint_id="saved", no_dist=True)
    compare("saved")
    whole = {name: value.clone() if torch.is_tensor(value) else value for name, value in state().items()}
    _load_state_dict(whole, storage_reader=dcp.FileSystemReader("saved"), planner=DefaultLoadPlanner(), no_dist=True)
    found = load_file("out.safetensors")
    assert all(torch.equal(found[name].float(), value.float()) for name, value in whole.items() if torch.is_tensor(value))
    result = run("inspect", "saved")
    assert "distcp" in result.stdout, result.stdout + result.stderr


def refusals():
    def quantized(read):
        read.state_dict_metadata["model.float32"].properties.dtype = torch.quint8

    def elsewhere(read):
        for info in read.storage_data.values():
            info.relative_path = "../saved/__0_0.distcp"

    def other(read):
        read.state_dict_metadata["model.float32"].properties.dtype = torch.float16

    def changed(read):
        for info in read.storage_data.values():
            info.transform_descriptors = ["zstd"]

    def changed_by_name(read):
        for info in read.storage_data.values():
            info.transform_descriptors = "zstd"

    for change, text in ((quantized, "its data type is not supported"), (elsewhere, "../saved/__0_0.distcp"),
                         (other, "another shape or data type"), (changed, "an extension changed its records"),
                         (changed_by_name, "an extension changed its records")):
        folder = copy("bad")
        metadata(folder, change)
        refused(text, folder)
    pathlib.Path(copy("bad"), "__0_0.distcp").unlink()
    refused("__0_0.distcp", "bad")
    pathlib.Path(copy("bad"), ".metadata").write_bytes(pickle.dumps({"state_dict_metadata": {}}))
    refused("not the metadata of a distributed checkpoint", "bad")
    pathlib.Path("bad", ".metadata").write_bytes(b"cos\nsystem\n(S'echo'\ntR.")
    refused("not an opcode of plain data", "bad")


def sample(folder):
    """A small save; the file with the records gets a name that begins with that of the metadata."""
    dcp.save({"weight": torch.arange(12.0).reshape(3, 4), "bias": torch.ones(3, dtype=torch.bfloat16), "step": 7},
             checkpoint_id=folder, no_dist=True)
    os.rename(f"{folder}/__0_0.distcp", f"{folder}/.metadata.distcp")

    def change(read):
        for info in read.storage_data.values():
            info.relative_path = ".metadata.distcp"
    metadata(folder, change)


if len(sys.argv) > 1:
    sample(sys.argv[1])
else:
    for check in (saves, chunks, refusals):
        check()
