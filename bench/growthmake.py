#!/usr/bin/env python3
"""Writes models of many small tensors: growthmake.py FORMAT COUNT PATH.  The layers have the usual long names.

bench_growth.py runs it in a process of its own, so that torch is not in the memory of the parent of what is measured."""
# SPDX-License-Identifier: Apache-2.0

import json
import struct
import sys
from pathlib import Path

SHARD = 1 << 17  # tensors of a file of a model with an index; a file may have twice as many
VALUES = 4  # of a tensor, in f32


def names(count):
    """Yields names such as a model of many experts has."""
    for i in range(count):
        yield f"model.layers.{i // 512}.mlp.experts.{i // 4 % 128}.{('gate', 'up', 'down', 'norm')[i % 4]}_proj.weight"


def write_safetensors(path, wanted, extra=()):
    """Writes tensors of zeros; extra: pairs of texts for the metadata."""
    size, header = 4 * VALUES, {"__metadata__": dict(extra)} if extra else {}
    for i, name in enumerate(wanted):
        header[name] = {"dtype": "F32", "shape": [VALUES], "data_offsets": [i * size, (i + 1) * size]}
    text = json.dumps(header, separators=(",", ":")).encode()  # as the library writes it
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(file.tell() + size * len(wanted))


def make_safetensors(count, path):
    write_safetensors(path, list(names(count)))


def make_shards(count, path):
    """The folder of a diffusers component: an index and its files."""
    path.mkdir()
    wanted, where = list(names(count)), {}
    files = -(-count // SHARD)
    for i in range(files):
        name = f"diffusion_pytorch_model-{i + 1:05}-of-{files:05}.safetensors"
        part = wanted[i * SHARD : (i + 1) * SHARD]
        write_safetensors(path / name, part)
        where.update(dict.fromkeys(part, name))
    (path / "diffusion_pytorch_model.safetensors.index.json").write_text(
        json.dumps({"metadata": {"total_size": 4 * VALUES * count}, "weight_map": where}))
    (path / "config.json").write_text('{"_class_name": "UNet2DConditionModel"}')


def state(count):
    import torch

    return {name: torch.zeros(VALUES) for name in names(count)}


def make_torch(count, path):
    import torch

    torch.save(state(count), path)


def make_old(count, path):
    import torch

    torch.save(state(count), path, _use_new_zipfile_serialization=False)


def make_dcp(count, path):
    """As torch.distributed.checkpoint saves on one rank.  All tensors are equal, so one saved tensor is written many times."""
    import io
    import pickle

    import torch
    from torch.distributed.checkpoint import metadata as m
    from torch.distributed.checkpoint.filesystem import _StorageInfo

    path.mkdir()
    saved, one = io.BytesIO(), torch.Size([VALUES])
    torch.save(torch.zeros(VALUES), saved)
    piece = saved.getvalue()
    planned, stored = {}, {}
    with open(path / "__0_0.distcp", "wb") as file:
        for i, name in enumerate(names(count)):
            file.write(piece)
            chunk = m.ChunkStorageMetadata(offsets=torch.Size([0]), sizes=one)
            planned[name] = m.TensorStorageMetadata(properties=m.TensorProperties(dtype=torch.float32), size=one, chunks=[chunk])
            stored[m.MetadataIndex(fqn=name, offset=torch.Size([0]), index=0)] = _StorageInfo(
                relative_path="__0_0.distcp", offset=i * len(piece), length=len(piece))
    with open(path / ".metadata", "wb") as file:
        pickle.dump(m.Metadata(state_dict_metadata=planned, planner_data={name: (name,) for name in planned}, storage_data=stored), file)


def interop():
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests/interop"))


def make_dtensor(count, path):
    """Two ranks of FSDP2."""
    interop()
    import dtmake
    import torch

    def made(mesh, _):
        from torch.distributed.tensor import DTensor, Shard

        return {name: DTensor.from_local(torch.zeros(VALUES // 2), mesh, [Shard(0)], run_check=False) for name in names(count)}

    dtmake.save(path, (2,), made)


def make_zero(count, path):
    """ZeRO-2 on two ranks: no frozen parameters, one group."""
    interop()
    import zeromake

    path.mkdir()
    model = state(count - 1)
    model["embed.weight"] = next(iter(model.values())).clone()
    zeromake.write_12(path, 2, 2, [model], {}, {})


if __name__ == "__main__":
    globals()[f"make_{sys.argv[1]}"](int(sys.argv[2]), Path(sys.argv[3]))
