# SPDX-License-Identifier: Apache-2.0
"""Folders whose weights are pickles: diffusers' and transformers' .bin files, single, split, of a variant."""
# Plugins: diffusers safetensors t5-encoder torch

import json
import unittest

import torch
from diffusers import CogVideoXTransformer3DModel
from pipemake import save_bin, text_encoder, transformer
from safetensors.torch import load_file, save_file
from support import Case
from transformers import T5EncoderModel


class Bins(Case):
    def setUp(self):
        super().setUp()
        self.out, self.ref = self.tmp / "out", self.tmp / "ref"

    def convert(self, *arguments, status=0):
        return self.run_fmtconv("-f", *arguments, "-w", "diffusers", self.ref, self.out, status=status)

    def test_t5(self):
        """Recognized and read completely; the second name of the embedding is left out; the real class has all keys."""
        model = text_encoder()
        wanted = {k: t for k, t in model.state_dict().items() if k != "encoder.embed_tokens.weight"}
        for parts, variant in ((1, None), (3, None), (1, "fp16"), (2, "fp16")):
            with self.subTest(parts=parts, variant=variant):
                self.ref = self.tmp / f"ref-{parts}-{variant}"
                save_bin(model, self.ref, parts, variant)
                result = self.convert("--verify")
                self.assertIn("-r diffusers -t t5-encoder", result.stderr)
                self.assertEqual("variant" in result.stderr, variant is not None)
                loaded, info = T5EncoderModel.from_pretrained(self.out, output_loading_info=True)
                self.assertFalse(any(info.values()), info)
                self.assert_same({k: loaded.state_dict()[k] for k in wanted}, wanted)
                self.assertEqual(json.loads((self.out / "config.json").read_text()),
                                 json.loads((self.ref / "config.json").read_text()))

    def test_same_shards(self):
        """Cut where transformers cuts, to the same bytes."""
        model = text_encoder()
        save_bin(model, self.ref)
        for size in ("5KB", "8KB", "40KB", "10GB"):
            wanted = self.tmp / f"wanted-{size}"
            model.save_pretrained(wanted, max_shard_size=size)
            self.run_fmtconv("-f", "-w", f"diffusers:max-shard-size={size}", self.ref, self.out)
            self.assertEqual(*({p.name: p.read_bytes() for p in f.glob("*.safetensors")} for f in (self.out, wanted)))
            if size != "10GB":
                self.assertEqual(*(json.loads((f / "model.safetensors.index.json").read_text())["weight_map"]
                                   for f in (self.out, wanted)))

    def test_t5_config(self):
        """The folder's configuration is kept, and has to fit the tensors."""
        model = text_encoder()
        save_bin(model, self.ref)
        config = json.loads((self.ref / "config.json").read_text())
        config |= {"_name_or_path": "somewhere/t5", "dropout_rate": 0.5}
        del config["num_heads"]
        (self.ref / "config.json").write_text(json.dumps(config))
        self.convert("-t", "t5-encoder:config.use_cache=true")
        self.assertEqual(json.loads((self.out / "config.json").read_text()), config | {"num_heads": 4, "use_cache": True})
        (self.ref / "config.json").write_text(json.dumps(config | {"d_ff": 41}))
        error = self.convert("-t", "t5-encoder", status=1).stderr
        self.assertIn("config.json says d_ff is 41, but the tensors say 40", error)

    def test_other_name(self):
        """Untransformed, a tied tensor is written once, under the name by which transformers saves it."""
        model = text_encoder()
        save_bin(model, self.ref, 2)
        result = self.convert("-t", "none")
        self.assertIn("'encoder.embed_tokens.weight' is 'shared.weight'", result.stderr)
        loaded, info = T5EncoderModel.from_pretrained(self.out, output_loading_info=True)
        self.assertFalse(any(info.values()), info)
        self.assert_same(loaded.state_dict(), model.state_dict())

    def test_diffusers(self):
        """Pickles that diffusers wrote."""
        model = transformer()
        for size, variant in (("10GB", None), ("33KB", None), ("33KB", "fp16")):
            self.ref = self.tmp / f"ref-{size}-{variant}"
            model.save_pretrained(self.ref, safe_serialization=False, max_shard_size=size, variant=variant)
            self.convert("-t", "none", "--verify")
            loaded = CogVideoXTransformer3DModel.from_pretrained(self.out)
            self.assert_same(loaded.state_dict(), model.state_dict())

    def test_misnamed_index(self):
        """CogVideo's converter from DeepSpeed names the index of pickles as one of safetensors."""
        model = text_encoder()
        save_bin(model, self.ref, 3)
        index = (self.ref / "pytorch_model.bin.index.json").rename(self.ref / "model.safetensors.index.json")
        self.convert("-t", "none")
        self.assert_same(T5EncoderModel.from_pretrained(self.out).state_dict(), model.state_dict())
        out = self.tmp / "x.safetensors"
        self.run_fmtconv("-t", "none", "-w", "safetensors:tied=copy", index, out)
        self.assert_same(load_file(out), model.state_dict())

    def test_index_alone(self):
        model, out = text_encoder(), self.tmp / "x.safetensors"
        save_bin(model, self.ref, 3)
        index = self.ref / "pytorch_model.bin.index.json"
        for reader in ([], ["-r", "torch"], ["-r", "torch:crc=ignore"]):
            result = self.run_fmtconv("-f", *reader, "-t", "none", index, out)
            self.assertIn("-r torch", result.stderr)
            self.run_fmtconv("-f", *reader, "-t", "none", "-w", "safetensors:tied=copy", index, out)
            self.assert_same(load_file(out), model.state_dict())
        error = self.run_fmtconv("-f", "-r", "torch:root=a", "-t", "none", index, self.tmp / "x.safetensors", status=2)
        self.assertIn("root=", error.stderr)

    def test_safetensors_first(self):
        """Where both are there, diffusers and transformers take safetensors; the pickle is listed."""
        model = text_encoder()
        model.save_pretrained(self.ref)
        torch.save({}, self.ref / "pytorch_model.bin")
        result = self.convert("-v", "-t", "none")
        self.assertIn("pytorch_model.bin", result.stderr)
        self.assertIn("skipped   pytorch_model.bin: the folder's other weights are read", result.stderr)

    def test_single_first(self):
        """Of a file and an index transformers takes the file."""
        model = text_encoder()
        model.save_pretrained(self.ref, max_shard_size="10KB")
        with torch.no_grad():
            for p in model.parameters():
                p.add_(1)
        state = {name: t for name, t in model.state_dict().items() if name != "encoder.embed_tokens.weight"}
        save_file(state, self.ref / "model.safetensors", {"format": "pt"})
        wanted = T5EncoderModel.from_pretrained(self.ref).state_dict()
        self.assert_same(wanted, model.state_dict())
        self.convert("-t", "none")
        self.assert_same(T5EncoderModel.from_pretrained(self.out).state_dict(), wanted)

    # ---- Damaged folders

    def refuse(self, change, *words):
        save_bin(text_encoder(), self.ref, 3)
        path = self.ref / "pytorch_model.bin.index.json"
        index = json.loads(path.read_text())
        change(index["weight_map"])
        path.write_text(json.dumps(index))
        error = self.convert("-t", "none", status=1).stderr
        for word in words:
            self.assertIn(word, error)
        self.assertFalse(self.out.exists())

    def test_unlisted(self):
        self.refuse(lambda m: m.pop("shared.weight"), "shared.weight", "does not list it")

    def test_missing(self):
        self.refuse(lambda m: m.update(new=m["shared.weight"]), "new", "not there")

    def test_elsewhere(self):
        self.refuse(lambda m: m.update({"shared.weight": "pytorch_model-00003-of-00003.bin"}), "shared.weight", "places it in")

    def test_path(self):
        self.refuse(lambda m: m.update({"shared.weight": "../pytorch_model.bin"}), "shared.weight", "plain name")

    def test_no_file(self):
        self.refuse(lambda m: m.update({"shared.weight": "other.bin"}), "other.bin", "not next to it")

    def test_no_weights(self):
        self.ref.mkdir()
        (self.ref / "config.json").write_text("{}")
        error = self.convert("-r", "diffusers", "-t", "none", status=1).stderr
        self.assertIn("no weights in", error)


if __name__ == "__main__":
    unittest.main()
