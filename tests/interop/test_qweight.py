# SPDX-License-Identifier: Apache-2.0
"""The form of ComfyUI-CogVideoXWrapper: its names, ggml's blocks, and f16 for the other tensors."""
# Plugins: cast cogvideox-transformer quantize qweight safetensors torch

import re
import unittest

import safetensors.torch
import torch
from cogmake import MODELS, Model, transformer, wanted_transformer
from oracle import Ggml
from support import Case

# Narrow models whose rows 32 divides.
WIDE = {"hidden": 64, "head": 16}
PLAIN = r"patch_embed|pos_embedding|time_embedding"
PLAIN_1_5 = PLAIN + r"|norm1\.linear\.weight|ofs_embedding|norm_final|norm_out|proj_out"


class QWeight(Case):
    def setUp(self):
        super().setUp()
        self.ggml = Ggml()

    def convert(self, model, to, *more):
        """Returns fmtconv's tensors and diffusers' tensors, in f16."""
        state = transformer(model)
        source, out = self.tmp / "in.pt", self.tmp / "out.safetensors"
        torch.save({"module": state}, source)
        result = self.run_fmtconv("-f", "-t", f"cogvideox-transformer:{model.sample}", "-t", f"qweight:to={to}", *more,
                                  source, out)
        return safetensors.torch.load_file(out), wanted_transformer(state, model), result.stderr

    def wanted(self, tensors, model, to):
        plain = re.compile(PLAIN_1_5 if model.is_1_5 else PLAIN)
        for name, t in tensors.items():
            linear = name.endswith(".weight") and t.dim() == 2 and t.shape[1] % 32 == 0 and not plain.search(name)
            if linear:
                yield f"{name[:-7]}.{to.upper()}_qweight", self.ggml.quantize(to, t)
            else:
                yield name, t.to(torch.float16)

    def test_bytes(self):
        for model in MODELS:
            for to in ("q8_0", "q4_0"):
                with self.subTest(model=model.name, to=to):
                    found, tensors, _ = self.convert(model, to)
                    wanted = dict(self.wanted(tensors, model, to))
                    self.assertTrue(any("qweight" in name for name in wanted))
                    self.assert_same(found, wanted, model.name)

    def test_verify_threads_and_memory(self):
        """--verify, and the smallest memory on several threads, give the same bytes."""
        model = Model("5B", hidden=1024, head=16)
        found, _, _ = self.convert(model, "q8_0")
        for more in (("--verify",), ("--memory=1M", "--threads=3"), ("--memory=1M", "--verify")):
            again, _, _ = self.convert(model, "q8_0", *more)
            self.assert_same(again, found, str(more))

    def test_file_name(self):
        for model, name in zip(MODELS, ("2b", "5b", "5b_I2V", None, "5b_1_5_I2V")):
            if model.name == "2B":
                continue  # recognized by its width, which the narrow model does not have
            _, _, said = self.convert(model, "q4_0")
            self.assertIn(f"CogVideoX_{name}_GGUF_Q4_0" if name else "does not support quantized CogVideoX 1.5", said)

    def test_not_a_number(self):
        """An error names the tensor and its row, and nothing is written."""
        model = MODELS[1]
        state = transformer(model)
        name = next(n for n in state if n.endswith("1.mlp.dense_h_to_4h.weight"))
        state[name][3, 5] = float("nan")
        state[name][7, 1] = float("inf")
        torch.save({"module": state}, self.tmp / "in.pt")
        result = self.run_fmtconv("-t", f"cogvideox-transformer:{model.sample}", "-t", "qweight:to=q8_0",
                                  self.tmp / "in.pt", self.tmp / "out.safetensors", status=1)
        self.assertIn("transformer_blocks.1.ff.net.0.proj.Q8_0_qweight", result.stderr)
        self.assertIn("1 of 16384 values are NaN; the first is in row 3", result.stderr)
        self.assertFalse((self.tmp / "out.safetensors").exists())
        self.assert_clean(self.tmp)


if __name__ == "__main__":
    unittest.main()
