# SPDX-License-Identifier: Apache-2.0
"""ggml itself, for the tests of block types: the library libggml-base of the wheel of pywhispercpp (built without
fused multiply-add, which would change some blocks), or the one that GGML_BASE_LIBRARY names."""

import ctypes
import functools
import importlib.metadata
import os

import numpy as np


def find_library():
    """The path of libggml-base."""
    if "GGML_BASE_LIBRARY" in os.environ:
        return os.environ["GGML_BASE_LIBRARY"]
    files = importlib.metadata.files("pywhispercpp") or []
    return next(str(file.locate()) for file in files if file.name.startswith("libggml-base"))


@functools.cache
def open_library():
    """The library, which is opened once."""
    return ctypes.CDLL(find_library())


class Ggml:
    """Types are ggml's numbers; blocks are bytes, values f32."""

    def __init__(self):
        self.lib = lib = open_library()
        lib.ggml_blck_size.restype, lib.ggml_blck_size.argtypes = ctypes.c_int64, [ctypes.c_int]
        lib.ggml_type_size.restype, lib.ggml_type_size.argtypes = ctypes.c_size_t, [ctypes.c_int]
        lib.ggml_type_name.restype, lib.ggml_type_name.argtypes = ctypes.c_char_p, [ctypes.c_int]
        lib.ggml_quantize_chunk.restype = ctypes.c_size_t
        lib.ggml_quantize_chunk.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64,
                                            ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p]

    def block(self, number):
        """Elements and bytes of a block."""
        return self.lib.ggml_blck_size(number), self.lib.ggml_type_size(number)

    def quantize(self, number, rows, importance=None):
        """The bytes of a two-dimensional array; importance: of each of its columns."""
        rows = np.ascontiguousarray(rows, "<f4")
        elements, size = self.block(number)
        out = np.zeros(rows.size // elements * size, np.uint8)
        weights = importance.ctypes.data if importance is not None else None
        self.lib.ggml_quantize_chunk(number, rows.ctypes.data, out.ctypes.data, 0, *rows.shape, weights)
        return out

    def dequantize(self, number, blocks):
        """Returns the values of blocks, given in one array of bytes."""
        function = getattr(self.lib, "dequantize_row_" + self.lib.ggml_type_name(number).decode())
        function.restype, function.argtypes = None, [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64]
        elements, size = self.block(number)
        blocks = np.ascontiguousarray(blocks)
        out = np.zeros(blocks.size // size * elements, "<f4")
        function(blocks.ctypes.data, out.ctypes.data, out.size)
        return out
