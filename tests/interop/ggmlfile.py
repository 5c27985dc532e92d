# SPDX-License-Identifier: Apache-2.0
"""ggml itself, by the library that ggmlbase.py finds: its reader of GGUF files, and its check of their data."""

import ctypes
import os

import numpy as np
from ggmlbase import open_library


class InitParams(ctypes.Structure):
    """struct gguf_init_params"""
    _fields_ = [("no_alloc", ctypes.c_bool), ("ctx", ctypes.c_void_p)]


POINTER, TEXT, I32, I64, SIZE = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_int64, ctypes.c_size_t
SIGNATURES = {
    "ggml_type_name": (TEXT, I32),
    "ggml_blck_size": (I64, I32),
    "ggml_type_size": (SIZE, I32),
    "ggml_validate_row_data": (ctypes.c_bool, I32, POINTER, SIZE),
    "ggml_free": (None, POINTER),
    "gguf_init_from_file": (POINTER, TEXT, InitParams),
    "gguf_free": (None, POINTER),
    "gguf_get_version": (ctypes.c_uint32, POINTER),
    "gguf_get_alignment": (SIZE, POINTER),
    "gguf_get_data_offset": (SIZE, POINTER),
    "gguf_get_n_kv": (I64, POINTER),
    "gguf_get_key": (TEXT, POINTER, I64),
    "gguf_get_kv_type": (I32, POINTER, I64),
    "gguf_get_n_tensors": (I64, POINTER),
    "gguf_get_tensor_name": (TEXT, POINTER, I64),
    "gguf_get_tensor_type": (I32, POINTER, I64),
    "gguf_get_tensor_offset": (SIZE, POINTER, I64),
    "gguf_get_tensor_size": (SIZE, POINTER, I64),
}


def library():
    """The functions above."""
    lib = open_library()
    for name, (result, *arguments) in SIGNATURES.items():
        function = getattr(lib, name)
        function.restype, function.argtypes = result, arguments
    return lib


LIB = library()


def read(path, data=True):
    """Returns the result of gguf_init_from_file: (version, keys with types, {name: (type, bytes)}); None if it refuses
    the file. data: ggml loads the tensors' bytes, too, as programs that use it do."""
    context = ctypes.c_void_p()
    params = InitParams(not data, ctypes.addressof(context) if data else None)
    g = LIB.gguf_init_from_file(os.fsencode(path), params)
    if not g:
        return None
    try:
        keys = {LIB.gguf_get_key(g, i).decode(): LIB.gguf_get_kv_type(g, i) for i in range(LIB.gguf_get_n_kv(g))}
        raw = np.memmap(path, np.uint8, "r")
        base = LIB.gguf_get_data_offset(g)
        tensors = {}
        for i in range(LIB.gguf_get_n_tensors(g)):
            start, size = base + LIB.gguf_get_tensor_offset(g, i), LIB.gguf_get_tensor_size(g, i)
            tensors[LIB.gguf_get_tensor_name(g, i).decode()] = (LIB.gguf_get_tensor_type(g, i), raw[start:start + size])
        return LIB.gguf_get_version(g), keys, tensors
    finally:
        LIB.gguf_free(g)
        if context:
            LIB.ggml_free(context)


def is_valid(type_id, raw):
    """Does ggml_validate_row_data find the bytes of a tensor sound?"""
    raw = np.ascontiguousarray(raw)
    return LIB.ggml_validate_row_data(type_id, raw.ctypes.data, raw.size)
