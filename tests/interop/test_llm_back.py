# SPDX-License-Identifier: Apache-2.0
"""Language models from GGUF back to transformers' folders: the weights are those of the original checkpoint, transformers computes
the same from them, its tokenizer finds the same ids, and the way forward gives the same file again.

The models are those of test_llm.py, which says what has to be installed, and of test_llm_more.py.

Differences that are meant:
  vectors      are f32 in GGUF and in the folder; transformers loads them in the type of config.json, that of the matrices
  MistralForCausalLM   llama.cpp's keys are those of Llama, which computes the same up to the sliding window
"""
# Plugins: dequantize diffusers gguf model-card quantize safetensors tokenizer

import json
import shutil
import unittest

from llmfile import Compared, gguf, read  # finds the converter, which brings sentencepiece, or skips this test
import llmmake
import sentencepiece
import test_llm
import test_llm_more
import tokmake
import torch
import transformers
from safetensors.torch import load_file
from tokenizers import AddedToken, Tokenizer, normalizers

# What the keys do not say, as llama.cpp computes it: the default of transformers is another.
GIVEN = {"gemma2": {"query_pre_attn_scalar": 16}, "gemma3": {"query_pre_attn_scalar": 16}, "qwen3-moe": {"norm_topk_prob": True}}
ADDED = {"smollm3": {"smollm3.attention.key_length", "smollm3.attention.value_length"}}  # keys of the file that is made again: config.json has head_dim
ONE_WAY = {"gemma3-vision", "qwen2-vl"}  # without the images
TEXTS = [*tokmake.TEXTS, "Съешь ещё этих мягких\u00a0булок", "  two  spaces\n\n\n", "0123456789 1,234.5", "e\u0301 \u212b n\u0303",
         "<|begin|>a<|pad|> b", "def f(x):\n\treturn x**2\n", "👩‍👩‍👧‍👦 🇩🇪", "it's I'M", "a\u200bb\ufeff"]


def logits(path):
    model = transformers.AutoModelForCausalLM.from_pretrained(path)
    ids = torch.tensor([[7, 100, 33, 250, 5, 6, 7, 8, 90, 200]])
    with torch.inference_mode():
        return model(ids).logits, model


def first_ids(model):
    """The ids that tokenizer_config.json puts before a text, and tokenizer.json does not."""
    files = model.files()
    settings = files["tokenizer_config.json"]
    return [Tokenizer.from_str(files["tokenizer.json"]).token_to_id(settings["bos_token"])] if settings.get("add_bos_token") else []


def each(test):
    """Runs the test for each model in each variant, with its folder."""
    def run(self):
        for model in (*test_llm.TABLE, *test_llm_more.TABLE):
            for i, config in enumerate(model.variants if model.name not in ONE_WAY else ()):
                with self.subTest(model.name, **config):
                    path = self.tmp / f"{model.cls}-{i}"
                    shutil.rmtree(path, ignore_errors=True)
                    test(self, model, llmmake.folder(path, model.cls, model.files(), **GIVEN.get(model.name, {}) | config))

    return run


