# SPDX-License-Identifier: Apache-2.0
"""Pipeline specs: the preset that makes a pipeline of separate checkpoints, which diffusers opens."""
# Plugins: cogvideox-pipeline cogvideox-transformer cogvideox-vae diffusers safetensors sat t5-encoder torch

import json
import shutil
import unittest
from dataclasses import replace

import cogmake
import pipemake
import torch
from cogmake import MODELS
from diffusers import CogVideoXImageToVideoPipeline, CogVideoXPipeline
from pipemake import save_bin
from support import Case

# Heads that rotary embeddings can share out to three axes.
BY_NAME = {m.name: replace(m, head=16) for m in MODELS}


class Preset(Case):
    """cogvideox-pipeline."""

    def setUp(self):
        super().setUp()
        self.out, self.t5 = self.tmp / "out", self.tmp / "t5"

    def save(self, m):
        """Returns the tensors of the transformer as SAT's training saves it, and of the VAE as published."""
        folder = self.tmp / "ckpt"
        (folder / "1000").mkdir(parents=True)
        (folder / "latest").write_text("1000")
        tensors = cogmake.transformer(m)
        torch.save({"module": tensors}, folder / "1000" / "mp_rank_00_model_states.pt")
        vae = cogmake.vae(channels=(32, 32, 32, 32), latents=16)
        torch.save({"state_dict": vae}, self.tmp / "3d-vae.pt")
        return tensors, vae

    def text_encoder(self, form):
        """Writes T5 in one of the usual forms. Returns the expected output."""
        pipe = pipemake.pipeline()
        shutil.rmtree(self.t5, ignore_errors=True)
        self.t5.mkdir()
        if form == "pair":
            pipe.text_encoder.save_pretrained(self.t5 / "text_encoder")
            pipe.tokenizer.save_pretrained(self.t5 / "tokenizer")
        elif form == "flat":
            pipe.text_encoder.save_pretrained(self.t5)
            pipe.tokenizer.save_pretrained(self.t5)
        else:
            self.t5.rmdir()
            save_bin(pipe.text_encoder, self.t5, 2)
            pipe.tokenizer.save_pretrained(self.t5)
        if form != "pair":
            (self.t5 / "README.md").write_text("about")
        return pipe

    def convert(self, *more, status=0):
        return self.run_fmtconv("-p", "cogvideox-pipeline", "-D", f"vae={self.tmp}/3d-vae.pt", *more,
                                self.tmp / "ckpt", f"{self.out}/", status=status)

    def check(self, kind, tensors, vae, m, **more):
        pipe = kind.from_pretrained(self.out, torch_dtype=torch.float32, **more)
        self.assert_same(pipe.transformer.state_dict(),
                         {k: t.float() for k, t in cogmake.wanted_transformer(tensors, m).items()}, m.name)
        self.assert_same(pipe.vae.state_dict(), cogmake.wanted_vae(vae), m.name)
        return pipe

    def test_forms(self):
        m = BY_NAME["5B"]
        tensors, vae = self.save(m)
        for form in ("pair", "flat", "pickles"):
            with self.subTest(form=form):
                wanted = self.text_encoder(form)
                result = self.convert("-D", f"t5={self.t5}", "--verify")
                self.assertNotIn("-D t5", result.stderr)
                pipe = self.check(CogVideoXPipeline, tensors, vae, m)
                self.assert_same(pipe.text_encoder.state_dict(), wanted.text_encoder.state_dict(), form)
                self.assertEqual(pipe.tokenizer("a cat").input_ids, wanted.tokenizer("a cat").input_ids)
                names = {p.name for p in (self.out / "text_encoder").iterdir()}
                self.assertEqual(names, {"config.json", "model.safetensors"})
                self.assertNotIn("README.md", {p.name for p in (self.out / "tokenizer").iterdir()})
                shutil.rmtree(self.out)

    def test_without_text_encoder(self):
        """[null, null] in the index, and how to have it."""
        for name, kind in (("2B", CogVideoXPipeline), ("5B-I2V", CogVideoXImageToVideoPipeline)):
            m = BY_NAME[name]
            tensors, vae = self.save(replace(m, grid=(13, 30, 45)))
            result = self.convert()
            self.assertIn("left out text_encoder, tokenizer; add -D t5=VALUE", result.stderr)
            index = json.loads((self.out / "model_index.json").read_text())
            self.assertEqual((index["text_encoder"], index["tokenizer"]), ([None, None], [None, None]))
            self.check(kind, tensors, vae, m, text_encoder=None, tokenizer=None)
            shutil.rmtree(self.out)
            shutil.rmtree(self.tmp / "ckpt")

    def test_print_spec(self):
        """The printed command is the same conversion, without the preset and without detection."""
        self.save(BY_NAME["5B"])
        self.text_encoder("flat")
        text = self.convert("-D", f"t5={self.t5}", "--print-spec", "--dtype", "f16").stdout
        self.assertFalse(self.out.exists())
        self.convert("-D", f"t5={self.t5}", "--dtype", "f16")
        wanted = {p.relative_to(self.out): p.read_bytes() for p in self.out.rglob("*") if p.is_file()}
        shutil.rmtree(self.out)
        spec = self.tmp / "printed.yaml"
        spec.write_text(text)
        self.run_fmtconv("-p", spec)
        self.assertEqual({p.relative_to(self.out): p.read_bytes() for p in self.out.rglob("*") if p.is_file()}, wanted)
        again = self.run_fmtconv("-p", spec, "--print-spec").stdout
        self.assertEqual(again, text)

    def test_refused(self):
        """Errors of the preset have a hint, and leave no output."""
        self.save(BY_NAME["5B"])
        for arguments, status, words in (
                (("-D", "t5=/not/there"), 1, ("none of these paths exists", "/not/there/text_encoder", "/not/there")),
                (("-D", "t6=x"), 2, ("no variable 't6': did you mean 't5'?", "-D t5=VALUE")),
                (("-D", "vae=x"), 2, ("-D vae is given twice",))):
            error = self.convert(*arguments, status=status).stderr
            for word in words:
                self.assertIn(word, error)
            self.assertFalse(self.out.exists())
        error = self.run_fmtconv("-p", "cogvideox-pipeline", self.tmp / "ckpt", f"{self.out}/", status=2).stderr
        self.assertIn("-D vae=VALUE", error)
        self.out.mkdir()
        (self.out / "mine").write_text("")
        self.assertIn("-f", self.convert(status=1).stderr)
        self.assertEqual([p.name for p in self.out.iterdir()], ["mine"])
        self.assert_clean(self.tmp)


if __name__ == "__main__":
    unittest.main()
