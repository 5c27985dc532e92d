# SPDX-License-Identifier: Apache-2.0
"""Text encoders from transformers' folders to GGUF: keys, names and bytes are those of llama.cpp's converter, and llama.cpp
computes the same vectors as with the converter's file.

Differences that are meant, besides those of test_llm.py:
  UMT5                  the converter has T5EncoderModel alone, which converts UMT5EncoderModel as well
"""
# Plugins: diffusers gguf model-card quantize safetensors tokenizer

import json
import unittest
from dataclasses import dataclass, field

import llmmake
from llmfile import Compared, ask, read, serve
from safetensors.torch import load_file, save_file


@dataclass
class Encoder:
    name: str  # of the file in models/
    cls: str  # of transformers
    files: callable  # the files of its tokenizer
    converter: str  # the class that its converter is registered for
    pre: str  # llama.cpp's name of the pre-tokenizer
    variants: list = field(default_factory=lambda: [{}])  # entries of config.json


T5 = {"d_model": 64, "d_kv": 16, "d_ff": 96, "num_layers": 2, "num_heads": 4, "feed_forward_proj": "gated-gelu"}

BERT = {"num_key_value_heads": None}
ROBERTA = BERT | {"pad_token_id": 1, "type_vocab_size": 1, "layer_norm_eps": 1e-5}
LABELS = {"id2label": {i: f"label {i}" for i in range(11)}}
DISTILBERT = BERT | {"dim": 64, "hidden_dim": 96, "n_layers": 2, "n_heads": 4}

TABLE = [
    Encoder("t5-gguf", "T5EncoderModel", llmmake.t5, "T5EncoderModel", "default", [T5, T5 | {"feed_forward_proj": "relu", "n_positions": 128}]),
    Encoder("t5-gguf", "UMT5EncoderModel", llmmake.t5, "T5EncoderModel", "default", [T5]),
    Encoder("bert", "BertModel", lambda: llmmake.bert(pooling_mode_mean_tokens=True, pooling_mode_cls_token=False), "BertModel", "jina-v2-en", [BERT]),
    Encoder("bert", "BertModel", lambda: llmmake.bert(pooling_mode="lasttoken"), "BertModel", "jina-v2-en", [BERT]),
    Encoder("roberta", "RobertaModel", llmmake.roberta, "RobertaModel", "roberta-bpe", [ROBERTA, ROBERTA | {"pad_token_id": 3, "type_vocab_size": 2}]),
    Encoder("roberta", "RobertaForSequenceClassification", llmmake.roberta, "RobertaForSequenceClassification", "roberta-bpe",
            [ROBERTA | {"num_labels": 1}, ROBERTA | LABELS]),
    Encoder("xlm-roberta", "XLMRobertaModel", llmmake.xlm_roberta, "XLMRobertaModel", "default", [ROBERTA | {"bos_token_id": 0, "eos_token_id": 2}]),
    Encoder("xlm-roberta", "XLMRobertaForSequenceClassification", llmmake.xlm_roberta, "XLMRobertaForSequenceClassification", "default",
            [ROBERTA | {"num_labels": 1}, ROBERTA | LABELS]),
    Encoder("distilbert", "DistilBertModel", llmmake.bert, "DistilBertModel", "jina-v2-en", [DISTILBERT]),
    Encoder("distilbert", "DistilBertForMaskedLM", lambda: llmmake.bert(pooling_mode="mean"), "DistilBertForMaskedLM", "jina-v2-en", [DISTILBERT]),
    Encoder("bert", "BertForMaskedLM", llmmake.bert, "BertForMaskedLM", "jina-v2-en", [BERT]),
]


def vectors(path, tokens=(7, 20, 33, 41)):
    """What llama.cpp computes of a text: one vector for each token."""
    answer = ask(serve(path, embedding=True), "/embeddings", content=list(tokens))
    return answer[0]["embedding"]


