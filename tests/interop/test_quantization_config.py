# SPDX-License-Identifier: Apache-2.0
"""quantization_config: transformers loads scaled 8-bit floats with the loaders that it names."""
# Plugins: dequantize diffusers quantize safetensors

import json
import logging

import torch
import transformers
from safetensors.torch import load_file
from support import Case
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

logging.disable(logging.WARNING)
transformers.utils.logging.disable_progress_bar()


class QuantizationConfig(Case):
    def setUp(self):
        super().setUp()
        self.model, self.out = self.tmp / "model", self.tmp / "out"
        config = LlamaConfig(hidden_size=256, intermediate_size=384, num_hidden_layers=2, num_attention_heads=4,
                             num_key_value_heads=2, vocab_size=100, tie_word_embeddings=False)
        torch.manual_seed(0)
        LlamaForCausalLM(config).to(torch.bfloat16).save_pretrained(self.model)

    def quantize(self, parameters):
        self.run_fmtconv("-f", "-t", f"quantize:f8_e4m3,{parameters}", "-w", "diffusers", self.model, self.out)
        (weights,) = self.out.glob("*.safetensors")
        return load_file(weights), json.loads((self.out / "config.json").read_text())

    def load(self):
        """The model as transformers loads it, which takes every tensor and misses none."""
        model, info = AutoModelForCausalLM.from_pretrained(self.out, output_loading_info=True)
        self.assertFalse(any(info[k] for k in ("missing_keys", "unexpected_keys", "mismatched_keys")), info)
        return model

    def test_compressed_tensors(self):
        import compressed_tensors.quantization as reference

        for parameters in ("scale=tensor", "scale=row", "scale=block"):
            with self.subTest(parameters):
                state, config = self.quantize(f"{parameters},meta=compressed-tensors,keep=*down_proj*")
                described = reference.QuantizationConfig.model_validate(config["quantization_config"])
                self.assertIn("model.layers.0.mlp.down_proj", described.ignore)
                scaled = [n for n in state if n.endswith("_scale")]
                self.assertEqual(len(scaled), 13)  # 2 layers of 6, and the head
                found = self.load().state_dict()
                for name in scaled:
                    weight = name.removesuffix("_scale")
                    self.assertEqual(found[weight].dtype, torch.float8_e4m3fn)
                    self.assertTrue(torch.equal(found[weight].view(torch.uint8), state[weight].view(torch.uint8)), weight)
                    self.assertTrue(torch.equal(found[name].flatten(), state[name].to(found[name].dtype).flatten()), name)

    def test_deepseek(self):
        """Without a GPU transformers decodes while it loads: to the values that fmtconv decodes."""
        state, config = self.quantize("scale=block,meta=deepseek,keep=*down_proj*")
        self.assertEqual(config["quantization_config"]["weight_block_size"], [128, 128])
        self.assertEqual(sum(n.endswith("weight_scale_inv") for n in state), 13)
        found, plain = self.load().state_dict(), self.tmp / "plain.safetensors"
        self.run_fmtconv("-q", "-t", "dequantize:to=bf16", self.out, plain)
        self.assert_same({n: found[n] for n in found}, load_file(plain))


if __name__ == "__main__":
    import unittest

    unittest.main()
