# SPDX-License-Identifier: Apache-2.0
"""Language models from transformers' folders to GGUF: keys, names and bytes are those of llama.cpp's converter, and llama.cpp
continues a text as with the converter's file.

One entry of TABLE is one model; what is tested of it is the same for all.  The converter is installed as for test_tokenizer.py.

Differences that are meant:
  general.alignment     fmtconv writes it, also if it is 32
  general.file_type     fmtconv writes it for GPT-NeoX, too
  rope.freq_base        fmtconv writes it for GPT-NeoX if it is not llama.cpp's 10000
  GPT-2                 config.json may lack n_ctx, and the masks of the attention are left out
  Falcon                one key for all queries (multi_query) is one, whatever num_kv_heads says
  order                 tensors are in the order of the model, keys in that of their making
"""
# Plugins: diffusers gguf model-card quantize safetensors tokenizer

import json
import unittest
from dataclasses import dataclass, field

import llmmake
import tokmake
import torch
import transformers
from llmfile import Compared, ask, gguf, read, serve
from safetensors.torch import load_file, save_file

WRITER = ("alignment", "architecture", "file_type", "quantization_version", "general.type")  # keys that the writer makes of the tensors
CARD = """---
license: apache-2.0
license_link: LICENSE
language:
- en
- no
base_model: [Qwen/Qwen2.5-0.5B, "https://huggingface.co/meta-llama/Llama-3.1-8B", "https://x.org/a", {name: Mine, author: me}]
datasets: a/b-7b
tags:
	- chat
pipeline_tag: text-generation
model_creator: me
---
# Title
---
"""
NAMES = ["Qwen2.5-0.5B-Instruct", "Llama-3.2-1B", "Mixtral-8x7B-v0.1", "bloom-7b1", "Phi-3-mini-4k-instruct", "SmolLM2-135M", "qwen2b-chat-v2",
         "gemma-2-2b-it", "model", "Meta-Llama-3-8B-128k-iter2", "deepseek-llm-7b-base", "x-q4_k_m-F16", "Big-A2.7B-small", "a--b-xl", "0.1M-v1.5",
         "My model 2", "Foo-100K-Bar", "Qwen3-30B-A3B"]


@dataclass
class Model:
    name: str  # of the file in models/
    cls: str  # of transformers
    files: callable  # the files of its tokenizer
    pre: str  # llama.cpp's name of the pre-tokenizer, which its converter finds only for published ones
    variants: list = field(default_factory=lambda: [{}])  # entries of config.json
    given: dict = field(default_factory=dict)  # entries that the converter needs and transformers' class does not give it
    more: frozenset = frozenset()  # keys that the converter does not write