class Encoders(Compared):
    def folder_of(self, encoder, i=0):
        path = self.tmp / f"Narrow-{encoder.cls}-{i}"  # its size is counted
        return llmmake.folder(path, encoder.cls, encoder.files(), **encoder.variants[i])

    def test_keys_and_bytes(self):
        for encoder in TABLE:
            for i, config in enumerate(encoder.variants):
                with self.subTest(encoder.cls, **config):
                    folder = self.folder_of(encoder, i)
                    for kind in ("auto", "f16", "f32") if not i else ("auto", "f16"):
                        output = self.tmp / (f"out-{kind}.gguf" if kind != "auto" else "out.gguf")
                        self.run_fmtconv("-f", folder, output)
                        self.compare(output, self.reference(folder, encoder.converter, encoder.pre, kind))
                    self.assertEqual(vectors(self.tmp / "out-f16.gguf"), vectors(self.tmp / "reference-f16.gguf"))

    def test_back(self):
        """Zeros stand for the positions that RoBERTa does not use."""
        for encoder in TABLE:
            if encoder.name not in ("roberta", "xlm-roberta", "distilbert") or "Classification" in encoder.cls:
                continue
            with self.subTest(encoder.cls):
                folder = self.folder_of(encoder)
                told = self.run_fmtconv("-f", folder, self.tmp / "a.gguf").stderr
                self.run_fmtconv("-f", "-t", f"{encoder.name}:reverse", "--dtype", "bf16", self.tmp / "a.gguf", self.tmp / "back.safetensors")
                wanted = {n.removeprefix("distilbert."): t for n, t in load_file(folder / "model.safetensors").items()
                          if not n.startswith(("vocab_", "pooler."))}
                if "roberta" in encoder.name:
                    self.assertIn("left out the first 2 rows", told)
                    wanted["embeddings.position_embeddings.weight"][:2] = 0
                self.assert_same(load_file(self.tmp / "back.safetensors"), wanted)

    def test_names_of_t5(self):
        """The embedding has one of two names; a feed-forward with another activation is refused."""
        folder = self.folder_of(TABLE[0])
        self.run_fmtconv("-f", folder, self.tmp / "a.gguf")
        tensors, wanted = load_file(folder / "model.safetensors"), read(self.tmp / "a.gguf")
        self.run_fmtconv("-f", "-t", "t5-gguf:reverse", "--dtype", "bf16", self.tmp / "a.gguf", self.tmp / "back.safetensors")
        self.assert_same(load_file(self.tmp / "back.safetensors"), tensors)
        tensors["encoder.embed_tokens.weight"] = tensors.pop("shared.weight")
        save_file(tensors, folder / "model.safetensors")
        self.run_fmtconv("-f", folder, self.tmp / "b.gguf")
        self.assertTrue(read(self.tmp / "b.gguf") == wanted)
        save_file({n: t for n, t in tensors.items() if "embed" not in n}, folder / "model.safetensors")
        self.refuse(folder, "has_shared")
        save_file(tensors, folder / "model.safetensors")
        config = json.loads((folder / "config.json").read_text())
        for wrong in ({"feed_forward_proj": "gated-silu"}, {"relative_attention_max_distance": 64}):
            (folder / "config.json").write_text(json.dumps(config | wrong))
            self.refuse(folder, *wrong)

    def test_names_of_bert(self):
        """Names as they were published first, the way of pooling, and what llama.cpp does not compute."""
        folder = llmmake.folder(self.tmp / "model", "BertModel", llmmake.bert(pooling_mode_cls_token=True), **BERT)
        self.run_fmtconv("-f", folder, self.tmp / "a.gguf")
        wanted = read(self.tmp / "a.gguf")
        self.assertEqual(wanted[0]["bert.pooling_type"][1], 2)
        old = lambda n: n.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")  # noqa: E731
        save_file({f"bert.{old(n)}": t for n, t in load_file(folder / "model.safetensors").items()}, folder / "model.safetensors")
        self.run_fmtconv("-f", folder, self.tmp / "b.gguf")
        self.assertTrue(read(self.tmp / "b.gguf") == wanted)
        config = json.loads((folder / "config.json").read_text())
        for wrong in ({"hidden_act": "relu"}, {"position_embedding_type": "relative_key"}, {"max_position_embeddings": 128}):
            (folder / "config.json").write_text(json.dumps(config | wrong))
            self.refuse(folder, *wrong)
        (folder / "config.json").write_text(json.dumps(config | {"id2label": {"0": "a", "1": "b", "2": "c"}}))
        self.refuse(folder, "labelled")
        (folder / "config.json").write_text(json.dumps(config))
        for pooling in ({"pooling_mode": "max"}, {"pooling_mode_max_tokens": True}, []):
            (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
            self.refuse(folder, "pooling == null")
        (folder / "modules.json").write_text(json.dumps([{"type": "x.Pooling", "path": "../model"}]))
        self.refuse(folder, "pooling == null")
        (folder / "modules.json").write_text("[")
        self.refuse(folder, "modules.json")

    def test_xlm_roberta(self):
        """Without its model of SentencePiece, with one of another kind, or without room for its tokens it is refused, and so are two classes
        without names."""
        files = llmmake.xlm_roberta()
        folder = llmmake.folder(self.tmp / "model", "XLMRobertaForSequenceClassification", files, **ROBERTA)
        self.refuse(folder, "length(labels) == classes")
        folder = llmmake.folder(self.tmp / "model", "XLMRobertaModel", files, **ROBERTA)
        pieces = folder / "sentencepiece.bpe.model"
        for wrong, said in ((llmmake.llama2()["tokenizer.model"], "not Unigram"),
                            (llmmake.tokmake.sentence_piece("unigram", pad_id=0, unk_id=1, bos_id=2, eos_id=3), "first pieces")):
            pieces.write_bytes(wrong)
            self.refuse(folder, said, "sentencepiece.bpe.model")
        pieces.unlink()
        self.refuse(folder, "sentencepiece.bpe.model")
        folder = llmmake.folder(self.tmp / "small", "XLMRobertaModel", files, padding=-2, **ROBERTA)
        self.refuse(folder, "<pad>", "more than")

    def refuse(self, folder, *said):
        result = self.run_fmtconv("-f", folder, self.tmp / "bad.gguf", status=1)
        for text in said:
            self.assertIn(text, result.stderr)
        self.assertFalse((self.tmp / "bad.gguf").exists())


if __name__ == "__main__":
    unittest.main()
