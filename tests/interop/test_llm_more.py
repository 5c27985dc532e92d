# SPDX-License-Identifier: Apache-2.0
"""More language models from transformers' folders to GGUF, as in test_llm.py: keys, names and bytes are those of llama.cpp's
converter, llama.cpp continues a text as with the converter's file, and the way back gives the same tensors.

Differences that are meant:
  Phi-2, StableLM  another rope_theta than llama.cpp's 10000, which their files have no key for, is refused
  OLMoE            rms_norm_eps is that of config.json
"""
# Plugins: diffusers gguf model-card quantize safetensors tokenizer

import json
import unittest

import llmmake
import torch
import transformers
from llmfile import Compared, read
from safetensors.torch import load_file
from test_llm import EXPERTS, LLAMA3, Model, continued

OLMO3 = {"num_hidden_layers": 4, "sliding_window": 16, "max_position_embeddings": 512}
OLMO3_YARN = {"full_attention": {"rope_type": "yarn", "rope_theta": 500000.0, "factor": 8.0, "original_max_position_embeddings": 64, "beta_fast": 32.0,
                                 "beta_slow": 1.0, "attention_factor": 1.2079441541679836},
              "sliding_attention": {"rope_type": "default", "rope_theta": 500000.0}}
GRANITE = {"attention_multiplier": 0.015625, "embedding_multiplier": 12.0, "residual_multiplier": 0.22, "logits_scaling": 8.0, "num_local_experts": 4}

VISION = {"embed_dim": 32, "hidden_size": 64, "depth": 1, "num_heads": 2, "mlp_ratio": 2, "patch_size": 14, "intermediate_size": 64, "out_hidden_size": 64}
TEXT = {"hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 416,
        "rope_parameters": {"rope_type": "default", "rope_theta": 1000000.0, "mrope_section": [2, 3, 3]}}
IMAGES = {"text_config": TEXT, "vision_config": VISION}

TABLE = [
    Model("olmo3", "Olmo3ForCausalLM", llmmake.gpt2, "gpt-2", [OLMO3, OLMO3 | {"rope_parameters": OLMO3_YARN}]),
    Model("olmoe", "OlmoeForCausalLM", llmmake.gpt2, "gpt-2", [{n: v for n, v in EXPERTS.items() if n != "moe_intermediate_size"} | {"num_key_value_heads": 4}]),
    Model("granite-moe", "GraniteMoeForCausalLM", llmmake.granite, "gpt-2", [GRANITE]),
    Model("granite-moe", "GraniteMoeSharedForCausalLM", llmmake.granite, "gpt-2", [GRANITE | {"shared_intermediate_size": 48}]),
    Model("command-r", "CohereForCausalLM", llmmake.command_r, "command-r", [{}, {"use_qk_norm": True, "model_max_length": 1024, "num_hidden_layers": 64}]),
    Model("phi2", "PhiForCausalLM", llmmake.gpt2, "gpt-2", [{"num_key_value_heads": 4, "intermediate_size": 256}], {}, frozenset()),
    Model("qwen2-vl", "Qwen2VLForConditionalGeneration", llmmake.qwen2, "qwen2", [IMAGES]),
    Model("qwen2-vl", "Qwen2_5_VLForConditionalGeneration", llmmake.qwen2, "qwen2", [IMAGES, IMAGES | {"tie_word_embeddings": True}]),
    Model("stablelm", "StableLmForCausalLM", llmmake.stablelm, "stablelm2", [{"use_qkv_bias": True}, {"use_parallel_residual": True}]),
]


def named(name):
    return next(m for m in TABLE if m.name == name)


def each(test):
    """Runs the test for each model in each variant, with its folder."""
    def run(self):
        for model in TABLE:
            for i, config in enumerate(model.variants):
                with self.subTest(model.cls, **config):
                    path = self.tmp / f"Narrow-{model.cls}-{i}-Instruct"
                    test(self, model, llmmake.folder(path, model.cls, model.files(), **config))

    return run


