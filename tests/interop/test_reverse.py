# SPDX-License-Identifier: Apache-2.0
"""The reverse: models converted from SAT become SAT's again by the same rules, bit for bit."""
# Plugins: cast cogvideox-lora cogvideox-transformer cogvideox-vae diffusers safetensors sat t5-encoder torch

import json
import unittest
from dataclasses import replace

import cogmake
import satmake
import torch
from cogmake import MODELS, NET, T5
from support import Case


def kept(tensors, m):
    """Returns the tensors that the conversion keeps, with SAT's names without a LoRA."""
    table = "mixins.pos_embed.pos_embedding"
    dropped = ["freqs_sin", "freqs_cos", "transformer.position_embeddings", ".matrix_"]
    dropped += [] if m.name == "5B-I2V" else [table]
    return {name.replace(".original.", "."): t for name, t in tensors.items() if not any(d in name for d in dropped)}


class Reverse(Case):
    def save(self, tensors, key="module"):
        path = self.tmp / "model.pt"
        torch.save({key: tensors}, path)
        return path

    def there(self, source, transform, out="there/"):
        self.run_fmtconv("-f", "-t", transform, source, f"{self.tmp}/{out}")
        return self.tmp / out

    def back(self, source, transform, *more, writer="sat", out="back"):
        result = self.run_fmtconv("-f", "--verify", "-t", transform, "-w", writer, *more, source, self.tmp / out)
        path = self.tmp / out
        if writer.startswith("sat"):
            path = path / "1" / "mp_rank_00_model_states.pt"
        return torch.load(path, weights_only=True), result

    def test_transformers(self):
        for m in MODELS:
            for lora in (False, True):
                with self.subTest(model=m.name, lora=lora):
                    tensors = cogmake.transformer(m, lora=lora)
                    sample = ":" + m.sample if not m.rotary or (m.i2v and not m.is_1_5) else ""
                    folder = self.there(self.save(tensors), "cogvideox-transformer" + sample)
                    got, result = self.back(folder, "cogvideox-transformer:reverse")
                    self.assert_same(got["module"], kept(tensors, m), m.name)
                    self.assertIn("dropped the configuration", result.stderr)

    def test_there_again(self):
        """The reverse gives the original folder."""
        m = replace(MODELS[3], layers=12)
        folder = self.there(self.save(cogmake.transformer(m)), "cogvideox-transformer")
        self.back(folder, "cogvideox-transformer:reverse")
        again = self.there(self.tmp / "back", "cogvideox-transformer", "again/")
        for name in ("diffusion_pytorch_model.safetensors", "config.json"):
            self.assertEqual((folder / name).read_bytes(), (again / name).read_bytes())

    def test_vae(self):
        tensors = cogmake.vae()
        folder = self.there(self.save(tensors, "state_dict"), "cogvideox-vae:scaling-factor=0.7,config.norm_num_groups=8")
        got, _ = self.back(folder, "cogvideox-vae:reverse", writer="torch:root=state_dict", out="3d-vae.pt")
        self.assert_same(got["state_dict"], tensors)

    def test_lora(self):
        r = satmake.Recipe(layers=12)
        satmake.write(r, self.tmp / "run")
        lora = self.there(self.tmp / "run", "cogvideox-lora:scale=none", "lora.safetensors")
        got, _ = self.back(lora, "cogvideox-lora:reverse")
        self.assert_same(got["module"], {NET + name: t for name, t in r.lora_tensors.items()})

    def test_text_encoder(self):
        tensors = cogmake.text_encoder(torch.bfloat16, "")
        folder = self.there(self.save(tensors), "t5-encoder")
        got, _ = self.back(folder, "t5-encoder:reverse", writer="torch", out="t5.pt")
        wanted = {name.removeprefix(T5): t for name, t in tensors.items() if "embed_tokens" not in name}
        self.assert_same({name.removeprefix(T5): t for name, t in got.items()}, wanted)

    def test_chain(self):
        """The command is printed as it can be typed, with parameters and the data type, which have no effect in
        reverse."""
        m = MODELS[1]
        folder = self.there(self.save(cogmake.transformer(m)), "cogvideox-transformer")
        result = self.run_fmtconv("--json", "-t", "cogvideox-transformer:reverse,version=5b", "--dtype", "f32", folder,
                                  self.tmp / "out.pt")
        report = [json.loads(line) for line in result.stdout.splitlines()][-1]
        self.assertIn("-t cogvideox-transformer:reverse,version=5b -w torch --dtype f32", report["command"])
        self.assertEqual([t["reverse"] for t in report["transforms"]], [True, False])
        self.assertIn("ignored 'version=5b'", result.stdout + result.stderr)

    def test_refused(self):
        m = MODELS[1]
        source = self.save(cogmake.transformer(m))
        out = self.tmp / "out.pt"
        for transform, status, says in (("cast:reverse", 2, "no rules"), ("cogvideox-transformer:reverse=yes", 2, "no parameter"),
                                        ("cogvideox-transformer:reverse,version=7", 2, "version"),
                                        ("cogvideox-transformer:reverse", 1, "this transform recognizes none of the"),
                                        ("cogvideox-transformer:version=5b,reverse,version=2b", 2, "given twice"),
                                        ("cogvideox-transformer:version=5b,reverse", 1, "this transform recognizes none of the")):
            result = self.run_fmtconv("-t", transform, source, out, status=status)
            self.assertIn(says, result.stderr)
        self.assertFalse(out.exists())

    def test_nothing_is_lost_unsaid(self):
        """A tensor without a rule is an error; a missing tensor too."""
        m = MODELS[3]
        state = cogmake.wanted_transformer(cogmake.transformer(m), m)
        gone = "transformer_blocks.1.ff.net.2.bias"
        for change, says in (({"extra.weight": torch.ones(2)}, "extra.weight"), ({gone: None}, f"missing: '{gone}'")):
            changed = {k: t for k, t in {**state, **change}.items() if t is not None}
            torch.save(changed, self.tmp / "changed.pt")
            result = self.run_fmtconv("-t", "cogvideox-transformer:reverse", self.tmp / "changed.pt", self.tmp / "no.pt", status=1)
            self.assertIn(says, result.stderr)
            self.assertFalse((self.tmp / "no.pt").exists())

    def test_never_unasked(self):
        """A folder of diffusers is accepted without options."""
        folder = self.there(self.save(cogmake.transformer(MODELS[1])), "cogvideox-transformer")
        result = self.run_fmtconv(folder, self.tmp / "out.pt")
        self.assertIn("-t none", result.stderr)
        self.assertNotIn("reverse", result.stderr)


if __name__ == "__main__":
    unittest.main()