class Back(Compared):
    def back(self, path, *options, **more):
        out = self.tmp / "back"
        shutil.rmtree(out, ignore_errors=True)
        result = self.run_fmtconv("-f", "--verify", *options, path, f"{out}/", **more)
        return out, result.stderr

    def check_weights(self, folder, out):
        wanted, got = load_file(folder / "model.safetensors"), load_file(out / "model.safetensors")
        self.assertEqual(sorted(got), sorted(wanted))
        for name, tensor in wanted.items():
            self.assertTrue(torch.equal(got[name].to(tensor.dtype), tensor), name)

    def check_logits(self, folder, out):
        (wanted, original), (got, model) = logits(folder), logits(out)
        self.assertEqual(got.dtype, wanted.dtype)
        self.assertTrue(torch.equal(got, wanted), f"{(got - wanted).abs().max()}")
        if original.config.model_type != "falcon":  # whose keys have a constant
            context = getattr(original.config, "model_max_length", original.config.max_position_embeddings)  # which Command R's file has
            self.assertEqual(model.config.max_position_embeddings, context)

    def check_again(self, path, out, more=()):
        self.run_fmtconv("-f", out, self.tmp / "again.gguf")
        (keys, tensors), (got, data) = read(path), read(self.tmp / "again.gguf")
        drop = {n for n in set(got) | set(keys) if n.startswith("general.") and not n.startswith("general.sampling.")} | set(more)
        differ = {n: (got.get(n), keys.get(n)) for n in (set(got) | set(keys)) - drop if got.get(n) != keys.get(n)}
        self.assertEqual(differ, {})
        self.assertEqual(data, tensors)

    def check_ids(self, wanted, out):
        got = transformers.AutoTokenizer.from_pretrained(out)
        for text in TEXTS:
            ids = wanted(text)
            self.assertEqual(got(text)["input_ids"], ids, repr(text))
            self.assertEqual(got.decode(ids), wanted.decode(ids) if hasattr(wanted, "decode") else got.decode(ids))

    @each
    def test_models(self, model, folder):
        self.run_fmtconv("-f", folder, self.tmp / "ours.gguf")
        reference = self.reference(folder, model.cls, model.pre, given=model.given)
        for path in (self.tmp / "ours.gguf", reference):
            out, said = self.back(path)
            self.assertNotIn("warning", said)
            self.check_weights(folder, out)
            self.check_logits(folder, out)
            self.check_again(path, out, ADDED.get(model.name, ()))
            if "tokenizer.json" in model.files():
                original, first = Tokenizer.from_file(str(folder / "tokenizer.json")), first_ids(model)
                self.check_ids(lambda text: first + original.encode(text).ids, out)

    def model(self, name="Qwen2ForCausalLM", files=None, **config):
        shutil.rmtree(self.tmp / "model", ignore_errors=True)
        return llmmake.folder(self.tmp / "model", name, files or llmmake.qwen2(), **config)

    def forward(self, folder, *options, out="a.gguf"):
        self.run_fmtconv("-f", *options, folder, self.tmp / out)
        return self.tmp / out

    def test_blocks(self):
        """Tensors in blocks are decoded, as gguf-py decodes them."""
        folder = self.model(hidden_size=256, intermediate_size=256)
        for kind in ("q8_0", "Q4_K_M"):
            path = self.forward(folder, out=f"a-{kind}.gguf")
            wanted = {t.name: gguf.dequantize(t.data, t.tensor_type) for t in gguf.GGUFReader(path).tensors}
            for dtype, options in ((torch.float32, ()), (torch.bfloat16, ("--dtype", "bf16"))):
                out, said = self.back(path, *options)
                self.assertIn("tensors are decoded to f32", said)
                got = load_file(out / "model.safetensors")
                for mine, theirs in (("model.embed_tokens.weight", "token_embd.weight"), ("model.layers.1.mlp.down_proj.weight", "blk.1.ffn_down.weight")):
                    self.assertTrue(torch.equal(got[mine], torch.from_numpy(wanted[theirs]).to(dtype)), mine)
                self.assertEqual(logits(out)[0].dtype, dtype)

    def test_settings(self):
        """Chat templates, defaults of sampling, special tokens, tokens of the user, rows without a token."""
        added = [AddedToken("<tool>", special=False, normalized=False), AddedToken("\u00e9\u00e9", special=False, normalized=True)]
        tokenizer = tokmake.byte_level(tokmake.split(tokmake.QWEN2), llmmake.SPECIAL, added, normalizers.NFC())
        templates = [{"name": "default", "template": "a\u2028\"b\""}, {"name": "rag", "template": "{{ x }}\n"}]
        settings = llmmake.FAST | llmmake.NAMES | {"chat_template": templates, "add_bos_token": False}
        sampling = {"top_k": 20, "top_p": 0.8, "temperature": 0.7}
        files = {"tokenizer.json": tokenizer.to_str(), "tokenizer_config.json": settings, "generation_config.json": sampling}
        path = self.forward(self.model(files=files))
        out, _ = self.back(path)
        self.check_ids(lambda text: tokenizer.encode(text).ids, out)
        self.check_again(path, out)
        got = transformers.AutoTokenizer.from_pretrained(out)
        self.assertEqual(got.chat_template, {t["name"]: t["template"] for t in templates})
        self.assertEqual((got.bos_token, got.eos_token, got.pad_token), ("<|begin|>", "<|end|>", "<|pad|>"))
        self.assertEqual(got("a<tool>\u00e9\u00e9<|end|>b")["input_ids"], tokenizer.encode("a<tool>\u00e9\u00e9<|end|>b").ids)
        generation = transformers.GenerationConfig.from_pretrained(out)
        self.assertEqual({n: getattr(generation, n) for n in sampling}, sampling)
        self.assertEqual(generation.eos_token_id, got.eos_token_id)

    def test_holes(self):
        """Added tokens keep their ids if there are rows without a token between them."""
        tree = json.loads(llmmake.qwen2()["tokenizer.json"])
        tree["added_tokens"].append(tree["added_tokens"][0] | {"id": llmmake.rows(llmmake.qwen2()) + 3, "content": "<|far|>"})
        files = llmmake.qwen2() | {"tokenizer.json": json.dumps(tree)}
        path = self.forward(self.model(files=files))
        out, _ = self.back(path)
        self.assertEqual(transformers.AutoTokenizer.from_pretrained(out)("<|far|>")["input_ids"], [tree["added_tokens"][-1]["id"]])
        self.check_again(path, out)

    def test_sentence_piece(self):
        """The merges of tokenizer.json find what SentencePiece finds, and tokenizer.model is the same model again."""
        pieces = tokmake.sentence_piece("bpe", normalization_rule_name="identity", remove_extra_whitespaces=False)
        original = sentencepiece.SentencePieceProcessor(model_proto=pieces)
        for prefix in (True, False):
            settings = {"add_bos_token": False, "add_prefix_space": prefix, "bos_token": "<s>", "eos_token": "</s>"}
            out, _ = self.back(self.forward(self.model("LlamaForCausalLM", {"tokenizer.model": pieces, "tokenizer_config.json": settings})))
            made = sentencepiece.SentencePieceProcessor(model_file=str(out / "tokenizer.model"))
            got = transformers.AutoTokenizer.from_pretrained(out)
            for text in ("Hello, world!", "The dog's 31337 foxes\n\n  jump  ", "naïve Übermut 工作 🚀🚀", "int main (void)\t{ }"):
                with self.subTest(text, prefix=prefix):
                    wanted = original.encode(text)
                    self.assertEqual(got(text)["input_ids"], wanted if prefix else made.encode(text))
                    self.assertEqual(got.decode(got(text)["input_ids"]), text)
                    self.assertEqual(made.encode(text) == wanted or not prefix, True)

    def test_no_tokenizer(self):
        """What cannot be rebuilt is named; the model is written without a tokenizer, and not at all under --strict."""
        byte_fallback = {"tokenizer.json": tokmake.byte_fallback().to_str(), "tokenizer_config.json": {"bos_token": "<s>", "eos_token": "</s>"}}
        for files, name, options, said in (
                (llmmake.qwen2(), "Qwen2ForCausalLM", ("-w", "gguf:kv.tokenizer.ggml.pre=mine"), "the pre-tokenizer 'mine' is not one of the known ones"),
                (llmmake.qwen2(), "Qwen2ForCausalLM", ("-w", "gguf:kv.tokenizer.ggml.model=rwkv"), "the kind 'rwkv' is none of"),
                (byte_fallback, "LlamaForCausalLM", (), "all tokens have the same score")):
            with self.subTest(said):
                path = self.forward(self.model(name, files), *options)
                out, told = self.back(path)
                self.assertIn("warning: the output gets no tokenizer", told)
                self.assertIn(said, told)
                self.assertFalse((out / "tokenizer.json").exists())
                logits(out)
                self.run_fmtconv("-f", "--strict", path, f"{self.tmp}/none/", status=1)
                self.assertFalse((self.tmp / "none").exists())
        path = self.forward(self.model(), "-w", "gguf:kv.tokenizer.ggml.pre=mine")
        self.run_fmtconv("-f", "-t", "qwen2:reverse", "-t", "tokenizer:reverse,pre=qwen2", path, f"{self.tmp}/given/")
        original = Tokenizer.from_str(llmmake.qwen2()["tokenizer.json"])
        self.check_ids(lambda text: original.encode(text).ids, self.tmp / "given")

    def test_foreign_keys(self):
        """Keys that config.json does not hold are named; a rotary embedding that it cannot describe is refused."""
        path = self.forward(self.model(), "-w", "gguf:kv.qwen2.rope.dimension_count=8")
        _, said = self.back(path)
        self.assertIn("warning: config.json does not say what this key of the GGUF file says:\n  rope.dimension_count: 8\n", said)
        path = self.forward(self.model(), "-w", "gguf:kv.qwen2.rope.scaling.type=new")
        _, said = self.back(path, status=1)
        self.assertIn("rope.scaling.type of the file is none of: none, linear, yarn", said)
        path = self.forward(self.model("LlamaForCausalLM", llmmake.llama3(), **test_llm.LLAMA3 | {"rope_parameters": test_llm.LLAMA3["rope_parameters"] | {
            "original_max_position_embeddings": 5000}}))
        _, said = self.back(path, status=1)
        self.assertIn("its factors are not those of Llama 3", said)
        self.run_fmtconv("-f", "-t", "llama:reverse,let.stretched=null", path, f"{self.tmp}/given/")

    def made(self, module, name, **config):
        """A folder of the first variant of a model."""
        model = module.named(name)
        return self.model(model.cls, model.files(), **model.variants[0] | config)

    def test_what_transformers_does_not_compute(self):
        """Keys for which transformers' class has no entry are refused or named."""
        for module, name, key, said in (
                (test_llm, "deepseek2", "deepseek2.expert_gating_func=2", "config(expert_gating_func, gate) == gate"),
                (test_llm, "deepseek2", "deepseek2.expert_weights_norm=true", "!config(expert_weights_norm, false)"),
                (test_llm_more, "olmo3", "olmo2.attention.sliding_window_pattern=4", "length(pattern) == #i"),
                (test_llm_more, "olmoe", "olmoe.expert_weights_norm=true", "  expert_weights_norm: true\n"),
                (test_llm_more, "phi2", "phi2.rope.scaling.type=linear", "  rope.scaling.type: "),
                (test_llm_more, "stablelm", "stablelm.rope.scaling.type=linear", "  rope.scaling.type: "),
                (test_llm_more, "command-r", "command-r.rope.scaling.type=linear", "  rope.scaling.type: ")):
            with self.subTest(key):
                path = self.forward(self.made(module, name), "-w", f"gguf:kv.{key}")
                self.assertIn(said, self.run_fmtconv("-f", "--strict", path, f"{self.tmp}/none/", status=1).stderr)
                self.assertFalse((self.tmp / "none").exists())
        path = self.forward(self.made(test_llm_more, "granite-moe", attention_multiplier=0.0))  # for which there is no key
        self.assertIn("attention.scale", self.back(path, status=1)[1])

    def test_layers_with_a_window(self):
        """In a text that is longer than the window."""
        folder = self.made(test_llm_more, "olmo3", layer_types=["full_attention", "sliding_attention", "sliding_attention", "full_attention"], sliding_window=4)
        out, _ = self.back(self.forward(folder))
        self.check_logits(folder, out)
        self.assertEqual(json.loads((out / "config.json").read_text())["layer_types"], json.loads((folder / "config.json").read_text())["layer_types"])

    def test_norms_of_heads(self):
        """StableLM 2 12B, of which the converter makes no file."""
        folder = self.made(test_llm_more, "stablelm", qk_layernorm=True, use_parallel_residual=True)
        out, said = self.back(self.forward(folder))
        self.assertNotIn("warning", said)
        self.check_weights(folder, out)
        self.check_logits(folder, out)

    def test_parallel_stablelm(self):
        """llama.cpp goes by the tensors, and its converter writes true if config.json has no entry."""
        folder = self.made(test_llm_more, "stablelm")
        out, said = self.back(self.forward(folder, "-w", "gguf:kv.stablelm.use_parallel_residual=true"))
        self.assertIn("  use_parallel_residual: true, but false by config.json\n", said)
        self.check_logits(folder, out)

    def test_groups_of_experts(self):
        """DeepSeek V2 chooses experts in groups if there are any."""
        folder = self.model("DeepseekV2ForCausalLM", llmmake.deepseek2(), **test_llm.LATENT | {
            "q_lora_rank": 24, "n_group": 2, "topk_group": 1, "topk_method": "group_limited_greedy", "routed_scaling_factor": 16.0})
        path = self.forward(folder)
        out, said = self.back(path)
        self.assertNotIn("warning", said)
        self.check_logits(folder, out)
        self.check_again(path, out)


if __name__ == "__main__":
    unittest.main()
