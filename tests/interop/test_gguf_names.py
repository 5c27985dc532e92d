# SPDX-License-Identifier: Apache-2.0
"""Language models in GGUF: the writer says if llama.cpp does not load the names; gguf-py's table knows them."""
# Plugins: diffusers gguf quantize safetensors

import json
import unittest

import gguf
import numpy as np
import safetensors.torch
import torch
from support import Case
from zoomake import finish

WARNING = "warning: llama.cpp does not load a language model with the names of transformers"
LANGUAGE = {"LLAMA": ("model.layers.0.self_attn.q_proj", "model.layers.1.mlp.down_proj", "model.embed_tokens"),
            "QWEN3": ("layers.0.self_attn.k_proj",), "GPT2": ("transformer.h.0.attn.c_attn", "h.1.attn.c_attn"),
            "GPTNEOX": ("gpt_neox.layers.0.attention.query_key_value",), "BLOOM": ("transformer.h.1.mlp.dense_h_to_4h",),
            "BERT": ("encoder.layer.1.attention.self.key",),
            "MAMBA": ("backbone.layers.0.mixer.in_proj",), "T5": ("encoder.block.0.layer.0.SelfAttention.q",)}
OTHERS = ("transformer_blocks.0.attn1.to_q.weight", "down_blocks.0.attentions.0.proj_in.weight", "double_blocks.0.img_attn.qkv.weight",
          "text_model.encoder.layers.0.self_attn.q_proj.weight", "model.diffusion_model.input_blocks.0.0.weight",
          "base_model.model.transformer_blocks.0.attn1.to_q.lora_A.weight", "model.layers.0.weight", "layers.0.attention.qkv.weight")


class Names(Case):
    def convert(self, names, config=None, status=0, *more):
        folder, out = self.tmp / "m", self.tmp / "m.gguf"
        folder.mkdir(exist_ok=True)
        safetensors.torch.save_file({n: torch.ones(2, 2) for n in names}, folder / "model.safetensors", {"format": "pt"})
        (folder / "config.json").write_text(json.dumps(config or {"model_type": "x"}))
        return self.run_fmtconv("-f", *more, "-w", "gguf:architecture=test", folder, out, status=status).stderr

    def test_language_models(self):
        for architecture, names in LANGUAGE.items():
            table = gguf.get_tensor_name_map(getattr(gguf.MODEL_ARCH, architecture), 2)
            for name in names:
                with self.subTest(name=name):
                    llama = table.get_name(name)
                    self.assertNotIn(llama, (None, name))
                    said = self.convert([name + ".weight", "other"])
                    self.assertIn(WARNING, said)
                    self.assertIn(f"'{name}.weight'", said)
                    self.assertIn("convert_hf_to_gguf.py", said)
                    self.assertNotIn("warning", self.convert([llama + ".weight", "other"]))

    def test_configuration(self):
        """A class of language models is enough, if no name is llama.cpp's."""
        for name in ("LlamaForCausalLM", "T5ForConditionalGeneration", "GPT2LMHeadModel", "UMT5EncoderModel"):
            config = {"architectures": [name], "model_type": "x"}
            self.assertIn(WARNING, self.convert(["strange.0.weight"], config))
            self.assertNotIn("warning", self.convert(["strange.0.weight", "blk.0.attn_q.weight"], config))
        for name in ("CLIPTextModel", "SiglipVisionModel"):
            self.assertNotIn("warning", self.convert(["strange.0.weight"], {"architectures": [name], "model_type": "x"}))

    def test_others(self):
        for name in OTHERS:
            self.assertNotIn("warning", self.convert([name]), name)

    def test_strict(self):
        said = self.convert(["model.layers.0.self_attn.q_proj.weight"], None, 1, "--strict")
        self.assertIn("llama.cpp does not load", said)
        self.assertFalse((self.tmp / "m.gguf").exists())

    def test_from_gguf(self):
        """A file of llama.cpp is quantized again without a warning."""
        writer = gguf.GGUFWriter(self.tmp / "a.gguf", "llama")
        writer.add_tensor("token_embd.weight", np.ones((4, 256), np.float32))
        writer.add_tensor("blk.0.attn_q.weight", np.ones((256, 256), np.float32))
        finish(writer)
        result = self.run_fmtconv("-t", "quantize:to=q8_0", self.tmp / "a.gguf", self.tmp / "b.gguf")
        self.assertNotIn("warning", result.stderr)


if __name__ == "__main__":
    unittest.main()
