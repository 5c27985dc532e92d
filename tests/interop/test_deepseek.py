# SPDX-License-Identifier: Apache-2.0
"""DeepSeek to GGUF beyond test_llm.py: weights in f8 with the scales of blocks, as V3 and R1 are published, the layer that predicts
further tokens, the way back, and folders that contradict themselves."""
# Plugins: dequantize diffusers gguf model-card quantize safetensors tokenizer

import json
import unittest

import llmmake
import torch
from llmfile import Compared, gguf, read
from safetensors.torch import load_file, save_file
from test_llm import DEEPSEEK3, LATENT, LATENT_YARN, continued

BLOCK = 128
WIDE = {"hidden_size": 256, "intermediate_size": 320, "moe_intermediate_size": 64, "kv_lora_rank": 256, "q_lora_rank": 160, "qk_nope_head_dim": 64,
        "v_head_dim": 32, "qk_rope_head_dim": 16, "head_dim": 16}
QUANTIZATION = {"activation_scheme": "dynamic", "fmt": "e4m3", "quant_method": "fp8", "weight_block_size": [BLOCK, BLOCK]}


def to_f8(weight):
    """A matrix in f8, and the scale of each of its blocks, which at its ends are smaller."""
    rows, columns = weight.shape
    scale = torch.empty(-(-rows // BLOCK), -(-columns // BLOCK))
    codes = torch.empty(rows, columns, dtype=torch.float8_e4m3fn)
    for i in range(scale.shape[0]):
        for j in range(scale.shape[1]):
            at = slice(BLOCK * i, BLOCK * (i + 1)), slice(BLOCK * j, BLOCK * (j + 1))
            scale[i, j] = weight[at].float().abs().max() / 448
            codes[at] = (weight[at].float() / scale[i, j]).to(torch.float8_e4m3fn)
    return codes, scale


def is_linear(name):
    return name.endswith("_proj.weight") or name.endswith("_proj_with_mqa.weight")


class DeepSeek(Compared):
    def folder_of(self, name="Narrow-V3", cls="DeepseekV3ForCausalLM", files=llmmake.deepseek3, **config):
        return llmmake.folder(self.tmp / name, cls, files(), **DEEPSEEK3 | LATENT_YARN | config)

    def edit(self, folder, **entries):
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({n: v for n, v in (config | entries).items() if v is not ...}))

    def refuse(self, folder, *said):
        result = self.run_fmtconv("-f", folder, self.tmp / "bad.gguf", status=1)
        for text in said:
            self.assertIn(text, result.stderr)
        self.assertFalse((self.tmp / "bad.gguf").exists())

    def test_scaled(self):
        folder = self.folder_of(**WIDE)
        tensors = {}
        for name, tensor in load_file(folder / "model.safetensors").items():
            if is_linear(name):
                tensors[name], tensors[f"{name}_scale_inv"] = to_f8(tensor)
            else:
                tensors[name] = tensor
        save_file(tensors, folder / "model.safetensors")
        self.edit(folder, quantization_config=QUANTIZATION)
        for kind in ("f16", "bf16", "f32", "q8_0", "auto"):
            with self.subTest(kind):
                output = self.tmp / (f"out-{kind}.gguf" if kind != "auto" else "out.gguf")
                self.run_fmtconv("-f", folder, output)
                self.compare(output, self.reference(folder, "DeepseekV3ForCausalLM", "deepseek-v3", kind))

    def test_quantized(self):
        """Weights in f8 become the blocks that their values become."""
        folder = self.folder_of(num_hidden_layers=2, **WIDE)
        tensors = load_file(folder / "model.safetensors")
        scaled = {n: to_f8(t) for n, t in tensors.items() if is_linear(n)}
        codes = {n: c for n, (c, _) in scaled.items()} | {f"{n}_scale_inv": s for n, (_, s) in scaled.items()}
        repeated = {n: s.repeat_interleave(BLOCK, 0).repeat_interleave(BLOCK, 1)[:c.shape[0], :c.shape[1]] for n, (c, s) in scaled.items()}
        save_file(tensors | {n: c.float() * repeated[n] for n, (c, _) in scaled.items()}, folder / "model.safetensors")
        self.run_fmtconv("-f", folder, self.tmp / "a-Q4_K_M.gguf")
        save_file(tensors | codes, folder / "model.safetensors")
        self.edit(folder, quantization_config=QUANTIZATION)
        self.run_fmtconv("-f", folder, self.tmp / "b-Q4_K_M.gguf")
        got, wanted = read(self.tmp / "b-Q4_K_M.gguf"), read(self.tmp / "a-Q4_K_M.gguf")
        self.assertTrue(got == wanted)
        self.assertEqual(got[1]["blk.0.attn_kv_a_mqa.weight"][0], gguf.GGMLQuantizationType.Q4_K)
        self.assertEqual([got[1][f"blk.0.attn_{p}_b.weight"][0].name for p in "kv"], ["Q5_0", "Q4_K"])  # rows of 64 and 256
        self.assertEqual(len(continued(self.tmp / "b-Q4_K_M.gguf")), 8)

    def test_back(self):
        for i, config in enumerate((LATENT | {"q_lora_rank": None}, DEEPSEEK3, DEEPSEEK3 | {"first_k_dense_replace": 0})):
            with self.subTest(i):
                cls, files = ("DeepseekV3ForCausalLM", llmmake.deepseek3) if i else ("DeepseekV2ForCausalLM", llmmake.deepseek2)
                folder = llmmake.folder(self.tmp / f"model-{i}", cls, files(), **config)
                self.run_fmtconv("-f", folder, self.tmp / "a.gguf")
                self.run_fmtconv("-f", "-t", "deepseek2:reverse", "--dtype", "bf16", self.tmp / "a.gguf", self.tmp / "back.safetensors")
                self.assert_same(load_file(self.tmp / "back.safetensors"), load_file(folder / "model.safetensors"))

    def test_bad_input(self):
        folder = self.folder_of()
        config = json.loads((folder / "config.json").read_text())
        for wrong, *said in (({"first_k_dense_replace": 2}, "does not hold", "dense == #j && #j + #k == #i"),
                             ({"qk_nope_head_dim": 16}, "with a wrong shape", "self_attn.q_b_proj.weight"),
                             ({"v_head_dim": 24}, "with a wrong shape", "self_attn.kv_b_proj.weight"),
                             ({"kv_lora_rank": 24}, "with a wrong shape", "self_attn.kv_a_layernorm.weight"),
                             ({"n_shared_experts": 1}, "with a wrong shape", "mlp.shared_experts.down_proj.weight"),
                             ({"n_routed_experts": 5}, "nearest matches", "6 missing"),
                             ({"n_routed_experts": 3}, "nearest matches", "6 unknown"),
                             ({"num_hidden_layers": 4}, "does not hold", "layers == #i"),
                             ({"rope_interleave": False}, "does not hold", "rope_interleave"),
                             ({"scoring_func": "tanh"}, "does not hold", "score == 'softmax'"),
                             ({"qk_rope_head_dim": ...}, "qk_rope_head_dim")):
            with self.subTest(wrong):
                (folder / "config.json").write_text(json.dumps(config))
                self.edit(folder, **wrong)
                self.refuse(folder, *said)

    def test_further_tokens(self):
        """The layer after the last one is left out, as the converter does."""
        folder = self.folder_of()
        tensors = load_file(folder / "model.safetensors")
        more = {n.replace("layers.2.", "layers.3."): t.clone() for n, t in tensors.items() if "layers.2." in n}
        more |= {f"model.layers.3.{n}": torch.ones(64) for n in ("enorm.weight", "hnorm.weight", "shared_head.norm.weight")}
        more |= {"model.layers.3.eh_proj.weight": torch.ones(64, 128), "model.layers.3.embed_tokens.weight": tensors["lm_head.weight"].clone(),
                 "model.layers.3.shared_head.head.weight": tensors["lm_head.weight"].clone()}
        save_file(tensors | more, folder / "model.safetensors")
        result = self.run_fmtconv("-f", folder, self.tmp / "b.gguf")
        self.assertIn("predicts the token after the next one", result.stderr)
        self.compare(self.tmp / "b.gguf", self.reference(folder, "DeepseekV3ForCausalLM", "deepseek-v3"))
        self.edit(folder, num_nextn_predict_layers=0)
        self.refuse(folder, "nearest matches", "6 unknown")


if __name__ == "__main__":
    unittest.main()
