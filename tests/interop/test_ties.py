# SPDX-License-Identifier: Apache-2.0
"""Tied tensors and safetensors: one copy and its other names, as the official converter has it, and back."""
# Plugins: diffusers prefix safetensors sat torch untie

import json
import unittest
from collections import OrderedDict

import safetensors.torch as st
import torch
from huggingface_hub import save_torch_state_dict
from pipemake import save_bin, text_encoder
from safetensors import safe_open
from support import Case
from transformers import (BartConfig, BartForConditionalGeneration, BertConfig, BertForMaskedLM, GPT2Config, GPT2LMHeadModel,
                          LlamaConfig, LlamaForCausalLM, RobertaConfig, RobertaForMaskedLM, T5EncoderModel, WhisperConfig,
                          WhisperForConditionalGeneration)


class Tied(torch.nn.Module):
    """Three names of a matrix, two of a vector; a window and a transposed view, which are not ties."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(1)
        self.head = torch.nn.Linear(6, 8)
        self.embedding = torch.nn.Embedding(8, 6)
        self.body = torch.nn.Linear(6, 8)
        self.embedding.weight = self.body.weight = self.head.weight
        self.body.bias = self.head.bias
        self.own = torch.nn.Linear(2, 2)


def by_convert(tensors, discard=()):
    """Returns the tensors that convert.py of safetensors keeps, and its metadata: of the names of one storage, it keeps
    the first in order that is not to be discarded, if there is one."""
    groups = {}
    for name, t in tensors.items():
        groups.setdefault(t.untyped_storage().data_ptr(), []).append(name)
    metadata, kept = {"format": "pt"}, dict(tensors)
    for names in groups.values():
        best = min(names, key=lambda n: (n in discard, n))
        for name in set(names) - {best}:
            metadata.setdefault(name, best)
            del kept[name]
    return kept, metadata


def small(kind, config, **more):
    torch.manual_seed(2)
    return kind(config(vocab_size=40, **more)).eval()


def models():
    """Classes of transformers, each with ties of its kind."""
    width = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 24}
    coder = {"d_model": 16, "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2, "decoder_attention_heads": 2,
             "encoder_ffn_dim": 24, "decoder_ffn_dim": 24, "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2}
    return [small(GPT2LMHeadModel, GPT2Config, n_embd=16, n_layer=1, n_head=2, n_positions=16),
            small(LlamaForCausalLM, LlamaConfig, tie_word_embeddings=True, **width),
            small(BertForMaskedLM, BertConfig, **width),
            small(RobertaForMaskedLM, RobertaConfig, **width),
            small(BartForConditionalGeneration, BartConfig, decoder_start_token_id=2, **coder),
            small(WhisperForConditionalGeneration, WhisperConfig, decoder_start_token_id=2, **coder),
            text_encoder()]


def tell(path):
    with safe_open(path, "pt") as f:
        return f.metadata(), set(f.keys())


class Ties(Case):
    def setUp(self):
        super().setUp()
        self.pt, self.out, self.back = self.tmp / "in.pt", self.tmp / "out.safetensors", self.tmp / "back.pt"

    def convert(self, source, out, *more, status=0):
        return self.run_fmtconv("-f", "--verify", "-t", "none", *more, source, out, status=status)

    def assert_tied(self, path, tensors):
        """torch finds the tensors of the file, and the same storages shared as in these."""
        got = torch.load(path, weights_only=True)
        self.assert_same(got, tensors)

        def groups(t):
            return {frozenset(n for n in t if t[n].untyped_storage().data_ptr() == s.untyped_storage().data_ptr()) for s in t.values()}

        self.assertEqual(groups(got), groups(tensors))

    # ---- One file

    def test_as_save_model(self):
        """The very tensors and metadata of save_model; load_model takes the file."""
        model, theirs = Tied(), self.tmp / "theirs.safetensors"
        torch.save(model.state_dict(), self.pt)
        result = self.convert(self.pt, self.out)
        self.assertEqual(result.stderr.count("'head.bias'"), 1)  # reading it again prints no further note
        for name in ("'embedding.weight' is 'body.weight'", "'head.weight' is 'body.weight'", "'head.bias' is 'body.bias'"):
            self.assertIn(name, result.stderr)
        st.save_model(model, theirs, {"format": "pt"})
        self.assertEqual(tell(self.out), tell(theirs))
        self.assert_same(st.load_file(self.out), st.load_file(theirs))
        fresh = Tied()
        with torch.no_grad():
            for p in fresh.parameters():
                p.zero_()
        self.assertEqual(st.load_model(fresh, self.out), (set(), []))
        self.assert_same(fresh.state_dict(), model.state_dict())

    def test_as_the_converter(self):
        """The names that are kept, and those that are only recorded, by its rule."""
        a, b, c = torch.randn(3, 4), torch.ones(2).half(), torch.arange(5)
        tensors = OrderedDict([("z.w", a), ("m.lone", c), ("k.w", a), ("y.b", b), ("ü.w", a), ("a.b", b)])
        torch.save(tensors, self.pt)
        self.convert(self.pt, self.out)
        kept, metadata = by_convert(tensors)
        self.assert_same(st.load_file(self.out), kept)
        self.assertEqual(tell(self.out)[0], metadata)
        # the user chooses which names are kept
        self.convert(self.pt, self.out, "-w", "safetensors:keep=[!k]*.w,keep=y.*")
        kept, metadata = by_convert(tensors, ("k.w", "a.b"))
        self.assert_same(st.load_file(self.out), kept)
        self.assertEqual(tell(self.out)[0], metadata)
        result = self.convert(self.pt, self.tmp / "no.safetensors", "-w", "safetensors:keep=none.*", status=2)
        self.assertIn("keep=none.*", result.stderr)

    def test_copy(self):
        """All names with their tensors; untie gives the same in every format."""
        tensors = Tied().state_dict()
        torch.save(tensors, self.pt)
        result = self.convert(self.pt, self.out, "-w", "safetensors:tied=copy")
        self.assertIn("5 tied tensors are written in full", result.stderr)
        self.assert_same(st.load_file(self.out), tensors)
        self.assertEqual(tell(self.out)[0], {"format": "pt"})
        with self.assertRaises(RuntimeError):
            st.load_model(Tied(), self.out)
        first = self.out.read_bytes()
        result = self.run_fmtconv("-f", "-t", "untie", self.pt, self.out)
        self.assertEqual(self.out.read_bytes(), first)

    def test_what_is_no_tie(self):
        """Parts of a storage, other shapes, and no elements at all."""
        flat = torch.randn(24)
        empty = torch.zeros(0, 3)
        tensors = OrderedDict([("flat.w", flat), ("shaped.w", flat.view(4, 6)), ("turned.w", flat.view(4, 6).t()), ("half.w", flat[:12]),
                               ("equal.w", flat.clone()), ("e.w", empty), ("f.w", empty)])
        torch.save(tensors, self.pt)
        result = self.convert(self.pt, self.out)
        self.assertNotIn("tied", result.stderr)
        self.assert_same(st.load_file(self.out), tensors)
        self.assertEqual(tell(self.out)[0], {"format": "pt"})

    def test_views_that_are_tied(self):
        """The same part of a storage under two names: the official converter gives up here."""
        flat = torch.randn(4, 6)
        tensors = OrderedDict([("b.w", flat[1:3].t()), ("a.w", flat[1:3].t()), ("c.w", flat[0])])
        torch.save(tensors, self.pt)
        self.convert(self.pt, self.out)
        self.assert_same(st.load_file(self.out), {"a.w": tensors["a.w"], "c.w": tensors["c.w"]})
        self.assertEqual(tell(self.out)[0], {"format": "pt", "b.w": "a.w"})

    def test_taken_names(self):
        """Metadata of the user is never overridden; save_model would lose the name."""
        source = self.tmp / "in.safetensors"
        st.save_file({"a.w": torch.ones(2), "b.w": torch.ones(3)}, source,
                     {"format": "pt", "x.a.w": "mine", "x.b.w": "x.a.w", "x.c.w": "", "y.w": "a.w"})
        result = self.convert(source, self.out)
        self.assertIn("'y.w' is 'a.w'", result.stderr)
        self.assertEqual(tell(self.out)[0], tell(source)[0])
        value = torch.randn(3)
        torch.save(OrderedDict([("a.w", value), ("z.w", value), ("n.w", value)]), self.pt)
        result = self.convert(self.pt, self.out, "-w", "safetensors:metadata.n.w=7")
        self.assertIn("1 tied tensor is written in full, because readers would not take its metadata entry", result.stderr)
        self.assertEqual(tell(self.out), ({"format": "pt", "n.w": "7", "z.w": "a.w"}, {"a.w", "n.w"}))

    def test_names_that_cannot_be_told(self):
        """A tensor whose record would look like another entry of the metadata is written completely: nothing is lost."""
        value = torch.randn(3)
        tensors = OrderedDict((n, value) for n in ("a", "b", "format", "m.a", "m.b c"))
        torch.save(tensors, self.pt)
        result = self.convert(self.pt, self.out, "-w", "safetensors:keep=a")
        self.assertIn("3 tied tensors are written in full", result.stderr)
        self.assertEqual(tell(self.out), ({"format": "pt", "m.a": "a"}, {"a", "b", "format", "m.b c"}))
        self.convert(self.out, self.back)
        self.assert_same(torch.load(self.back, weights_only=True), tensors)

    # ---- Back

    def test_round_trip(self):
        """torch → safetensors → torch keeps shared tensors; a second pass keeps every byte."""
        tensors = Tied().state_dict()
        torch.save(tensors, self.pt)
        self.convert(self.pt, self.out)
        result = self.convert(self.out, self.back)
        self.assertIn("3 other names of tensors are restored from the metadata", result.stderr)
        self.assert_tied(self.back, tensors)
        again = self.tmp / "again.safetensors"
        for source in (self.out, self.back):
            self.convert(source, again)
            self.assertEqual(again.read_bytes(), self.out.read_bytes())

    def test_read_what_save_model_wrote(self):
        model = Tied()
        st.save_model(model, self.out, {"author": "me"})
        self.convert(self.out, self.back)
        self.assert_tied(self.back, model.state_dict())
        report = json.loads(self.run_fmtconv("inspect", "--json", self.out).stdout.splitlines()[-1])
        self.assertEqual((report["tensors"], report["storages"]["tied"]), (len(model.state_dict()), 5))
        self.assertEqual(report["attributes"]["metadata"], {"author": "me"})
        self.convert(self.out, self.back, "-r", "safetensors:aliases=none")
        self.assert_same(torch.load(self.back, weights_only=True), st.load_file(self.out))

    def test_metadata_that_is_something_else(self):
        """A value may be a tensor's name by chance."""
        tensors = {"latents": torch.ones(2), "m.weight": torch.ones(3), "weight": torch.ones(1)}
        metadata = {"type": "latents", "format": "latents", "target": "m.weight", "base model.x": "m.weight", "modelspec.title": "weight",
                    "": "weight", "m.weight": "weight", "gone.weight": "nowhere.weight"}
        st.save_file(tensors, self.out, metadata)
        result = self.convert(self.out, self.back)
        self.assert_same(torch.load(self.back, weights_only=True), tensors)
        self.assertIn("4 metadata entries", result.stderr)
        self.assertIn("'type' is 'latents'", result.stderr)
        again = self.tmp / "again.safetensors"
        self.convert(self.out, again)
        self.assertEqual(tell(again)[0], metadata)
        self.convert(self.out, self.back, "-r", "safetensors:aliases=all")
        more = {"type": "latents", "target": "m.weight", "base model.x": "m.weight", "modelspec.title": "weight"}
        self.assert_same(torch.load(self.back, weights_only=True), tensors | {k: tensors[v] for k, v in more.items()})
        result = self.convert(self.out, self.back, "-r", "safetensors:aliases=none")
        self.assertNotIn("metadata entries", result.stderr)

    def test_entries_that_are_left(self):
        """If names are not restored as tensors, they are kept as entries, and the output is valid."""
        st.save_model(Tied(), self.out, {"format": "pt"})
        again = self.tmp / "again.safetensors"
        self.convert(self.out, again, "-r", "safetensors:aliases=none")
        self.assertEqual(tell(again), tell(self.out))
        self.convert(self.out, again, "-r", "safetensors:aliases=none", "-w", "safetensors:max-shard-size=150")
        self.run_fmtconv("-f", "--verify", "-r", "safetensors:aliases=none", "-t", "prefix:add=m.", self.out, again)
        self.assertEqual(tell(again)[0], tell(self.out)[0])

    def test_transformed(self):
        """Names that are restored are tensors like others."""
        tensors = Tied().state_dict()
        torch.save(tensors, self.pt)
        self.convert(self.pt, self.out)
        again = self.tmp / "again.safetensors"
        self.run_fmtconv("-t", "prefix:add=m.", self.out, again)
        metadata, names = tell(again)
        self.assertEqual(metadata, {"format": "pt", "m.embedding.weight": "m.body.weight", "m.head.weight": "m.body.weight",
                                    "m.head.bias": "m.body.bias"})
        self.assertEqual(names | set(metadata) - {"format"}, {"m." + n for n in tensors})

    # ---- Several files

    def test_shards(self):
        """The files of save_torch_state_dict, except that each records the other names of its tensors; those of
        huggingface_hub are in the index, and are read from it."""
        tensors = Tied().state_dict()
        torch.save(tensors, self.pt)
        files = {}
        for name in ("hub", "ours"):
            (self.tmp / name).mkdir()
        save_torch_state_dict(dict(tensors), self.tmp / "hub", max_shard_size=150)
        self.convert(self.pt, self.tmp / "ours" / "model.safetensors", "-w", "safetensors:max-shard-size=150")
        for name in ("hub", "ours"):
            files[name] = {p.name: tell(p)[1] for p in (self.tmp / name).glob("*.safetensors")}
            index = self.tmp / name / "model.safetensors.index.json"
            files[name]["index"] = json.loads(index.read_text())["weight_map"]
            self.convert(index, self.back)
            self.assert_tied(self.back, tensors)
            self.convert(index, self.back, "-r", "safetensors:aliases=none")
            self.assertEqual(set(torch.load(self.back, weights_only=True)), set(by_convert(tensors)[0]))
        self.assertGreater(len(files["hub"]), 2)
        self.assertEqual(files["ours"], files["hub"])
        told = {}
        for path in (self.tmp / "ours").glob("*.safetensors"):
            metadata, names = tell(path)
            self.assertLessEqual(set(metadata.values()) - {"pt"}, names)
            told |= metadata
        self.assertEqual(told, by_convert(tensors)[1])

    def test_shards_of_the_converter(self):
        """Its index lists all names, and each file's metadata records the names that it does not hold."""
        tensors = Tied().state_dict()
        where = {n: f"model-0000{1 if 'own' in n else 2}-of-00002.safetensors" for n in tensors}
        for file in set(where.values()):
            kept, metadata = by_convert({n: t for n, t in tensors.items() if where[n] == file})
            st.save_file(kept, self.tmp / file, metadata)
        index = self.tmp / "model.safetensors.index.json"
        for listed in (where, {n: f for n, f in where.items() if n in by_convert(tensors)[0]}):
            index.write_text(json.dumps({"metadata": {}, "weight_map": listed}))
            self.convert(index, self.back)
            self.assert_tied(self.back, tensors)
        index.write_text(json.dumps({"metadata": {}, "weight_map": where}))
        result = self.convert(index, self.tmp / "no.pt", "-r", "safetensors:aliases=none", status=1)
        self.assertIn("it is not there", result.stderr)

    # ---- transformers

    def test_transformers(self):
        """from_pretrained finds all weights, and ties them; the names kept are those that save_pretrained keeps."""
        for model in models():
            for size in ("10GB", "4KB"):
                with self.subTest(type(model).__name__, size=size):
                    name = f"{type(model).__name__}-{size}"
                    ref, bins, out = self.tmp / f"{name}.ref", self.tmp / f"{name}.bin", self.tmp / name
                    model.save_pretrained(ref, max_shard_size=size)
                    save_bin(model, bins)
                    self.convert(bins, f"{out}/", "-w", f"diffusers:max-shard-size={size}")
                    kept = set()
                    for path in ref.glob("*.safetensors"):
                        kept |= tell(path)[1]
                    got = set()
                    for path in out.glob("*.safetensors"):
                        got |= tell(path)[1]
                    self.assertEqual(got, kept)
                    self.check_loaded(model, out)
                    self.convert(out, self.back)
                    self.assert_tied(self.back, model.state_dict())
                    self.convert(out, self.back, "-r", "diffusers:aliases=none")
                    self.assertEqual(set(torch.load(self.back, weights_only=True)), kept)

    def check_loaded(self, model, folder):
        loaded, info = type(model).from_pretrained(folder, output_loading_info=True)
        self.assertFalse(any(info.values()), info)
        self.assert_same(loaded.state_dict(), model.state_dict())

    def test_both_names(self):
        """tied=copy writes each name, which transformers takes without complaint."""
        model, bins, out = text_encoder(), self.tmp / "bins", self.tmp / "out"
        save_bin(model, bins, 2)
        self.convert(bins, f"{out}/", "-w", "diffusers:tied=copy")
        self.assertEqual(tell(out / "model.safetensors")[1], set(model.state_dict()))
        self.check_loaded(model, out)


if __name__ == "__main__":
    unittest.main()
