# SPDX-License-Identifier: Apache-2.0
"""T5, MT5 and UMT5 with encoder and decoder to GGUF: keys, names and bytes are those of llama.cpp's converter, and llama.cpp loads the
file.  Its encoders alone are in test_encoders.py."""
# Plugins: diffusers gguf model-card quantize safetensors tokenizer

import json
import unittest

import llmmake
from llmfile import Compared, read
from safetensors.torch import load_file, save_file

T5 = {"d_model": 64, "d_kv": 16, "d_ff": 96, "num_layers": 3, "num_hidden_layers": 3, "num_decoder_layers": 2, "num_heads": 4, "feed_forward_proj": "gated-gelu",
      "decoder_start_token_id": 0}
TABLE = [("T5ForConditionalGeneration", T5 | {"feed_forward_proj": "relu", "n_positions": 128}),
         ("T5ForConditionalGeneration", T5 | {"tie_word_embeddings": False}), ("MT5ForConditionalGeneration", T5 | {"tie_word_embeddings": False}),
         ("UMT5ForConditionalGeneration", T5)]


class T5Models(Compared):
    def folder_of(self, i):
        cls, config = TABLE[i]
        return llmmake.folder(self.tmp / f"Narrow-{cls}-{i}", cls, llmmake.t5(), **config)

    def refuse(self, folder, *said):
        result = self.run_fmtconv("-f", folder, self.tmp / "bad.gguf", status=1)
        for text in said:
            self.assertIn(text, result.stderr)
        self.assertFalse((self.tmp / "bad.gguf").exists())

    def test_keys_and_bytes(self):
        for i, (cls, config) in enumerate(TABLE):
            with self.subTest(cls, **config):
                folder = self.folder_of(i)
                for kind in ("auto", "f16", "f32"):
                    output = self.tmp / (f"out-{kind}.gguf" if kind != "auto" else "out.gguf")
                    self.run_fmtconv("-f", folder, output)
                    self.compare(output, self.reference(folder, cls, "default", kind))
                back = ("-f", "-t", "t5-llama:reverse", "--dtype", "bf16", self.tmp / "out.gguf", self.tmp / "back.safetensors")
                if not i:  # its names do not tell wi from wi_1
                    self.assertIn("missing: 'enc.blk.0.ffn_gate.weight'", self.run_fmtconv(*back, status=1).stderr)
                    continue
                self.run_fmtconv(*back)
                self.assert_same(load_file(self.tmp / "back.safetensors"), load_file(folder / "model.safetensors"))

    def test_quantized(self):
        """Types of llama_model_quantize (llama.cpp 0.5.0): decoder and encoder are counted together, by the encoder's number of layers."""
        sizes = {"d_model": 256, "hidden_size": 256, "d_ff": 512, "num_layers": 8, "num_hidden_layers": 8, "num_decoder_layers": 11}
        folder = llmmake.folder(self.tmp / "model", TABLE[1][0], llmmake.t5(), **TABLE[1][1] | sizes)
        self.run_fmtconv("-f", folder, self.tmp / "x-Q4_K_M.gguf")
        tensors = {n: t[0].name for n, t in read(self.tmp / "x-Q4_K_M.gguf")[1].items()}
        order = sorted(n for n in tensors if n.endswith(".ffn_down.weight"))
        self.assertEqual([tensors[n] for n in order], ["Q6_K" if i < 1 or i >= 7 or (i - 1) % 3 == 2 else "Q4_K" for i in range(19)])
        order = sorted(n for n in tensors if n.endswith("attn_v.weight"))
        self.assertEqual([tensors[n] for n in order], ["Q6_K" if i < 3 or i >= 26 or (i - 3) % 3 == 2 else "Q4_K" for i in range(30)])
        self.assertEqual((tensors["enc.blk.0.attn_rel_b.weight"], tensors["dec.blk.0.attn_q.weight"]), ("F32", "Q4_K"))

    def test_copies(self):
        """Files of Flan-T5 have the embedding three times; one is converted, and the others are listed."""
        folder = self.folder_of(1)
        self.run_fmtconv("-f", folder, self.tmp / "a.gguf")
        tensors = load_file(folder / "model.safetensors")
        shared = tensors["shared.weight"]
        names = "shared.weight", "encoder.embed_tokens.weight", "decoder.embed_tokens.weight"
        for kept in (names, names[1:], names[::2], names[2:]):
            with self.subTest(kept):
                others = {n: t for n, t in tensors.items() if n not in names}
                save_file(others | {n: shared.clone() for n in kept}, folder / "model.safetensors")
                told = self.run_fmtconv("-v", "-f", folder, self.tmp / "b.gguf").stderr
                self.assertEqual(read(self.tmp / "b.gguf")[1], read(self.tmp / "a.gguf")[1])
                if len(kept) > 1:
                    self.assertRegex(told, f"dropped +{len(kept) - 1} tensor.*: a copy of the embedding")

    def test_bad_input(self):
        folder = self.folder_of(1)
        config = json.loads((folder / "config.json").read_text())
        for wrong, *said in (({"num_decoder_layers": 3}, "decoders == #j"), ({"feed_forward_proj": "gated-silu"}, "feed_forward_proj"),
                             ({"d_kv": 8}, "with a wrong shape", "EncDecAttention"), ({"relative_attention_max_distance": 64}, "max_distance"),
                             ({"decoder_start_token_id": None}, "decoder_start_token_id")):
            with self.subTest(wrong):
                (folder / "config.json").write_text(json.dumps(config | wrong))
                self.refuse(folder, *said)


if __name__ == "__main__":
    unittest.main()
