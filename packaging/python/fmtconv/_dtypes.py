"""The library's data types as those of numpy, ml_dtypes and torch."""
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import importlib
from typing import Any, Optional

# name: (struct format, numpy, ml_dtypes, torch); None: there is none.
_TYPES: dict[str, tuple[Optional[str], Optional[str], Optional[str], Optional[str]]] = {
    "bool": ("?", "?", None, "bool"),
    "u8": ("B", "u1", None, "uint8"),
    "i8": ("b", "i1", None, "int8"),
    "u16": ("H", "<u2", None, "uint16"),
    "i16": ("h", "<i2", None, "int16"),
    "u32": ("I", "<u4", None, "uint32"),
    "i32": ("i", "<i4", None, "int32"),
    "u64": ("Q", "<u8", None, "uint64"),
    "i64": ("q", "<i8", None, "int64"),
    "f16": ("e", "<f2", None, "float16"),
    "bf16": (None, None, "bfloat16", "bfloat16"),
    "f32": ("f", "<f4", None, "float32"),
    "f64": ("d", "<f8", None, "float64"),
    "c32": (None, None, None, "complex32"),
    "c64": (None, "<c8", None, "complex64"),
    "c128": (None, "<c16", None, "complex128"),
    "f8_e4m3": (None, None, "float8_e4m3fn", "float8_e4m3fn"),
    "f8_e5m2": (None, None, "float8_e5m2", "float8_e5m2"),
    "f8_e4m3fnuz": (None, None, "float8_e4m3fnuz", "float8_e4m3fnuz"),
    "f8_e5m2fnuz": (None, None, "float8_e5m2fnuz", "float8_e5m2fnuz"),
    "f8_e8m0": (None, None, "float8_e8m0fnu", "float8_e8m0fnu"),
}


def format_of(dtype: str) -> Optional[str]:
    """Returns the letter of the struct module, or None."""
    return _TYPES.get(dtype, (None,))[0]


def numpy_of(dtype: str) -> Any:
    """Returns numpy's data type; TypeError: there is none."""
    import numpy

    _, plain, extra, _ = _TYPES.get(dtype, (None, None, None, None))
    if plain:
        return numpy.dtype(plain)
    if extra:
        try:
            return numpy.dtype(getattr(importlib.import_module("ml_dtypes"), extra))
        except (ImportError, AttributeError):
            raise TypeError(
                f"numpy has no {dtype}: install ml_dtypes, or use .numpy('f32') for the values, "
                ".numpy(raw=True) for the bytes, or .torch()"
            ) from None
    raise TypeError(
        f"numpy has no {dtype}: use .numpy('f32') for the values, or .numpy(raw=True) for the bytes"
    )


def torch_of(dtype: str) -> Any:
    """Returns torch's data type; TypeError: there is none."""
    import torch

    name = _TYPES.get(dtype, (None, None, None, None))[3]
    found = getattr(torch, name, None) if name else None
    if found is None:
        raise TypeError(f"torch has no {dtype}: use .torch('f32') for the values, or .numpy(raw=True) for the bytes")
    return found


def name_of(dtype: Any) -> str:
    """Returns the library's name of a data type: a name, one of numpy's or one of torch's."""
    if isinstance(dtype, str):
        return dtype
    text = str(dtype)
    if text.startswith("torch."):
        text = text[len("torch.") :]
        for name, row in _TYPES.items():
            if row[3] == text:
                return name
    else:
        import numpy

        wanted = numpy.dtype(dtype)
        for name, row in _TYPES.items():
            if row[2] == wanted.name or (row[1] and numpy.dtype(row[1]) == wanted):
                return name
    raise TypeError(f"{dtype} is not a data type of a checkpoint")
