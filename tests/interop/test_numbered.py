# SPDX-License-Identifier: Apache-2.0
"""Split models whose index is absent or wrong: their files are read by their numbers, and other files are listed."""
# Plugins: diffusers gguf safetensors torch

import json
import unittest

import torch
from pipemake import save_bin, text_encoder, transformer
from safetensors.torch import load_file, save_file
from support import Case
from transformers import T5EncoderModel

INDEX = "model.safetensors.index.json"


class Numbered(Case):
    def setUp(self):
        super().setUp()
        self.ref, self.out = self.tmp / "ref", self.tmp / "out.safetensors"

    def convert(self, source, *arguments, status=0):
        return self.run_fmtconv("-f", "-t", "none", "-w", "safetensors:tied=copy", *arguments, source, self.out,
                                status=status).stderr

    def shards(self, names, folder=None):
        """One tensor a file."""
        folder = folder or self.ref
        folder.mkdir(exist_ok=True)
        state = {chr(ord("a") + n): torch.full((2,), float(n)) for n in range(len(names))}
        for name, (key, tensor) in zip(names, state.items()):
            save_file({key: tensor}, folder / name)
        return state

    def assert_out(self, wanted):
        self.assert_same(load_file(self.out), wanted)

    def split(self, parts=3):
        """A model as transformers splits it, without its index; its state."""
        model = text_encoder()
        model.save_pretrained(self.ref, max_shard_size="10KB")
        wanted = T5EncoderModel.from_pretrained(self.ref).state_dict()
        (self.ref / INDEX).unlink()
        return {k: t for k, t in wanted.items() if k != "encoder.embed_tokens.weight"}

    # ---- Without an index

    def test_transformers(self):
        wanted = self.split()
        said = self.convert(self.ref)
        self.assertIn("the weights have no index; reading the files that are numbered like 'model-00001-of-", said)
        self.assert_out(wanted)

    def test_diffusers(self):
        for variant in (None, "fp16"):
            model = transformer()
            self.ref = self.tmp / f"ref-{variant}"
            model.save_pretrained(self.ref, max_shard_size="33KB", variant=variant)
            for index in self.ref.glob("*.index*.json"):
                index.unlink()
            self.convert(self.ref)
            self.assert_out(model.state_dict())

    def test_pickles(self):
        model = text_encoder()
        save_bin(model, self.ref, 3)
        (self.ref / "pytorch_model.bin.index.json").unlink()
        self.convert(self.ref)
        self.assert_out(model.state_dict())

    def test_numbers(self):
        """Any number of digits, as DeepSeek's; counted from 0; any stem; the order is that of the numbers."""
        for n, names in enumerate((["model-00001-of-000002.safetensors", "model-00002-of-000002.safetensors"],
                                   ["model-00000-of-00002.safetensors", "model-00001-of-00002.safetensors"],
                                   ["my_model-1-of-2.safetensors", "my_model-2-of-2.safetensors"],
                                   ["x_00001-of-00002.safetensors", "x_00002-of-00002.safetensors"],
                                   ["model-00001-of-00002.fp16.safetensors", "model-00002-of-00002.fp16.safetensors"])):
            with self.subTest(names=names):
                folder = self.tmp / f"ref-{n}"
                wanted = self.shards(names, folder)
                self.convert(folder)
                self.assert_out(wanted)

    def test_incomplete(self):
        self.shards(["model-00001-of-00004.safetensors", "model-00003-of-00004.safetensors"])
        said = self.convert(self.ref, status=1)
        self.assertIn("'model-00001-of-00004.safetensors' says that it is one of 4 files, but only 2 are there", said)
        self.assertIn("  model-00002-of-00004.safetensors\n  model-00004-of-00004.safetensors\n", said)
        self.assertFalse(self.out.exists())

    def test_two_sets(self):
        self.shards(["model-00001-of-00001.safetensors"])
        self.shards(["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"])
        said = self.convert(self.ref, status=1)
        self.assertIn("the files of two split models, 'model-00001-of-00001.safetensors' and 'model-00001-of-00002", said)

    def test_twice(self):
        """A tensor in two of the files."""
        self.shards(["model-00001-of-00002.safetensors"])
        self.shards(["model-00002-of-00002.safetensors"])
        self.assertIn("tensor 'a': two tensors have this name", self.convert(self.ref, status=1))

    # ---- With a wrong index

    def stale(self):
        wanted = self.shards(["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"])
        (self.ref / INDEX).write_text(json.dumps({"weight_map": {
            "a": "model-00001-of-00004.safetensors", "b": "model-00004-of-00004.safetensors"}}))
        return wanted

    def test_stale_index(self):
        wanted = self.stale()
        for source in (self.ref, self.ref / INDEX):
            said = self.convert(source, status=1)
            self.assertIn("the index names 'model-00001-of-00004.safetensors', which is not next to it", said)
            self.assertIn("all 2 files such as 'model-00001-of-00002.safetensors' are there", said)
            self.assertIn("give the folder with -r diffusers:index=ignore", said)
        said = self.convert(self.ref, "-r", "diffusers:index=ignore")
        self.assertIn("ignored indexes; reading the files that are numbered like 'model-00001-of-00002.safetensors'", said)
        self.assert_out(wanted)

    def test_no_way_out(self):
        """The hint is not given where the files are not complete."""
        self.stale()
        (self.ref / "model-00002-of-00002.safetensors").unlink()
        said = self.convert(self.ref, status=1)
        self.assertIn("check that the copy is complete", said)
        self.assertNotIn("index=ignore", said)

    def test_wrong_map(self):
        """The same way leads on where the index places a tensor wrongly."""
        wanted = self.stale()
        for the_map in ({"a": 2, "b": 2}, {"c": 1, "b": 2}, {"a": 1, "b": 2, "c": 2}):
            (self.ref / INDEX).write_text(json.dumps({"weight_map": {
                k: f"model-0000{n}-of-00002.safetensors" for k, n in the_map.items()}}))
            self.assertIn("-r diffusers:index=ignore", self.convert(self.ref, status=1))
            self.convert(self.ref, "-r", "diffusers:index=ignore")
            self.assert_out(wanted)

    def test_ignore_nothing(self):
        """Without numbered files, index=ignore reads the single file."""
        self.ref.mkdir()
        save_file({"a": torch.ones(1)}, self.ref / "model.safetensors")
        (self.ref / INDEX).write_text("{}")
        self.convert(self.ref, "-r", "diffusers:index=ignore")
        self.assert_out({"a": torch.ones(1)})

    # ---- Files that are not read are listed

    def test_stray_single(self):
        self.shards(["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"])
        single = {"a": torch.full((2,), 5.0)}
        save_file(single, self.ref / "model.safetensors")
        said = self.convert(self.ref)
        self.assertIn("reading 'model.safetensors'; other weights in the folder are not read:\n"
                      "  model-00001-of-00002.safetensors\n  model-00002-of-00002.safetensors\n", said)
        self.assert_out(single)

    def test_stray_diffusers(self):
        """Of a file and an index diffusers takes the index."""
        model = transformer()
        model.save_pretrained(self.ref, max_shard_size="33KB")
        save_file({"a": torch.ones(1)}, self.ref / "diffusion_pytorch_model.safetensors")
        said = self.convert(self.ref)
        self.assertIn("other weights in the folder are not read:\n  diffusion_pytorch_model.safetensors\n", said)
        self.assert_out(model.state_dict())

    def test_stray_other(self):
        wanted = self.split()
        save_file({"a": torch.ones(1)}, self.ref / "consolidated.safetensors")
        said = self.convert(self.ref, "-v")
        self.assertIn("other weights in the folder are not read:\n  consolidated.safetensors\n", said)
        self.assertIn("skipped   consolidated.safetensors: weights with a name that programs do not load", said)
        self.assert_out(wanted)

    def test_older_files(self):
        """Files that the index does not name."""
        model = text_encoder()
        model.save_pretrained(self.ref, max_shard_size="10KB")
        save_file({"a": torch.ones(1)}, self.ref / "model-00001-of-00099.safetensors")
        for source in (self.ref, self.ref / INDEX):
            said = self.convert(source)
            self.assertIn("the index does not name these files, which are not read:\n"
                          "  model-00001-of-00099.safetensors\n", said)

    # ---- One of the files

    def test_one(self):
        wanted = self.shards(["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"])
        said = self.convert(self.ref / "model-00002-of-00002.safetensors")
        self.assertIn("by its name, this is file 2 of 2 of a model; only its tensors are read", said)
        self.assert_out({"b": wanted["b"]})
        result = self.run_fmtconv("inspect", self.ref / "model-00001-of-00002.safetensors")
        self.assertIn("this is file 1 of 2 of a model", result.stderr + result.stdout)
        torch.save({"a": torch.ones(1)}, self.ref / "pytorch_model-00001-of-00003.bin")
        self.assertIn("this is file 1 of 3 of a model", self.convert(self.ref / "pytorch_model-00001-of-00003.bin"))
        self.assertNotIn("of a model", self.convert(self.ref))

    def test_all(self):
        """Not listed if the reader of the file reads the others, too, or if it is the only file."""
        source = self.tmp / "x.safetensors"
        save_file({f"{n}": torch.ones(256) for n in range(4)}, source)
        self.run_fmtconv("-t", "none", "-w", "gguf:split-max-size=1K,architecture=x", source, self.tmp / "y.gguf")
        first = min(self.tmp.glob("y-00001-of-*.gguf"))
        self.assertNotIn("of a model", self.convert(first))
        self.shards(["model-00001-of-00001.safetensors"])
        self.assertNotIn("of a model", self.convert(self.ref / "model-00001-of-00001.safetensors"))


if __name__ == "__main__":
    unittest.main()
