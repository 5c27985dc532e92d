# SPDX-License-Identifier: Apache-2.0
"""ggml's bytes and values of torch's tensors, by the names of its types."""

import torch
from ggmlbase import Ggml as Base

TYPES = {"q4_0": 2, "q4_1": 3, "q5_0": 6, "q5_1": 7, "q8_0": 8, "q2_K": 10, "q3_K": 11, "q4_K": 12, "q5_K": 13,
         "q6_K": 14, "iq4_nl": 20, "iq4_xs": 23, "tq1_0": 34, "tq2_0": 35, "mxfp4": 39}


class Ggml:
    def __init__(self):
        self.base = Base()

    def quantize(self, name, values, importance=None):
        """Returns uint8 [..., bytes of a row] of a tensor, converted to f32 first."""
        rows = values.detach().to(torch.float32).reshape(-1, values.shape[-1]).numpy()
        weights = None if importance is None else importance.to(torch.float32).contiguous().numpy()
        out = torch.from_numpy(self.base.quantize(TYPES[name], rows, weights))
        return out.reshape(*values.shape[:-1], -1)

    def dequantize(self, name, blocks):
        """f32 values of uint8 [..., bytes of a row]."""
        values = self.base.dequantize(TYPES[name], blocks.contiguous().reshape(-1).numpy())
        return torch.from_numpy(values).reshape(*blocks.shape[:-1], -1)
