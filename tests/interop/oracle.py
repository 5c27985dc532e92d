"""ggml itself, through ctypes: what bytes it quantises values to, and what values they mean.

The library is that of pywhispercpp's wheel (built without fused multiply-add, which would change some blocks), or the
one that GGML_BASE_LIBRARY names.
"""

import ctypes
import importlib.metadata
import os
import unittest

import torch

TYPES = {"q4_0": 2, "q4_1": 3, "q5_0": 6, "q5_1": 7, "q8_0": 8, "q2_K": 10, "q3_K": 11, "q4_K": 12, "q5_K": 13,
         "q6_K": 14, "iq4_nl": 20, "iq4_xs": 23, "tq1_0": 34, "tq2_0": 35, "mxfp4": 39}


def find_library():
    """The path of libggml-base, or None."""
    if "GGML_BASE_LIBRARY" in os.environ:
        return os.environ["GGML_BASE_LIBRARY"]
    try:
        files = importlib.metadata.files("pywhispercpp") or []
    except importlib.metadata.PackageNotFoundError:
        return None
    return next((file.locate() for file in files if file.name.startswith("libggml-base")), None)


class Ggml:
    """The few functions that are needed; skips the tests where there is no library."""

    def __init__(self):
        path = find_library()
        if path is None:
            raise unittest.SkipTest("no libggml-base: install pywhispercpp, or set GGML_BASE_LIBRARY")
        self.lib = ctypes.CDLL(str(path))
        self.lib.ggml_blck_size.restype = ctypes.c_int64
        self.lib.ggml_type_size.restype = ctypes.c_size_t
        self.lib.ggml_quantize_chunk.restype = ctypes.c_size_t
        self.lib.ggml_quantize_chunk.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64,
                                                 ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p]

    def block(self, name):
        """Elements and bytes of a block."""
        return self.lib.ggml_blck_size(TYPES[name]), self.lib.ggml_type_size(TYPES[name])

    def quantise(self, name, values, importance=None):
        """uint8 [..., bytes of a row] of a tensor, whose values are taken as f32."""
        rows = values.detach().to(torch.float32).contiguous()
        elements, size = self.block(name)
        columns = rows.shape[-1]
        out = torch.zeros(*rows.shape[:-1], columns // elements * size, dtype=torch.uint8)
        weights = None if importance is None else importance.to(torch.float32).contiguous()
        self.lib.ggml_quantize_chunk(TYPES[name], rows.data_ptr(), out.data_ptr(), 0, rows.numel() // columns, columns,
                                     None if weights is None else weights.data_ptr())
        return out

    def dequantise(self, name, blocks):
        """f32 values of uint8 [..., bytes of a row]."""
        elements, size = self.block(name)
        blocks = blocks.contiguous()
        out = torch.zeros(*blocks.shape[:-1], blocks.shape[-1] // size * elements, dtype=torch.float32)
        function = getattr(self.lib, f"dequantize_row_{name}")
        function.restype = None
        function.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64]
        function(blocks.data_ptr(), out.data_ptr(), out.numel())
        return out
