# SPDX-License-Identifier: Apache-2.0
"""Component folders: the same bytes as diffusers' save_pretrained, and from_pretrained loads them; refusals, replaced
files."""
# Plugins: cogvideox-lora diffusers safetensors sat torch

import json
import random
import shutil
import unittest

import safetensors.torch
import torch
from diffusers import AutoencoderKLCogVideoX, CogVideoXTransformer3DModel
from huggingface_hub import split_torch_state_dict_into_shards
from satmake import Recipe, write
from support import Case, files
from transformers import T5Config, T5EncoderModel

STEM = "diffusion_pytorch_model"
INDEX = f"{STEM}.safetensors.index.json"
SIZES = ["3KB", "10KB", "33KB", "100KB", "10GB"]


def transformer(dtype=torch.float32):
    torch.manual_seed(7)
    model = CogVideoXTransformer3DModel(
        num_attention_heads=2, attention_head_dim=16, num_layers=2, time_embed_dim=8, text_embed_dim=16,
        sample_width=4, sample_height=4, sample_frames=5, max_text_seq_length=4)
    return model.to(dtype)


def vae():
    torch.manual_seed(8)
    return AutoencoderKLCogVideoX(
        block_out_channels=(8, 8, 8, 8), layers_per_block=1, norm_num_groups=2, latent_channels=4)


def weights(folder):
    return {name: data for name, data in files(folder).items() if name != "config.json"}


def public(config):
    return {k: v for k, v in config.items() if not k.startswith("_")}