class More(Compared):
    def reference(self, model, folder, kind="auto"):
        return super().reference(folder, model.cls, model.pre, kind, model.given)

    def refuse(self, folder, *said):
        result = self.run_fmtconv("-f", folder, self.tmp / "bad.gguf", status=1)
        for text in said:
            self.assertIn(text, result.stderr)
        self.assertFalse((self.tmp / "bad.gguf").exists())

    @each
    def test_keys_and_bytes(self, model, folder):
        for kind in ("auto", "f16", "f32"):
            output = self.tmp / (f"out-{kind}.gguf" if kind != "auto" else "out.gguf")
            self.run_fmtconv("-f", folder, output)
            self.compare(output, self.reference(model, folder, kind), model.more)
        self.run_fmtconv("-f", "-t", f"{model.name}:reverse", "--dtype", "bf16", self.tmp / "out.gguf", self.tmp / "back.safetensors")
        wanted = {n: t for n, t in load_file(folder / "model.safetensors").items() if not n.startswith("visual.")}
        self.assert_same(load_file(self.tmp / "back.safetensors"), wanted)
        got = continued(self.tmp / "out-f16.gguf")
        self.assertEqual(len(got), 8)
        self.assertEqual(got, continued(self.tmp / "reference-f16.gguf"))
        for file in self.tmp.glob("*.gguf"):
            file.unlink()

    def test_published_names_of_qwen2_vl(self):
        """config.json as it was published, without text_config."""
        model = named("qwen2-vl")
        folder = llmmake.folder(self.tmp / "model", model.cls, model.files(), **IMAGES)
        tree = json.loads((folder / "config.json").read_text())
        text = {n: v for n, v in TEXT.items() if n != "rope_parameters"}
        (folder / "config.json").write_text(json.dumps({"architectures": [model.cls], "model_type": "qwen2_vl", "max_position_embeddings": 512, **text,
                                                        "rms_norm_eps": 1e-6, "rope_theta": 500000.0, "vision_config": tree["vision_config"],
                                                        "rope_scaling": {"type": "mrope", "mrope_section": [2, 3, 3]}}))
        self.run_fmtconv("-f", folder, self.tmp / "out.gguf")
        self.compare(self.tmp / "out.gguf", self.reference(model, folder))

    def test_norms_of_heads(self):
        """StableLM 2 12B has a norm for each head, which the converter stacks in vain: it ends with an error."""
        model = named("stablelm")
        folder = llmmake.folder(self.tmp / "model", model.cls, model.files(), dtype=torch.float32, qk_layernorm=True, use_parallel_residual=True)
        self.run_fmtconv("-f", folder, self.tmp / "a-F32.gguf")
        tensors = load_file(folder / "model.safetensors")
        norms = torch.stack([tensors[f"model.layers.1.self_attn.q_layernorm.norms.{i}.weight"] for i in range(4)])
        self.assertEqual(read(self.tmp / "a-F32.gguf")[1]["blk.1.attn_q_norm.weight"][1:], ([16, 4], norms.numpy().tobytes()))
        self.run_fmtconv("-f", "-t", "stablelm:reverse", self.tmp / "a-F32.gguf", self.tmp / "back.safetensors")
        self.assert_same(load_file(self.tmp / "back.safetensors"), tensors)
        loaded = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
        tokens = torch.tensor([[7, 100, 33, 250]])
        with torch.inference_mode():
            for _ in range(8):
                tokens = torch.cat((tokens, loaded(tokens).logits[:, -1:].argmax(-1)), 1)
        self.assertEqual(continued(self.tmp / "a-F32.gguf"), tokens[0, 4:].tolist())

    def test_foreign_variants(self):
        """What llama.cpp does not compute for the architecture, or contradicts the tensors."""
        for name, wrong, *said in (("olmo3", {"layer_types": ["full_attention"]}, "length(types) == #i"), ("olmo3", {"layer_types": None}, "layer_types"),
                                   ("olmoe", {"clip_qkv": 8.0}, "clip_qkv"), ("olmoe", {"norm_topk_prob": True}, "norm_topk_prob"),
                                   ("granite-moe", {"shared_intermediate_size": 48}, "has_shared == (shared > 0)"),
                                   ("granite-moe", LLAMA3, "rope != 'llama3'"), ("olmoe", {"num_key_value_heads": 2}, "with a wrong shape", "k_proj.weight"),
                                   ("granite-moe", {"num_local_experts": 5}, "with a wrong shape", "block_sparse_moe.router.layer.weight"),
                                   ("qwen2-vl", {"text_config": TEXT | {"num_hidden_layers": 3}}, "layers == #i"),
                                   ("qwen2-vl", {"text_config": TEXT | {"rope_parameters": {"mrope_section": [2, 2, 3]}}}, "first + second + third"),
                                   ("qwen2-vl", {"text_config": TEXT | {"rope_parameters": {}}}, "mrope_section"),
                                   ("command-r", {"rope_parameters": {"rope_type": "yarn"}}, "rope == 'default'"),
                                   ("phi2", {"qk_layernorm": True}, "qk_layernorm"), ("phi2", {"rope_parameters": {"rope_theta": 5e4}}, "== 10000.0"),
                                   ("stablelm", {"use_parallel_residual": True}, "has_second != parallel"),
                                   ("stablelm", {"rope_parameters": {"rope_theta": 5e4}}, "== 10000.0")):
            with self.subTest(name, **wrong):
                model = named(name)
                folder = llmmake.folder(self.tmp / f"{name}-{len(said[0])}", model.cls, model.files(), **model.variants[0])
                config = json.loads((folder / "config.json").read_text())
                (folder / "config.json").write_text(json.dumps({n: v for n, v in (config | wrong).items() if v is not None}))
                self.refuse(folder, *said)


if __name__ == "__main__":
    unittest.main()
