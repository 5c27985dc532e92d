"""Checkpoints of every kind that torch.save writes.

SPDX-License-Identifier: Apache-2.0
"""

import argparse
import collections
import datetime
import enum
import pathlib
import random

import numpy as np
import torch

TYPED = [torch.float32, torch.float16, torch.bfloat16, torch.float64, torch.int64, torch.int32, torch.int16, torch.int8,
         torch.uint8, torch.bool, torch.complex64]
UNTYPED = [torch.uint16, torch.uint32, torch.uint64, torch.float8_e4m3fn, torch.float8_e5m2, torch.float8_e4m3fnuz,
           torch.float8_e5m2fnuz, torch.float8_e8m0fnu]


class Marked(torch.Tensor):
    """A subclass, which torch saves through _rebuild_from_type_v2."""


class Color(enum.Enum):
    RED = 1


def numbers(count, dtype, seed=0):
    """Random bits, so that a wrong type or position is detected."""
    generator = torch.Generator().manual_seed(seed)
    raw = torch.randint(0, 256, (count * dtype.itemsize,), dtype=torch.uint8, generator=generator)
    return (raw & 1 if dtype is torch.bool else raw).view(dtype)


def shapes(dtype):
    """One tensor of every geometry."""
    flat = numbers(96, dtype)
    matrix = numbers(96, dtype, 1).view(8, 12)
    return {
        "flat": flat,
        "scalar": numbers(1, dtype, 2).view(()),
        "empty": numbers(0, dtype),
        "empty3": numbers(0, dtype).view(2, 0, 3),
        "empty_tail": flat[96:],
        "eight": numbers(256, dtype, 3).view(2, 2, 2, 2, 2, 2, 2, 2),
        "eight_permuted": numbers(256, dtype, 3).view(2, 2, 2, 2, 2, 2, 2, 2).permute(7, 1, 5, 3, 4, 2, 6, 0),
        "transposed": matrix.t(),
        "sliced": matrix[1:7, 2:9],
        "stepped": matrix[::3, 1::2],
        "window": flat[17:65].view(6, 8),
        "column": matrix[:, 5],
        "expanded": numbers(3, dtype, 4).view(3, 1).expand(3, 5),
        "expanded_scalar": numbers(1, dtype, 5).view(()).expand(4, 3),
        "overlapping": flat.as_strided((5, 4), (2, 1), 7),
    }


def all_shapes():
    return {f"{str(dtype)[6:]}.{name}": tensor
            for dtype in TYPED + UNTYPED for name, tensor in shapes(dtype).items()}


def parameters():
    """Parameters, subclasses, tensors with attributes, ties."""
    plain = torch.nn.Parameter(torch.randn(3, 4))
    frozen = torch.nn.Parameter(torch.arange(6.0), requires_grad=False)
    noted = torch.nn.Parameter(torch.randn(2, 2))
    noted.note = "kept"
    marked = torch.randn(4, 2).as_subclass(Marked)
    tagged = torch.randn(5)
    tagged.ds_shape = torch.Size([5])
    buffer = torch.nn.Buffer(torch.randn(2))
    return {"plain": plain, "frozen": frozen, "noted": noted, "marked": marked, "tagged": tagged, "buffer": buffer,
            "tied": plain, "tied_data": plain.data, "grad": torch.randn(2, requires_grad=True)}


def module():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.Linear(4, 2))


def training_state(weights):
    """Objects that DeepSpeed and its users save with the weights."""
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    momentum = collections.defaultdict(dict)
    momentum[0]["exp_avg"] = torch.randn(3)
    return {
        "module": weights,
        "buffer_names": ["a", "b"],
        "optimizer": None,
        "param_shapes": [collections.OrderedDict((k, v.shape) for k, v in weights.items())],
        "frozen_param_fragments": collections.OrderedDict((k, v.clone()) for k, v in weights.items()),
        "sparse_tensor_module_names": set(),
        "global_steps": 12,
        "ds_config": {"lr": 1e-5, "betas": [0.9, 0.95], "on": True, "none": None},
        "ds_version": "0.16.9",
        "random_rng_state": random.Random(1).getstate(),
        "np_rng_state": np.random.RandomState(1).get_state(),
        "torch_rng_state": torch.Generator().manual_seed(1).get_state(),
        "args": argparse.Namespace(mode="finetune", path=pathlib.PurePosixPath("/x"), when=datetime.date(2024, 1, 2)),
        "numpy": [array, array.T, array[0, 0], np.int64(3), np.array(["a", "b"]), array.dtype],
        "odd": [{1, 2}, frozenset("ab"), b"bytes", bytearray(b"more"), 3 + 4j, 1 << 200, -(1 << 40), float("nan"),
                range(3), Color.RED, collections.deque([1]), collections.Counter("aab"), momentum, torch.float16,
                torch.device("cpu"), torch.Size([1, 2]), torch.strided, slice(1, 2), ValueError("x"), len],
        "sparse": torch.eye(3).to_sparse(),
        "iteration": 12,
        "loss": 0.25,
    }


def refused():
    """Values that torch saves but no plain format can hold: name → (value, message)."""
    quantized = torch.quantize_per_tensor(torch.randn(4), 0.1, 0, torch.qint8)
    channels = torch.quantize_per_channel(torch.randn(2, 3), torch.ones(2), torch.zeros(2), 0, torch.quint8)
    return {
        "coo": (torch.eye(3).to_sparse(), "a sparse tensor"),
        "csr": (torch.eye(3).to_sparse_csr(), "a sparse tensor"),
        "quantized": (quantized, "quantized by torch"),
        "per-channel": (channels, "quantized by torch"),
        "nested": (torch.nested.nested_tensor([torch.ones(2), torch.ones(3)]), "a nested tensor"),
        "meta": (torch.empty(3, device="meta"), "no data"),
        "conj": (torch.view_as_complex(torch.randn(4, 2)).conj(), "a lazy 'conj'"),
        "neg": (torch.view_as_complex(torch.randn(4, 2)).conj().imag, "a lazy 'neg'"),
        "rank": (torch.zeros((1,) * 9), "9 dimensions"),
        "huge": (torch.zeros(1).expand(1 << 40), "its repeated elements"),
    }