class Folders(Case):
    def setUp(self):
        super().setUp()
        self.out, self.ref, self.pt = self.tmp / "out", self.tmp / "ref", self.tmp / "model.pt"

    def to_folder(self, source, *more, writer="diffusers", status=0):
        return self.run_fmtconv("-q", *more, "-t", "none", "-w", writer, source, self.out, status=status)

    def sharded(self, size="33KB", dtype=torch.float32):
        """A folder that diffusers wrote, and its state as a file of torch, which keeps the model's order."""
        model = transformer(dtype)
        model.save_pretrained(self.ref, max_shard_size=size)
        torch.save(model.state_dict(), self.pt)
        return model

    def shard(self, n):
        return sorted(self.ref.glob("*-of-*.safetensors"))[n]

    # ---- Writing

    def test_same_shards(self):
        """Every file of weights and every index is byte for byte that of save_pretrained."""
        for make in (transformer, lambda: transformer(torch.bfloat16), vae):
            for size in SIZES:
                with self.subTest(size=size):
                    model = make()
                    model.save_pretrained(self.ref, max_shard_size=size)
                    torch.save(model.state_dict(), self.pt)
                    self.to_folder(self.pt, writer=f"diffusers:max-shard-size={size}")
                    self.assertEqual(weights(self.out), weights(self.ref))
                    self.assertTrue(size not in ("3KB", "10GB") or (size == "10GB") == (len(weights(self.ref)) == 1))
                    shutil.rmtree(self.out)
                    shutil.rmtree(self.ref)

    def test_same_variant(self):
        for size in ("33KB", "10GB"):
            model = transformer(torch.float16)
            model.save_pretrained(self.ref, max_shard_size=size, variant="fp16")
            torch.save(model.state_dict(), self.pt)
            self.to_folder(self.pt, writer=f"diffusers:variant=fp16,max-shard-size={size}")
            self.assertEqual(weights(self.out), weights(self.ref))
            self.run_fmtconv("-q", "-t", "none", "-r", "diffusers:variant=fp16", "-w", "diffusers:variant=fp16",
                             self.ref, self.tmp / "again")
            loaded = CogVideoXTransformer3DModel.from_pretrained(self.tmp / "again", variant="fp16",
                                                                 torch_dtype=torch.float16)
            self.assert_same(loaded.state_dict(), model.state_dict())
            for folder in (self.out, self.ref, self.tmp / "again"):
                shutil.rmtree(folder)

    def test_folder_to_folder(self):
        """One file in, one file out: the folders are equal, including configuration and version."""
        for make in (transformer, vae):
            make().save_pretrained(self.ref)
            self.to_folder(self.ref, "--verify", "-r", "diffusers")
            self.assertEqual(files(self.out), files(self.ref))
            shutil.rmtree(self.out)
            shutil.rmtree(self.ref)

    def test_joined(self):
        """Files and an index in, one file out: that of save_pretrained, from the folder or the index."""
        model = self.sharded()
        model.save_pretrained(self.tmp / "one")
        self.to_folder(self.ref)
        self.assertEqual(files(self.out), files(self.tmp / "one"))
        single = self.tmp / "single.safetensors"
        self.run_fmtconv("-q", "-t", "none", self.ref / INDEX, single)
        self.assertEqual(single.read_bytes(), (self.tmp / "one" / f"{STEM}.safetensors").read_bytes())

    def test_loads(self):
        model = self.sharded()
        for size in ("33KB", "10GB"):
            self.to_folder(self.ref, "--verify", writer=f"diffusers:max-shard-size={size}")
            for low in (False, True):
                loaded, info = CogVideoXTransformer3DModel.from_pretrained(
                    self.out, low_cpu_mem_usage=low, output_loading_info=True)
                self.assertFalse(info["missing_keys"] or info["unexpected_keys"] or info["mismatched_keys"])
                self.assert_same(loaded.state_dict(), model.state_dict())
                self.assertEqual(public(loaded.config), public(model.config))
            shutil.rmtree(self.out)

    def test_version(self):
        self.sharded()
        self.to_folder(self.ref, writer="diffusers:diffusers-version=0.30.1")
        config = json.loads((self.out / "config.json").read_text())
        self.assertEqual(config["_diffusers_version"], "0.30.1")
        config["_diffusers_version"] = json.loads((self.ref / "config.json").read_text())["_diffusers_version"]
        self.assertEqual(json.dumps(config, indent=2, sort_keys=True) + "\n", (self.ref / "config.json").read_text())

    def test_transformers(self):
        """A class of transformers: other names, no version of diffusers."""
        torch.manual_seed(3)
        model = T5EncoderModel(T5Config(d_model=16, d_kv=4, d_ff=24, num_layers=2, num_heads=4, vocab_size=40))
        for size in ("4KB", "10GB"):
            model.save_pretrained(self.ref, max_shard_size=size)
            self.to_folder(self.ref, writer=f"diffusers:max-shard-size={size}")
            self.assertEqual(json.loads((self.out / "config.json").read_text()),
                             json.loads((self.ref / "config.json").read_text()))
            self.assertEqual((self.out / "model.safetensors").exists(), size == "10GB")
            self.assert_same(T5EncoderModel.from_pretrained(self.out).state_dict(), model.state_dict())
            shutil.rmtree(self.out)
            shutil.rmtree(self.ref)

    def test_limits_of_the_inner_writer(self):
        """Tensors that safetensors cannot hold are refused before anything is written."""
        torch.save({"z": torch.zeros(2, dtype=torch.complex128), "a": torch.ones(1)}, self.pt)
        self.assertIn("writer 'safetensors' cannot store 1 of 2", self.to_folder(self.pt, status=1).stderr)
        self.assertIn("variant", self.to_folder(self.pt, writer="diffusers:variant=a/b", status=2).stderr)
        self.assertFalse(self.out.exists())

    def test_cuts(self):
        """Models of random sizes are cut where huggingface_hub cuts them."""
        generator = random.Random(11)
        for _ in range(25):
            state = {f"{n}.{generator.randrange(99)}": torch.zeros(generator.choice([1, 7, 60, 100, 101, 250]),
                                                                   dtype=torch.uint8)
                     for n in range(generator.randrange(2, 40))}
            split = split_torch_state_dict_into_shards(state, max_shard_size=100,
                                                       filename_pattern="m{suffix}.safetensors")
            torch.save(state, self.pt)
            out = self.tmp / "cut"
            out.mkdir()
            self.run_fmtconv("-q", "-t", "none", "-w", "safetensors:max-shard-size=100", self.pt, out / "m.safetensors")
            got = {p.name: sorted(safetensors.torch.load_file(p)) for p in out.glob("*.safetensors")}
            self.assertEqual(got, {name: sorted(names) for name, names in split.filename_to_tensors.items()})
            if split.is_sharded:
                index = {"metadata": split.metadata, "weight_map": split.tensor_to_filename}
                self.assertEqual((out / "m.safetensors.index.json").read_text(),
                                 json.dumps(index, indent=2, sort_keys=True) + "\n")
            shutil.rmtree(out)

    def test_shards_of_a_file(self):
        """The safetensors writer also writes shards, next to its output."""
        self.sharded("10GB")
        self.run_fmtconv("-q", "-t", "none", "-w", "safetensors:max-shard-size=33KB", self.pt, self.tmp / "m.safetensors")
        index = json.loads((self.tmp / "m.safetensors.index.json").read_text())
        self.assertGreater(len(set(index["weight_map"].values())), 3)
        state = torch.load(self.pt, weights_only=True)
        self.assertEqual(index["metadata"]["total_size"], sum(t.nbytes for t in state.values()))
        for name in set(index["weight_map"].values()):
            part = safetensors.torch.load_file(self.tmp / name)
            self.assert_same(part, {k: state[k] for k, v in index["weight_map"].items() if v == name})
        self.assertFalse((self.tmp / "m.safetensors").exists())
        error = self.run_fmtconv("-q", "-t", "none", "-w", "safetensors:max-shard-size=33KB,index=../i.json", self.pt,
                                 self.tmp / "n.safetensors", status=2).stderr
        self.assertIn("plain name", error)

    def test_no_place_for_the_configuration(self):
        """A plain file of tensors has no configuration, with a note; a folder and a GGUF file have one."""
        self.sharded()
        config = json.loads((self.ref / "config.json").read_text())
        for writer, out, noted in (("safetensors", "m.safetensors", True), ("torch", "m.pt", True),
                                   ("gguf:architecture=test,fold=yes", "m.gguf", False), ("diffusers", "m", False)):
            said = self.run_fmtconv("-v", "-t", "none", "-w", writer, self.ref, self.tmp / out).stderr
            self.assertEqual("cannot store the input's configuration" in said, noted, writer)
            self.assertTrue(not noted or all(key in said for key in config), said)
        said = self.run_fmtconv("-v", "-t", "none", "-f", self.tmp / "m.gguf", self.tmp / "m.safetensors").stderr
        self.assertIn("cannot store the input's other keys", said)

    # ---- The path of the folder, and its previous content

    def test_detected(self):
        """A '/' after the name decides; so does an existing folder."""
        self.sharded()
        self.run_fmtconv("-q", "-t", "none", self.ref, f"{self.out}/")
        shutil.rmtree(self.out)
        self.out.mkdir()
        self.run_fmtconv("-q", "-t", "none", self.ref, self.out)
        self.assertEqual(sorted(files(self.out)), ["config.json", f"{STEM}.safetensors"])
        self.assert_clean(self.tmp)
        self.assert_clean(self.out)

    def test_existing(self):
        self.sharded()
        self.out.mkdir()
        (self.out / "mine.txt").write_text("mine")
        self.assertIn("-f", self.to_folder(self.ref, status=1).stderr)
        self.assertEqual(files(self.out), {"mine.txt": b"mine"})
        self.to_folder(self.ref, "-f")
        self.assertEqual(sorted(files(self.out)), ["config.json", f"{STEM}.safetensors", "mine.txt"])
        self.assert_clean(self.out)

    def test_stale(self):
        """With -f, older files of the same weights are removed, as diffusers does; other files stay."""
        self.sharded()
        kept = ["other-00001-of-00002.safetensors", f"{STEM}-1-of-2.safetensors", "notes"]
        for first, second in (("33KB", "10GB"), ("10GB", "33KB"), ("10KB", "33KB")):
            self.to_folder(self.pt, writer=f"diffusers:max-shard-size={first}")
            for name in kept:
                (self.out / name).write_text(name)
            self.to_folder(self.pt, "-f", writer=f"diffusers:max-shard-size={second}")
            transformer().save_pretrained(self.tmp / "wanted", max_shard_size=second)
            self.assertEqual(sorted(files(self.out)), sorted([*weights(self.tmp / "wanted"), *kept]))
            shutil.rmtree(self.out)
            shutil.rmtree(self.tmp / "wanted")

    def test_stale_beside_a_file(self):
        self.sharded()
        out = self.tmp / "m.safetensors"
        self.run_fmtconv("-q", "-t", "none", "-w", "safetensors:max-shard-size=33KB", self.pt, out)
        before = sorted(p.name for p in self.tmp.iterdir())
        error = self.run_fmtconv("-q", "-t", "none", self.pt, out, status=1).stderr
        self.assertIn("m-00001-of-0000", error)
        self.assertIn("m.safetensors.index.json", error)
        self.assertEqual(before, sorted(p.name for p in self.tmp.iterdir()))
        said = self.run_fmtconv("-f", "-t", "none", self.pt, out).stderr
        self.assertIn(f"removed {len(before) - 2} older files", said)
        self.assertEqual(sorted(p.name for p in self.tmp.iterdir()), ["m.safetensors", "model.pt", "ref"])

    def test_index_of_any_name(self):
        """A file without the name of an index does not count as an older file."""
        self.sharded()
        out, notes, index = self.tmp / "m.safetensors", self.tmp / "notes.txt", self.tmp / "m.index.json"
        for path in (notes, index):
            path.write_text("mine")
        self.run_fmtconv("-f", "-t", "none", "-w", "safetensors:index=notes.txt", self.pt, out)
        self.assertEqual(notes.read_text(), "mine")
        self.run_fmtconv("-f", "-t", "none", "-w", "safetensors:index=m.index.json", self.pt, out)
        self.assertFalse(index.exists())

    def test_input_is_never_replaced(self):
        self.sharded()
        before = files(self.ref)
        self.to_folder(self.ref)
        self.run_fmtconv("-f", "-t", "none", "-w", "diffusers", self.ref, self.ref, status=1)
        self.run_fmtconv("-f", "-t", "none", "-w", "diffusers", self.ref, self.ref / "inner", status=1)
        error = self.run_fmtconv("-f", "-t", "none", self.ref / INDEX, self.ref / f"{STEM}.safetensors", status=1)
        self.assertIn("input", error.stderr)
        self.assertEqual(files(self.ref), before)

    def test_not_a_folder(self):
        self.sharded()
        self.out.write_text("a file")
        self.assertIn("folder", self.to_folder(self.ref, "-f", status=1).stderr)
        self.assertEqual(self.out.read_text(), "a file")

    def test_dry_run(self):
        self.sharded()
        self.to_folder(self.ref, "-n")
        self.assertFalse(self.out.exists())

    # ---- Broken folders

    def refuse(self, *words):
        error = self.to_folder(self.ref, status=1).stderr
        for word in words:
            self.assertIn(word, error)
        self.assertFalse(self.out.exists())
        self.assert_clean(self.tmp)

    def change_index(self, change):
        index = json.loads((self.ref / INDEX).read_text())
        change(index)
        (self.ref / INDEX).write_text(json.dumps(index))

    def test_missing_shard(self):
        self.sharded()
        path = self.shard(1)
        path.unlink()
        self.refuse(path.name, "not next to it")

    def test_unlisted_tensor(self):
        self.sharded()
        self.change_index(lambda i: i["weight_map"].pop("norm_final.bias"))
        self.refuse("norm_final.bias", "does not list it")

    def test_missing_tensor(self):
        self.sharded()
        self.change_index(lambda i: i["weight_map"].update({"new.weight": self.shard(0).name}))
        self.refuse("new.weight", "not there")

    def test_tensor_elsewhere(self):
        self.sharded()
        self.change_index(lambda i: i["weight_map"].update({"norm_final.bias": self.shard(0).name}))
        self.refuse("norm_final.bias", "places it in")

    def test_twice(self):
        """One tensor in two files."""
        self.sharded()
        path = self.shard(0)
        part, last = safetensors.torch.load_file(path), safetensors.torch.load_file(self.shard(-1))
        name = next(iter(last))
        safetensors.torch.save_file(part | {name: last[name]}, path)
        self.refuse(name, "places it in")

    def test_paths_in_an_index(self):
        self.sharded()
        good = (self.ref / INDEX).read_text()
        shutil.copy(self.shard(0), self.tmp / "x.safetensors")
        for name in ("../x.safetensors", f"{self.tmp}/x.safetensors", "..", ".", "", "config.json", 7, None):
            (self.ref / INDEX).write_text(good)
            self.change_index(lambda i: i["weight_map"].update({"norm_final.bias": name}))
            self.refuse("norm_final.bias", "plain name")

    def test_no_index(self):
        self.sharded()
        for text in ("", "[]", "{}", '{"weight_map": []}', '{"weight_map": {"a": "b", "a": "b"}}'):
            (self.ref / INDEX).write_text(text)
            self.refuse(INDEX)

    def test_variants(self):
        model = transformer()
        model.save_pretrained(self.ref, variant="fp16")
        self.to_folder(self.ref)
        shutil.rmtree(self.out)
        model.save_pretrained(self.ref, variant="ema")
        model.save_pretrained(self.ref, variant="fp16", safe_serialization=False)
        self.refuse("fp16", "ema")
        said = self.to_folder(self.ref, status=1).stderr.splitlines()
        self.assertEqual([line.strip() for line in said if line.startswith("  ")], ["ema", "fp16"])

    def test_lora_to_a_folder(self):
        """A model that is not a component has another file name, and no configuration."""
        write(Recipe(hidden=64, layers=2), self.tmp / "run")
        self.run_fmtconv("-q", self.tmp / "run", f"{self.out}/")
        self.assertEqual(list(files(self.out)), ["pytorch_lora_weights.safetensors"])


if __name__ == "__main__":
    unittest.main()