LLAMA3 = {"rope_parameters": {"rope_type": "llama3", "rope_theta": 500000.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                              "original_max_position_embeddings": 8192}, "max_position_embeddings": 131072}
GEMMA3 = {"head_dim": 16, "sliding_window": 32}
IMAGES = {"text_config": GEMMA3 | {"hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "vocab_size": 405},
          "vision_config": {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2, "image_size": 28,
                            "patch_size": 14}, "mm_tokens_per_image": 4}
YARN = {"rope_parameters": {"rope_type": "yarn", "rope_theta": 1000000.0, "factor": 4.0, "original_max_position_embeddings": 64}}
EXPERTS = {"num_experts": 4, "moe_intermediate_size": 32, "num_experts_per_tok": 2}
LATENT = {"num_key_value_heads": 4, "num_hidden_layers": 3, "first_k_dense_replace": 1, "n_routed_experts": 4, "n_shared_experts": 2,
          "moe_intermediate_size": 32, "num_experts_per_tok": 2, "kv_lora_rank": 32, "qk_nope_head_dim": 24, "qk_rope_head_dim": 8, "v_head_dim": 16,
          "head_dim": 8}
LATENT_YARN = {"rope_parameters": {"rope_type": "yarn", "rope_theta": 10000.0, "factor": 40.0, "original_max_position_embeddings": 64, "beta_fast": 32,
                                   "beta_slow": 1, "mscale": 0.707, "mscale_all_dim": 0.707}}
DEEPSEEK3 = LATENT | {"q_lora_rank": 24, "n_group": 2, "topk_group": 1, "scoring_func": "sigmoid", "num_nextn_predict_layers": 1}

TABLE = [
    Model("qwen2", "Qwen2ForCausalLM", llmmake.qwen2, "qwen2", [{}, {"tie_word_embeddings": True, "rope_parameters": {
        "rope_type": "yarn", "rope_theta": 1000000.0, "factor": 4.0, "original_max_position_embeddings": 64}}]),
    Model("llama", "LlamaForCausalLM", llmmake.llama3, "llama-bpe", [{}, LLAMA3 | {"attention_bias": True, "mlp_bias": True}]),
    Model("llama", "LlamaForCausalLM", llmmake.llama2, None, [{"head_dim": 32}]),
    Model("llama", "MistralForCausalLM", llmmake.llama2, None, [{"sliding_window": 128}]),
    Model("qwen3", "Qwen3ForCausalLM", llmmake.qwen2, "qwen2", [{"head_dim": 32, "tie_word_embeddings": True}, {"rope_parameters": {
        "rope_type": "yarn", "rope_theta": 1000000.0, "factor": 4.0, "original_max_position_embeddings": 64, "attention_factor": 1.2, "beta_fast": 16.0,
        "beta_slow": 2.0}}]),
    Model("phi3", "Phi3ForCausalLM", llmmake.phi3, None, [{}, {"original_max_position_embeddings": 64, "rope_parameters": {
        "rope_type": "longrope", "rope_theta": 10000.0, "partial_rotary_factor": 0.75, "original_max_position_embeddings": 64,
        "long_factor": [1.0, 1.5, 2.0, 3.25, 4.0, 5.0], "short_factor": [1.0] * 6}}]),
    Model("gemma2", "Gemma2ForCausalLM", llmmake.llama2, None, [{"head_dim": 16}]),
    Model("mixtral", "MixtralForCausalLM", llmmake.llama2, None, [{"num_local_experts": 4}]),
    Model("qwen2-moe", "Qwen2MoeForCausalLM", llmmake.qwen2, "qwen2", [EXPERTS | {"shared_expert_intermediate_size": 48}]),
    Model("qwen3-moe", "Qwen3MoeForCausalLM", llmmake.qwen2, "qwen2", [EXPERTS | {"head_dim": 16}]),
    Model("deepseek2", "DeepseekV2ForCausalLM", llmmake.deepseek2, "deepseek-llm", [
        LATENT | LATENT_YARN | {"q_lora_rank": None, "scoring_func": "softmax", "num_hidden_layers": 27},  # by which llama.cpp knows V2-Lite
        LATENT | {"q_lora_rank": 24, "first_k_dense_replace": 0}]),
    Model("deepseek2", "DeepseekV3ForCausalLM", llmmake.deepseek3, "deepseek-v3", [DEEPSEEK3 | LATENT_YARN]),
    Model("gemma", "GemmaForCausalLM", llmmake.llama2, None, [{"head_dim": 16}]),
    Model("gemma3", "Gemma3ForCausalLM", llmmake.llama2, None, [GEMMA3, {
        "head_dim": 16, "final_logit_softcapping": 30.0, "rope_parameters": {
            "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1e6},
            "sliding_attention": {"rope_type": "default", "rope_theta": 20000.0}}}]),
    Model("gemma3-vision", "Gemma3ForConditionalGeneration", llmmake.llama2, None, [IMAGES]),
    Model("smollm3", "SmolLM3ForCausalLM", llmmake.llama3, "llama-bpe", [{}, YARN | {"tie_word_embeddings": False}]),
    Model("gpt2", "GPT2LMHeadModel", llmmake.gpt2, "gpt-2", [{"n_embd": 64, "n_layer": 2, "n_head": 4, "n_positions": 256, "n_ctx": 256}]),
    Model("starcoder2", "Starcoder2ForCausalLM", llmmake.gpt2, "gpt-2", [{}, {"tie_word_embeddings": False, "norm_epsilon": 1e-6}]),
    Model("olmo", "OlmoForCausalLM", llmmake.gpt2, "gpt-2", [{}, {"clip_qkv": 8.0, "tie_word_embeddings": True}]),
    Model("olmo2", "Olmo2ForCausalLM", llmmake.gpt2, "gpt-2", [{}]),
    Model("granite", "GraniteForCausalLM", llmmake.granite, "gpt-2", [{}, {"attention_multiplier": 0.015625, "embedding_multiplier": 12.0,
          "residual_multiplier": 0.22, "logits_scaling": 8.0, "tie_word_embeddings": True, "attention_bias": True, "mlp_bias": True}]),
    Model("gptneox", "GPTNeoXForCausalLM", llmmake.gpt2, "gpt-2", [{}, {"use_parallel_residual": False}], {"rotary_pct": 0.25},
          {"general.file_type"}),
    Model("falcon", "FalconForCausalLM", llmmake.gpt2, "gpt-2", [{"alibi": False}], {"num_kv_heads": 1}),
    Model("falcon-two-norms", "FalconForCausalLM", llmmake.gpt2, "gpt-2", [{"new_decoder_architecture": True, "num_kv_heads": n} for n in (4, 2)]),
]


def named(name):
    return next(m for m in TABLE if m.name == name)


def each(test):
    """Runs the test for each model in each variant, with its folder."""
    def run(self):
        for model in TABLE:
            for i, config in enumerate(model.variants):
                with self.subTest(model.name, **config):
                    path = self.tmp / f"Narrow-{model.cls}-{i}-Instruct"
                    test(self, model, llmmake.folder(path, model.cls, model.files(), **config))

    return run


def continued(path, tokens=(7, 100, 33, 250), n=8):
    """The tokens with which llama.cpp continues a text."""
    return ask(serve(path), "/completion", prompt=list(tokens), n_predict=n, temperature=0, return_tokens=True, ignore_eos=True,
               cache_prompt=False)["tokens"]


class Llm(Compared):
    def reference(self, model, folder, kind="auto"):
        return super().reference(folder, model.cls, model.pre, kind, model.given)

    def general(self, folder, card=None):
        """The keys of the folder that begin with "general.", of fmtconv and of the converter."""
        if card:
            (folder / "README.md").write_text(card)
        self.run_fmtconv("-f", "-t", "model-card", "-w", "gguf:architecture=llama", folder, self.tmp / "card.gguf")
        got = {n: v for n, v in read(self.tmp / "card.gguf")[0].items() if n.startswith("general.")}
        total = sum(t.numel() for t in load_file(folder / "model.safetensors").values())
        metadata = gguf.Metadata.load(None, folder, None, total)
        metadata.size_label = metadata.size_label or gguf.size_label(total, total, 0, 0)
        writer = gguf.GGUFWriter(None, "llama")
        metadata.set_gguf_meta_model(writer)
        wanted = {n: v.value for n, v in writer.kv_data[0].items()}
        return {n: v[1] for n, v in got.items() if n in wanted or not n.endswith(WRITER)}, wanted

    def test_model_cards(self):
        """What the name of a folder, config.json and README.md say."""
        for i, name in enumerate(NAMES):
            with self.subTest(name):
                folder = self.tmp / name
                folder.mkdir()
                config = {"_name_or_path": NAMES[i - 1] if i % 2 else f"Org-{i}/{NAMES[i - 1]}"} if i > 9 else {}
                (folder / "config.json").write_text(json.dumps(config))
                save_file({"w": torch.zeros(10 ** (i % 5 + 1), 5)}, folder / "model.safetensors")
                got, wanted = self.general(folder, CARD if i % 3 == 0 else None)
                self.assertEqual(got, wanted)

    def test_broken_card(self):
        folder = llmmake.folder(self.tmp / "model", "Qwen2ForCausalLM", llmmake.qwen2())
        (folder / "README.md").write_text("---\na: [\n---\n")
        self.assertIn("README.md: its head is not used", self.run_fmtconv("-f", folder, self.tmp / "out.gguf").stderr)

    def test_card_values(self):
        """A value of a card that is not a text is noted; long lists take little memory."""
        folder = llmmake.folder(self.tmp / "model", "Qwen2ForCausalLM", llmmake.qwen2())
        lines = "".join(f"{entry}:\n" + "- ab\n" * 40000 for entry in ("author", "base_model"))
        (folder / "README.md").write_text(f"---\nversion: 1.0\nlanguage: [en, no]\n{lines}---\n")
        self.run_fmtconv("-f", folder, self.tmp / "out.gguf", status=1)  # a small input may not take that much
        result = self.run_fmtconv("--json", "-f", "--parse-memory", "256M", folder, self.tmp / "out.gguf")
        self.assertLess(json.loads(result.stdout.splitlines()[-1])["memory"]["peak"], 300 << 20)
        for entry in ("version", "language"):
            self.assertIn(f"skipped a value of '{entry}' that is not a text", result.stdout)
        self.assertIn("used the first 1000 of 40000 values of 'base_model'", result.stdout)
        keys = read(self.tmp / "out.gguf")[0]
        self.assertEqual(keys["general.author"][1], ",".join(["ab"] * 40000))
        self.assertEqual((keys["general.languages"][1], keys["general.base_model.count"][1]), (["en"], 1000))

    def types(self, folder, kind):
        """The types of the weights in a quantized file: role → its types in order of the layers."""
        self.run_fmtconv("-f", folder, self.tmp / f"out-{kind}.gguf")
        roles = {}
        keys, tensors = read(self.tmp / f"out-{kind}.gguf")
        for name, (dtype, shape, _) in tensors.items():
            if len(shape) > 1:
                roles.setdefault(name.removesuffix(".weight").split(".")[-1], []).append(dtype.name)
        return {r: t[0] if len(set(t)) == 1 else t for r, t in roles.items()}, gguf.LlamaFileType(keys["general.file_type"][1]).name

    def test_quantized(self):
        """The types of llama-quantize, as in files that were published; the layers with more bits in a model of 16: 0, 1, 4, 7 … 14, 15."""
        size = {"hidden_size": 256, "intermediate_size": 512, "num_hidden_layers": 16, "num_attention_heads": 8, "num_key_value_heads": 2}
        folder = llmmake.folder(self.tmp / "model", "LlamaForCausalLM", llmmake.llama3(), **size)
        more = [i < 2 or i >= 14 or (i - 2) % 3 == 2 for i in range(16)]
        mixed = ["Q6_K" if m else "Q4_K" for m in more]
        plain = dict.fromkeys(("attn_q", "attn_k", "attn_output", "ffn_gate", "ffn_up", "token_embd"), "Q4_K")
        self.assertEqual(self.types(folder, "Q4_K_M"), (plain | {"attn_v": mixed, "ffn_down": mixed, "output": "Q6_K"}, "MOSTLY_Q4_K_M"))
        small = plain | {"attn_v": ["Q5_K"] * 4 + ["Q4_K"] * 12, "ffn_down": ["Q5_K"] * 2 + ["Q4_K"] * 14, "output": "Q6_K"}
        self.assertEqual(self.types(folder, "q4_k_s"), (small, "MOSTLY_Q4_K_S"))
        three = dict.fromkeys(plain, "Q3_K") | {"attn_output": "Q4_K", "attn_v": ["Q5_K"] * 2 + ["Q4_K"] * 14,
                                                "ffn_down": ["Q5_K"] + ["Q4_K"] * 15, "output": "Q6_K"}
        self.assertEqual(self.types(folder, "Q3_K_M"), (three, "MOSTLY_Q3_K_M"))
        two = dict.fromkeys(plain, "Q2_K") | {"attn_output": "Q3_K", "attn_v": "Q4_K", "ffn_down": "Q3_K", "output": "Q6_K"}
        self.assertEqual(self.types(folder, "Q2_K"), (two, "MOSTLY_Q2_K"))
        four = dict.fromkeys((*plain, "attn_v", "ffn_down"), "Q4_0")
        self.assertEqual(self.types(folder, "Q4_0"), (four | {"output": "Q6_K"}, "MOSTLY_Q4_0"))
        self.assertEqual(len(continued(self.tmp / "out-Q4_K_M.gguf")), 8)
        folder = llmmake.folder(self.tmp / "tied", "LlamaForCausalLM", llmmake.llama3(), tie_word_embeddings=True, **size)
        tied = self.types(folder, "Q4_K_M")[0]
        self.assertEqual((tied["token_embd"], "output" in tied), ("Q6_K", False))
        folder = llmmake.folder(self.tmp / "experts", "MixtralForCausalLM", llmmake.llama2(), num_local_experts=8, **size)
        experts = self.types(folder, "Q4_K_M")[0]
        self.assertEqual([experts[r] for r in ("attn_v", "attn_k", "attn_output", "ffn_gate_inp")], ["Q8_0", "Q8_0", "Q5_K", "F32"])
        self.assertEqual(experts["ffn_down_exps"], mixed)

    def test_edited(self):
        """llama.cpp continues a text with an edited file as before: its tokens and tensors stay, wherever they move."""
        folder = llmmake.folder(self.tmp / "model", "Qwen2ForCausalLM", llmmake.qwen2())
        path = self.tmp / "x.gguf"
        self.run_fmtconv(folder, path)
        wanted, (keys, tensors) = continued(path), read(path)
        eos = keys["tokenizer.ggml.eos_token_id"][1]
        for changes in (["--set", "general.name=" + "a long name " * 9, "--set", "x.new:[str]=[\"a\",\"b\"]"],
                        ["--set", f"tokenizer.ggml.eos_token_id={eos ^ 1}"], ["--unset", "x.new", "--set", f"tokenizer.ggml.eos_token_id={eos}"]):
            self.run_fmtconv("edit", *changes, path)
            self.assertEqual(continued(path), wanted)
            self.assertEqual(read(path)[1], tensors)
        self.assertEqual(read(path)[0], keys | {"general.name": (keys["general.name"][0], "a long name " * 9)})

    def test_transformers(self):
        """transformers opens the file: the same logits and ids as those of the folder."""
        for model in (TABLE[0], TABLE[1]):
            with self.subTest(model.cls):
                folder = llmmake.folder(self.tmp / model.cls, model.cls, model.files(), dtype=torch.float32)
                self.run_fmtconv(folder, self.tmp / "x-f32.gguf", "-f")
                ids = torch.tensor([[7, 100, 33, 250]])
                with torch.inference_mode():
                    got, wanted = (getattr(transformers, model.cls).from_pretrained(p, **more)(ids).logits
                                   for p, more in ((self.tmp, {"gguf_file": "x-f32.gguf"}), (folder, {})))
                self.assertTrue(torch.equal(got, wanted))
                got, wanted = (transformers.AutoTokenizer.from_pretrained(p, **more)("Hello world, 12 ways")["input_ids"]
                               for p, more in ((self.tmp, {"gguf_file": "x-f32.gguf"}), (folder, {})))
                self.assertEqual(got, wanted)

    def test_types_of_falcon(self):
        """Falcon gets other types than the rest.  The types are those of llama_model_quantize (llama.cpp 0.5.0)."""
        model = named("falcon")
        folder = llmmake.folder(self.tmp / "model", model.cls, model.files(), alibi=False, hidden_size=256, num_hidden_layers=17,
                                num_attention_heads=4)
        more = [i < 2 or i >= 14 or (i - 2) % 3 == 2 for i in range(17)]
        first = [True] + [False] * 16
        four = dict.fromkeys(("attn_output", "ffn_up"), "Q4_K")
        tied = {"token_embd": "Q8_0"}
        mixed = ["Q6_K" if f else "Q5_K" if m else "Q4_K" for f, m in zip(first, more)]
        self.assertEqual(self.types(folder, "Q4_K_M")[0], four | {"attn_qkv": ["Q6_K" if m else "Q4_K" for m in more], "ffn_down": mixed} | tied)
        three = dict.fromkeys(four, "Q3_K")
        down = ["Q5_K" if f else "Q4_K" if m else "Q3_K" for f, m in zip(first, more)]
        self.assertEqual(self.types(folder, "Q3_K_M")[0], three | {"attn_qkv": ["Q5_K"] * 2 + ["Q4_K"] * 15, "ffn_down": down} | tied)
        self.assertEqual(self.types(folder, "Q4_K_S")[0], four | {"attn_qkv": ["Q5_K"] * 4 + ["Q4_K"] * 13, "ffn_down": "Q4_K"} | tied)

    def test_short_rows(self):
        """The file has the type that was asked for, also if the rows of no tensor have such blocks."""
        folder = llmmake.folder(self.tmp / "model", "Qwen2ForCausalLM", llmmake.qwen2(), tie_word_embeddings=True)
        types, file = self.types(folder, "Q3_K_M")
        self.assertEqual(file, "MOSTLY_Q3_K_M")
        self.assertNotIn("Q3_K", str(types))

    def test_outputs_in_one_pass(self):
        """Files of several types, one of them in parts and one with an importance matrix, are those of separate runs."""
        folder = llmmake.folder(self.tmp / "model", "Qwen2ForCausalLM", llmmake.qwen2(), hidden_size=256, intermediate_size=512)
        names = ["x-f16.gguf", "x-Q4_K_M.gguf", "x-Q8_0.gguf"]
        together, alone = self.tmp / "together", self.tmp / "alone"
        together.mkdir()
        alone.mkdir()
        tees = [a for n in names[1:] for a in ("--tee", together / n)]
        said = self.run_fmtconv("-w", "gguf:split-max-size=500K", folder, together / names[0], *tees).stderr
        self.assertIn("3 outputs in one pass", said)
        for n in names:
            self.run_fmtconv("-w", "gguf:split-max-size=500K", folder, alone / n)
        self.assertIn("x-Q8_0-00001-of-00004.gguf", [p.name for p in alone.iterdir()])
        self.assertEqual({p.name: p.read_bytes() for p in together.iterdir()}, {p.name: p.read_bytes() for p in alone.iterdir()})

    def test_importance(self):
        """-t quantize alone gets the other transforms, and an importance matrix has llama.cpp's names: as in two steps."""
        folder = llmmake.folder(self.tmp / "model", "MixtralForCausalLM", llmmake.llama2(), num_local_experts=4, hidden_size=256,
                                intermediate_size=512)
        self.run_fmtconv(folder, self.tmp / "plain-f32.gguf")
        writer = gguf.GGUFWriter(self.tmp / "matrix.gguf", "")
        for name, (_, shape, _) in read(self.tmp / "plain-f32.gguf")[1].items():
            if len(shape) > 1 and name != "token_embd.weight":
                experts = shape[2] if len(shape) > 2 else 1
                writer.add_tensor(f"{name}.in_sum2", torch.rand(experts, shape[0]).numpy())
                writer.add_tensor(f"{name}.counts", torch.full((experts, 1), 3.0).numpy())
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        quantize = f"quantize:to=Q4_K_M,imatrix={self.tmp / 'matrix.gguf'}"
        self.assertIn("the importance matrix has entries for", self.run_fmtconv("-t", quantize, folder, self.tmp / "one.gguf").stderr)
        self.run_fmtconv("-t", f"{quantize},choice=llama,rest=f32", self.tmp / "plain-f32.gguf", self.tmp / "two.gguf")
        self.run_fmtconv(folder, self.tmp / "x-Q4_K_M.gguf")
        (keys, one), (wanted, two), (_, plain) = (read(self.tmp / n) for n in ("one.gguf", "two.gguf", "x-Q4_K_M.gguf"))
        self.assertTrue(keys == wanted and one == two)
        self.assertEqual({n: t[0] for n, t in one.items()}, {n: t[0] for n, t in plain.items()})
        self.assertFalse(one["blk.0.ffn_down_exps.weight"] == plain["blk.0.ffn_down_exps.weight"])
        self.assertEqual(len(continued(self.tmp / "one.gguf")), 8)

    def test_back(self):
        """From GGUF to a folder that transformers opens, with the same tensors and an equal config.json."""
        for model in TABLE:
            if model.cls not in ("Qwen2ForCausalLM", "Qwen3ForCausalLM", "LlamaForCausalLM"):
                continue
            for tied in (False, True):
                with self.subTest(model.cls, tied=tied):
                    path = llmmake.folder(self.tmp / f"{model.cls}-{tied}", model.cls, model.files(), tie_word_embeddings=tied)
                    back = self.tmp / "back"
                    self.run_fmtconv("-f", path, self.tmp / "a.gguf")
                    self.run_fmtconv("-f", "-t", f"{model.name}:reverse", "--dtype", "bf16", self.tmp / "a.gguf", f"{back}/")
                    wanted = load_file(path / "model.safetensors")
                    self.assert_same(load_file(back / "model.safetensors"), wanted)
                    got, config = (getattr(transformers, model.cls).config_class.from_pretrained(p).to_dict() for p in (back, path))
                    named = {"dtype", "transformers_version", "_name_or_path", "eos_token_id", "bos_token_id", "pad_token_id"}
                    self.assertEqual({k: v for k, v in got.items() if k not in named}, {k: v for k, v in config.items() if k not in named})
                    loaded = getattr(transformers, model.cls).from_pretrained(back, dtype=torch.bfloat16).state_dict()
                    self.assert_same({n: loaded[n] for n in wanted}, wanted)
        folder = llmmake.folder(self.tmp / "stretched", "LlamaForCausalLM", llmmake.llama3(), **LLAMA3)
        self.run_fmtconv("-f", folder, self.tmp / "a.gguf")
        self.run_fmtconv("-f", "-t", "llama:reverse", self.tmp / "a.gguf", f"{self.tmp}/stretched-back/")
        config = json.loads((self.tmp / "stretched-back/config.json").read_text())
        wanted = {n: v for n, v in LLAMA3["rope_parameters"].items() if n != "rope_theta"}
        self.assertEqual((config["rope_theta"], config["rope_scaling"]), (LLAMA3["rope_parameters"]["rope_theta"], wanted))

    def test_tensors_back(self):
        """The way back of models whose tensors are changed."""
        for name in ("gemma", "gemma3", "gpt2", "olmo", "gptneox", "falcon"):
            with self.subTest(name):
                model = named(name)
                folder = llmmake.folder(self.tmp / name, model.cls, model.files(), **model.variants[0])
                self.run_fmtconv("-f", folder, self.tmp / "a.gguf")
                self.run_fmtconv("-f", "-t", f"{name}:reverse", "--dtype", "bf16", self.tmp / "a.gguf", self.tmp / "back.safetensors")
                self.assert_same(load_file(self.tmp / "back.safetensors"), load_file(folder / "model.safetensors"))

    def test_inspect(self):
        folder = llmmake.folder(self.tmp / "model", "Qwen2ForCausalLM", llmmake.qwen2())
        told = self.run_fmtconv("inspect", folder).stdout
        self.assertIn("Qwen2, 2 layers, names of transformers", told)
        self.assertIn(f"fmtconv {folder} OUTPUT.gguf", told)
        self.run_fmtconv("-f", folder, self.tmp / "a.gguf")
        told = self.run_fmtconv("inspect", self.tmp / "a.gguf").stdout
        self.assertIn(f"fmtconv {self.tmp}/a.gguf OUTPUT/", told)

    def test_other_writers(self):
        """A folder or a file of safetensors keeps the names of transformers."""
        folder = llmmake.folder(self.tmp / "model", "Qwen2ForCausalLM", llmmake.qwen2())
        self.run_fmtconv("-f", folder, self.tmp / "a.safetensors")
        self.assert_same(load_file(self.tmp / "a.safetensors"), load_file(folder / "model.safetensors"))

    def test_older_configurations(self):
        """config.json as it was published: rope_theta and rope_scaling, and without entries that have the default."""
        scaling = LLAMA3["rope_parameters"]
        for model, config, gone, new in ((TABLE[0], {}, ("rope_parameters", "layer_types"), {"rope_theta": 1000000.0, "rope_scaling": {
                                             "type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64}}),
                                         (TABLE[1], {}, ("rope_parameters", "head_dim"), {"rope_theta": 500000.0, "rope_scaling": {
                                             n: scaling[n] for n in scaling if n != "rope_theta"}}),
                                         (TABLE[1], {"num_key_value_heads": 4}, ("rope_parameters", "head_dim", "num_key_value_heads"), {}),
                                         (named("gemma3"), {"head_dim": 16}, ("rope_parameters", "layer_types"), {
                                             "rope_theta": 1e6, "rope_local_base_freq": 30000.0,
                                             "rope_scaling": {"rope_type": "linear", "factor": 8.0}}),
                                         (named("granite"), {}, ("rope_parameters", "logits_scaling"), {"rope_theta": 50000.0})):
            with self.subTest(model.name, **new):
                folder = llmmake.folder(self.tmp / "Old-1B", model.cls, model.files(), **config)
                tree = json.loads((folder / "config.json").read_text())
                (folder / "config.json").write_text(json.dumps({n: v for n, v in tree.items() if n not in gone} | new))
                self.run_fmtconv("-f", folder, self.tmp / "out.gguf")
                self.compare(self.tmp / "out.gguf", self.reference(model, folder))

    def refuse(self, folder, *said):
        result = self.run_fmtconv("-f", folder, self.tmp / "bad.gguf", status=1)
        for text in said:
            self.assertIn(text, result.stderr)
        self.assertFalse((self.tmp / "bad.gguf").exists())

    def test_bad_input(self):
        """What contradicts itself or is incomplete is named, and nothing is written."""
        folder = llmmake.folder(self.tmp / "model", "Qwen2ForCausalLM", llmmake.qwen2())
        config, tokenizer = json.loads((folder / "config.json").read_text()), json.loads((folder / "tokenizer.json").read_text())
        write = lambda name, tree: (folder / name).write_text(json.dumps(tree))  # noqa: E731
        for entry, wrong, tensor in (("num_attention_heads", 8, "self_attn.k_proj.weight"), ("hidden_size", 32, "input_layernorm.weight"),
                                     ("num_key_value_heads", 4, "self_attn.k_proj.weight"), ("intermediate_size", 97, "mlp.gate_proj.weight")):
            with self.subTest(entry):
                write("config.json", config | {entry: wrong})
                self.refuse(folder, "with a wrong shape", tensor)
        write("config.json", config | {"num_hidden_layers": 3})
        self.refuse(folder, "does not hold", "layers == #i")
        write("config.json", {n: v for n, v in config.items() if n != "hidden_size"})
        self.refuse(folder, "hidden_size")
        write("config.json", config | {"rms_norm_eps": "small"})
        self.refuse(folder, "attention.layer_norm_rms_epsilon")
        write("config.json", config | {"num_local_experts": 10**12})
        self.run_fmtconv("-f", folder, self.tmp / "good.gguf")  # an entry of other models
        write("config.json", config)
        extra = [{"id": llmmake.rows(llmmake.qwen2()) + i, "content": f"<{i}>", "special": True} for i in range(9)]
        write("tokenizer.json", tokenizer | {"added_tokens": tokenizer["added_tokens"] + extra})
        self.refuse(folder, "tokens, but the model has")
        tokenizer["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"] = "[a-z]"
        write("tokenizer.json", tokenizer)
        self.refuse(folder, "the pre-tokenizer is not one of the known ones", "-t tokenizer:pre=NAME")
        for name in ("tokenizer.json", "tokenizer_config.json"):
            (folder / name).unlink()
        self.refuse(folder, "the input has no files of a tokenizer")

    def test_names_of_gpt2(self):
        """As it was published: without a prefix, and with the masks of the attention."""
        model = named("gpt2")
        folder = llmmake.folder(self.tmp / "model", model.cls, model.files(), **model.variants[0])
        self.run_fmtconv("-f", folder, self.tmp / "a.gguf")
        tensors = {n.removeprefix("transformer."): t for n, t in load_file(folder / "model.safetensors").items()}
        masks = {f"h.{i}.attn.bias": torch.ones(1, 1, 256, 256) for i in range(2)}
        save_file(tensors | masks, folder / "model.safetensors")
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({n: v for n, v in config.items() if n != "n_ctx"}))
        self.run_fmtconv("-f", folder, self.tmp / "b.gguf")
        self.assertTrue(read(self.tmp / "b.gguf") == read(self.tmp / "a.gguf"))

    def test_foreign_variants(self):
        """What llama.cpp does not compute for the architecture, or its converter does not convert."""
        for name, wrong, said in (("falcon", {"alibi": True}, "alibi"), ("falcon", {"multi_query": False, "num_attention_heads": 8}, "query_key_value"),
                                  ("smollm3", {"no_rope_layer_interval": 3}, "no_rope_layer_interval"), ("gpt2", {"n_inner": 96}, "n_inner"),
                                  ("olmo2", {"sliding_window": 128}, "sliding_window"), ("gemma3", {"attn_logit_softcapping": 50.0}, "softcapping")):
            with self.subTest(name, **wrong):
                model = named(name)
                folder = llmmake.folder(self.tmp / f"{name}-{len(wrong)}", model.cls, model.files(), **model.variants[0])
                config = json.loads((folder / "config.json").read_text())
                (folder / "config.json").write_text(json.dumps(config | wrong))
                self.refuse(folder, said)

    def test_gemma3_with_images(self):
        """As it was published: other names, and a text_config without what is the default."""
        model = named("gemma3-vision")
        sizes = {"num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 256}
        folder = llmmake.folder(self.tmp / "model", model.cls, model.files(), **IMAGES | {"text_config": IMAGES["text_config"] | sizes})
        tree, tensors = json.loads((folder / "config.json").read_text()), load_file(folder / "model.safetensors")
        kept = ("hidden_size", "intermediate_size", "model_type", "num_hidden_layers", "sliding_window", "vocab_size")
        text = {n: tree["text_config"][n] for n in kept} | {"rope_scaling": {"factor": 8.0, "rope_type": "linear"}}
        (folder / "config.json").write_text(json.dumps({"architectures": [model.cls], "model_type": "gemma3", "text_config": text,
                                                        "vision_config": tree["vision_config"]}))
        plain = {n.removeprefix("model.").replace("language_model.model.", "language_model."): t for n, t in tensors.items()}
        published = {n.replace("language_model.", "language_model.model."): t for n, t in plain.items()}
        for names in ({f"model.{n}": t for n, t in plain.items()}, published):
            save_file(names, folder / "model.safetensors")
            self.run_fmtconv("-f", folder, self.tmp / "out.gguf")
            self.compare(self.tmp / "out.gguf", self.reference(model, folder))

    def test_missing_scores(self):
        """What Gemma's tokenizer.json does not have."""
        model = named("gemma3")
        files = {"tokenizer.json": tokmake.byte_fallback().to_str(), "tokenizer_config.json": llmmake.FAST}
        folder = llmmake.folder(self.tmp / "model", model.cls, files, **model.variants[0])
        self.refuse(folder, "the tokenizer of Gemma3ForCausalLM needs tokenizer.model")

    def test_rotary_base(self):
        """GPT-NeoX with another base, which llama.cpp reads and the converter does not write."""
        model = named("gptneox")
        folder = llmmake.folder(self.tmp / "model", model.cls, model.files(), rotary_pct=0.5, rotary_emb_base=50000)
        self.run_fmtconv("-f", folder, self.tmp / "a.gguf")
        keys = read(self.tmp / "a.gguf")[0]
        self.assertEqual((keys["gptneox.rope.freq_base"][1], keys["gptneox.rope.dimension_count"][1]), (50000.0, 8))

    def test_bad_numbers(self):
        for model, wrong, said in ((TABLE[7], {"num_local_experts": 10**12}, "the list 'e' would be 0..999999999999"),
                                   (TABLE[1], {"rope_parameters": LLAMA3["rope_parameters"] | {"factor": "x"}}, "its numbers are not those of a rotary"),
                                   (TABLE[1], {"rope_parameters": LLAMA3["rope_parameters"] | {"low_freq_factor": True}}, "its numbers are not those")):
            with self.subTest(wrong):
                folder = llmmake.folder(self.tmp / f"{model.name}-{len(said)}", model.cls, model.files(), **model.variants[0])
                config = json.loads((folder / "config.json").read_text())
                (folder / "config.json").write_text(json.dumps(config | wrong))
                self.refuse(folder, said)

    def test_bad_integers(self):
        """An entry that is to be an integer is refused if it is something else."""
        for model, entry, key in ((TABLE[0], "max_position_embeddings", "context_length"), (TABLE[5], "sliding_window", "attention.sliding_window"),
                                  (TABLE[9], "num_experts_per_tok", "expert_used_count"), (TABLE[0], "vocab_size", "config(vocab_size, v) == v")):
            folder = llmmake.folder(self.tmp / f"{model.name}-{entry}", model.cls, model.files(), **model.variants[0])
            config = json.loads((folder / "config.json").read_text())
            for wrong in ("256", [1], True, -5, 256.7, 5000000000, {"a": 1}):
                with self.subTest(entry, wrong=wrong):
                    (folder / "config.json").write_text(json.dumps(config | {entry: wrong}))
                    self.refuse(folder, key)

    def test_long_rope(self):
        """Phi-3's factors of long contexts; other models have the type alone."""
        scaling = TABLE[5].variants[1]["rope_parameters"]
        long = {n: scaling[n] for n in ("long_factor", "short_factor")}
        folder = llmmake.folder(self.tmp / "model", "Phi3ForCausalLM", llmmake.phi3(), **TABLE[5].variants[1])
        config = json.loads((folder / "config.json").read_text())
        write = lambda rope: (folder / "config.json").write_text(json.dumps(config | {"rope_parameters": rope}))  # noqa: E731
        for wrong, said in (({"long_factor": [1.0] * 3}, "2 * length(long) == dims"), ({"short_factor": [1.0]}, "length(short) == length(long)"),
                            ({"short_factor": None}, "length(short) == length(long)"), ({"long_factor": [1e300] * 6}, "'rope_factors_long.weight'"),
                            ({"long_factor": "x"}, "a text stands where a list is needed"), ({"rope_type": "banana"}, "kind == 'longrope'")):
            with self.subTest(wrong):
                write(scaling | wrong)
                self.refuse(folder, said)
        for kind in ("yarn", "su"):
            with self.subTest(kind):
                write(scaling | {"rope_type": kind})
                self.run_fmtconv("-f", folder, self.tmp / "out.gguf")
                self.compare(self.tmp / "out.gguf", self.reference(TABLE[5], folder))
        folder = llmmake.folder(self.tmp / "qwen", "Qwen3ForCausalLM", llmmake.qwen2(), head_dim=12, rope_parameters={
            "rope_type": "longrope", "rope_theta": 1e4, "factor": 2.0, "original_max_position_embeddings": 64} | long)
        self.run_fmtconv("-f", folder, self.tmp / "out.gguf")
        self.compare(self.tmp / "out.gguf", self.reference(TABLE[4], folder))

    def test_missing_part(self):
        folder = llmmake.folder(self.tmp / "model", "Qwen2ForCausalLM", llmmake.qwen2())
        tensors = load_file(folder / "model.safetensors")
        names = sorted(tensors)
        (folder / "model.safetensors").unlink()
        parts = {f"model-0000{i + 1}-of-00002.safetensors": names[i::2] for i in range(2)}
        for part, own in parts.items():
            save_file({n: tensors[n].contiguous() for n in own}, folder / part)
        (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {n: p for p, own in parts.items() for n in own}}))
        self.run_fmtconv("-f", folder, self.tmp / "good.gguf")
        (folder / "model-00002-of-00002.safetensors").unlink()
        self.refuse(folder, "model-00002-of-00002.safetensors")

    def test_outputs(self):
        """One pass makes several files, each in the type of its name or of its --dtype."""
        folder = llmmake.folder(self.tmp / "model", "Qwen2ForCausalLM", llmmake.qwen2())
        self.run_fmtconv("-f", "--dtype", "f16", folder, self.tmp / "a.gguf")
        self.run_fmtconv("-f", folder, self.tmp / "b-F16.gguf")
        self.assertEqual((self.tmp / "a.gguf").read_bytes(), (self.tmp / "b-F16.gguf").read_bytes())

    def test_names_of_outputs(self):
        """The last word of an output's name chooses the type; a type that it cannot choose is refused."""
        folder = llmmake.folder(self.tmp / "model", "Qwen2ForCausalLM", llmmake.qwen2(), hidden_size=256, intermediate_size=256)
        for name, kind in (("m_Q8_0", "MOSTLY_Q8_0"), ("m-Q4_K_M", "MOSTLY_Q4_K_M"), ("m_v1_q4_k_m", "MOSTLY_Q4_K_M"), ("m-fp16", "MOSTLY_F16"),
                           ("m-q1", "MOSTLY_BF16"), ("m_final", "MOSTLY_BF16"), ("seq2_seq", "MOSTLY_BF16")):
            with self.subTest(name):
                self.run_fmtconv("-f", folder, self.tmp / f"{name}.gguf")
                self.assertEqual(gguf.LlamaFileType(read(self.tmp / f"{name}.gguf")[0]["general.file_type"][1]).name, kind)
        for name, word in (("m-IQ3_XXS", "IQ3_XXS"), ("m-Q2_K_S", "Q2_K_S"), ("m-IQ2_M", "IQ2_M"), ("m_Q4_K_XL", "Q4_K_XL"), ("m-mxfp4", "mxfp4")):
            with self.subTest(name):
                result = self.run_fmtconv("-f", folder, self.tmp / f"{name}.gguf", status=2)
                self.assertIn(f"ends with '{word}', but this type cannot be chosen by a name (hint: end the name with one of tq1_0|tq2_0|Q3_K_S|", result.stderr)
                self.assertFalse((self.tmp / f"{name}.gguf").exists())
        self.run_fmtconv("-f", "--dtype", "q8_0", folder, self.tmp / "m-IQ2_M.gguf")
        self.run_fmtconv("-f", "-t", "quantize:q8_0", folder, self.tmp / "typed.gguf")
        self.assertEqual((self.tmp / "typed.gguf").read_bytes(), (self.tmp / "m-IQ2_M.gguf").read_bytes())
        self.run_fmtconv("-f", "--dtype", "Q4_K_M", folder, self.tmp / "mixed.gguf")
        self.assertEqual((self.tmp / "mixed.gguf").read_bytes(), (self.tmp / "m-Q4_K_M.gguf").read_bytes())
        told = self.run_fmtconv("-f", "-t", "cast:f16", folder, self.tmp / "x.gguf", status=1).stderr
        self.assertIn("omit -t, so that the transform of a language model is chosen, and choose the type with --dtype", told)

    @each
    def test_keys_and_bytes(self, model, folder):
        for kind in ("auto", "f16", "f32", "q8_0") if "-0-" in folder.name else ("auto", "f16"):
            output = self.tmp / (f"out-{kind}.gguf" if kind != "auto" else "out.gguf")
            self.run_fmtconv("-f", folder, output)
            self.compare(output, self.reference(model, folder, kind), model.more)
        got = continued(self.tmp / "out-f16.gguf")
        self.assertEqual(len(got), 8)
        self.assertEqual(got, continued(self.tmp / "reference-f16.gguf"))
        for file in self.tmp.glob("*.gguf"):
            file.unlink()


if __name__ == "__main__":
    unittest.main()
