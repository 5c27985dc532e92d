# SPDX-License-Identifier: Apache-2.0
"""Model-parallel SAT checkpoints, split by torch as SAT splits them, give the same as the complete checkpoint."""
# Plugins: cogvideox-lora cogvideox-transformer safetensors sat torch

import json
import re
import unittest
from collections import OrderedDict

import safetensors.torch
import torch
from cogmake import MODELS, Model, fine_tuned, transformer
from satmake import NET, Recipe, state_dict, training_state
from support import Case

ROWS = re.compile(r".*transformer\.layers\.\d+\.mlp\.dense_h_to_4h\.(weight|bias)")
COLUMNS = re.compile(r".*transformer\.layers\.\d+\.(attention\.dense|mlp\.dense_4h_to_h)\.weight")
QKV = re.compile(r".*transformer\.layers\.\d+\.attention\.query_key_value\.(weight|bias)")


def share(name, t, rank, n):
    """Returns the part of a tensor that a rank of n has (SwissArmyTransformer: sat/mpu/layers.py, strides 1 and 3)."""
    if QKV.fullmatch(name):
        return torch.cat([part.chunk(n)[rank] for part in t.chunk(3)])
    if ROWS.fullmatch(name):
        return t.chunk(n)[rank].clone()
    if COLUMNS.fullmatch(name):
        return t.chunk(n, 1)[rank].contiguous()
    return t


class Ranks(Case):
    """Every test has a folder with an iteration in it."""

    def setUp(self):
        super().setUp()
        self.iteration = self.tmp / "run" / "1000"
        self.iteration.mkdir(parents=True)
        (self.tmp / "run" / "latest").write_text("1000")

    def rank_path(self, rank):
        return self.iteration / f"mp_rank_{rank:02}_model_states.pt"

    def write(self, tensors, n, world=None, state=True, change=None, **save):
        """Cut and save; change (rank, its tensors) may spoil one."""
        for rank in range(n):
            copies = {}  # tied tensors stay tied
            mine = OrderedDict((name, copies.setdefault(id(t), share(name, t, rank, n).clone()))
                               for name, t in tensors.items())
            if change:
                change(rank, mine)
            checkpoint = {"module": mine}
            if state:
                checkpoint.update(training_state(mine), mp_world_size=world or n)
            torch.save(checkpoint, self.rank_path(rank), **save)

    def uncut(self, tensors, *arguments):
        whole = self.tmp / "whole.pt"
        torch.save({"module": tensors}, whole)
        out = self.tmp / "whole.safetensors"
        self.run_fmtconv("-f", "-r", "torch", *arguments, whole, out)
        return out

    def convert(self, *arguments, source=None, **more):
        out = self.tmp / "out.safetensors"
        return out, self.run_fmtconv("-f", "-r", "sat", *arguments, source or self.tmp / "run", out, **more)


class Merged(Ranks):
    def test_equal_to_the_uncut(self):
        """1, 2 and 3 ranks, with and without a transform: the file of the uncut checkpoint, byte by byte."""
        for n in (1, 2, 3):
            for chain in (("-t", "none"), ("-t", "cogvideox-transformer")):
                with self.subTest(ranks=n, chain=chain):
                    tensors = transformer(Model("5B", hidden=96))
                    self.write(tensors, n)
                    wanted = self.uncut(tensors, *chain)
                    out, result = self.convert(*chain)
                    self.assertEqual(out.read_bytes(), wanted.read_bytes())
                    self.assertEqual(f"merging {n} model-parallel ranks" in result.stderr, n > 1)

    def test_all_models_and_prefixes(self):
        for m in MODELS:
            for prefix in (NET, NET + "_orig_mod.", ""):
                with self.subTest(model=m.name, prefix=prefix):
                    tensors = transformer(m, prefix=prefix)
                    self.write(tensors, 2, state=False)
                    wanted = self.uncut(tensors, "-t", "none")
                    out, _ = self.convert("-t", "none")
                    self.assertEqual(out.read_bytes(), wanted.read_bytes())

    def test_all_that_training_saves(self):
        """T5 with its tied embedding, and the VAE: the same in all ranks."""
        tensors = fine_tuned(Model("5B", hidden=96))
        self.write(tensors, 3)
        wanted = self.uncut(tensors, "-t", "cogvideox-transformer")
        out, _ = self.convert("-t", "cogvideox-transformer", "--verify")
        self.assertEqual(out.read_bytes(), wanted.read_bytes())
        out, _ = self.convert("-t", "none", "--verify", "-w", "safetensors:tied=copy")
        self.assert_same(safetensors.torch.load_file(out), tensors)

    def test_any_rank_can_be_named(self):
        tensors = transformer(MODELS[0])
        self.write(tensors, 2)
        wanted = self.uncut(tensors, "-t", "none").read_bytes()
        for source in (self.rank_path(0), self.rank_path(1), self.iteration, self.tmp / "run"):
            out, _ = self.convert("-t", "none", source=source)
            self.assertEqual(out.read_bytes(), wanted)

    def test_old_format(self):
        """DeepSpeed's checkpoint_serialization: false."""
        tensors = transformer(MODELS[0])
        self.write(tensors, 2, _use_new_zipfile_serialization=False)
        wanted = self.uncut(tensors, "-t", "none").read_bytes()
        for source in (self.rank_path(0), self.tmp / "run"):
            out = self.tmp / "out.safetensors"
            result = self.run_fmtconv("-f", "-t", "none", source, out)
            self.assertIn("-r sat", result.stderr)
            self.assertEqual(out.read_bytes(), wanted)

    def test_threads_memory_and_checksums(self):
        tensors = transformer(Model("5B", hidden=384))
        self.write(tensors, 2)
        wanted = self.uncut(tensors, "-t", "none").read_bytes()
        for arguments in (["-j1"], ["-j4"], ["-j2", "--memory", "1M"], ["--verify"], ["--strict"]):
            out, _ = self.convert("-t", "none", *arguments)
            self.assertEqual(out.read_bytes(), wanted)

    def test_report(self):
        """Counts of tensors, of compared bytes and of read bytes, in a run and in a dry run."""
        tensors = transformer(MODELS[0])
        self.write(tensors, 2)
        copies = {name: t for name, t in tensors.items() if share(name, t, 0, 2).shape == t.shape}
        same = sum(t.nbytes for t in copies.values())
        _, result = self.convert("-t", "none", "--json")
        report = json.loads(result.stdout.splitlines()[-1])
        self.assertEqual(report["checks"]["equal"], len(copies))
        self.assertEqual(report["bytes"]["compared"], same)
        self.assertEqual(report["bytes"]["read"], sum(t.nbytes for t in tensors.values()) + 2 * same)
        self.assertEqual(report["account"]["out"], len(tensors))
        _, result = self.convert("-t", "none")
        self.assertIn(f"compared  {len(copies)} tensors", result.stderr)
        _, result = self.convert("-t", "none", "--dry-run")
        self.assertRegex(result.stdout, r"final_layernorm\.weight .*compare, copy")
        self.assertIn("must equal their duplicates", result.stderr)
        result = self.run_fmtconv("inspect", self.tmp / "run")
        self.assertIn("2 model-parallel ranks", result.stdout + result.stderr)
        result = self.run_fmtconv("inspect", "--json", self.tmp / "run")
        attributes = json.loads(result.stdout.splitlines()[-1])["attributes"]
        self.assertEqual(attributes["source"]["sat"]["model_parallel_size"], 2)


class Refused(Ranks):
    def refused(self, *words, source=None, chain=("-t", "none"), flags=()):
        out = self.tmp / "out.safetensors"
        result = self.run_fmtconv("-r", "sat", *chain, *flags, source or self.tmp / "run", out, status=1)
        for word in words:
            self.assertIn(word, result.stderr)
        self.assertFalse(out.exists())
        self.assert_clean(self.tmp)

    def test_one_element_differs(self):
        """The error names the tensor, both files and the element, with any threads, memory limit and transform."""
        tensors = transformer(Model("5B", hidden=384))
        name = NET + "mixins.adaln_layer.adaLN_modulations.1.1.weight"

        def change(rank, mine):
            if rank == 1:
                mine[name][4000, 3] += 1
                mine[name][4001, 0] += 1
                mine[NET + "time_embed.2.bias"][0] += 1

        self.write(tensors, 3, change=change)
        for flags in ((), ("-j1",), ("-j4", "--memory", "2M"), ("--verify",)):
            self.refused(f"'{name}'", "mp_rank_00_model_states.pt", "mp_rank_01_model_states.pt", "[4000,3]",
                         flags=flags)
        # The order of the output decides which difference is the first.
        self.refused("time_embed.2.bias'", "mp_rank_01_model_states.pt", "[0]", chain=("-t", "cogvideox-transformer"))

    def test_what_is_not_written_is_not_compared(self):
        tensors = fine_tuned(Model("5B", hidden=96))

        def change(rank, mine):
            mine["first_stage_model.encoder.conv_in.conv.bias"] += rank

        self.write(tensors, 2, change=change)
        self.convert("-t", "cogvideox-transformer")
        (self.tmp / "out.safetensors").unlink()
        self.refused("first_stage_model.encoder.conv_in.conv.bias")

    def test_missing_rank(self):
        tensors = transformer(Model("5B", hidden=96))
        self.write(tensors, 3)
        for rank in (0, 1):
            hidden = self.rank_path(rank).rename(self.iteration / "hidden")
            self.refused("1 of at least 3", self.rank_path(rank).name)
            hidden.rename(self.rank_path(rank))
        self.rank_path(2).unlink()
        self.refused("one of 3 model-parallel ranks, but there are 2")
        renamed = self.rank_path(1).rename(self.tmp / "model.pt")
        self.refused("one of 3 model-parallel ranks, but there is 1", source=renamed)

    def test_surplus_rank(self):
        self.write(transformer(MODELS[0]), 2)
        self.rank_path(2).write_bytes(self.rank_path(1).read_bytes())
        self.refused("one of 2 model-parallel ranks, but there are 3", "mp_rank_02_model_states.pt")

    def test_ranks_disagree_on_their_number(self):
        self.write(transformer(MODELS[0]), 2)
        checkpoint = torch.load(self.rank_path(1), weights_only=False)
        torch.save({**checkpoint, "mp_world_size": 4}, self.rank_path(1))
        self.refused("mp_rank_01_model_states.pt is one of 4")
        torch.save({**checkpoint, "mp_world_size": 0}, self.rank_path(1))
        self.refused("mp_rank_01_model_states.pt says it is one of 0")

    def test_names_and_forms(self):
        name = NET + "time_embed.0.bias"

        def lacks(rank, mine):
            if rank == 1:
                del mine[name]

        def has_more(rank, mine):
            if rank == 1:
                mine["extra"] = torch.zeros(2)

        def type_differs(rank, mine):
            if rank == 1:
                mine[name] = mine[name].float()

        def shape_differs(rank, mine):
            if rank == 1:
                mine[name] = mine[name][:3].clone()

        for change, words in ((lacks, (name, "not in mp_rank_01")), (has_more, ("extra", "not in mp_rank_00")),
                              (type_differs, (name, "f16[16]", "f32[16]")), (shape_differs, (name, "f16[3]"))):
            with self.subTest(change=change.__name__):
                self.write(transformer(MODELS[0]), 2, change=change)
                self.refused(*words)

    def test_no_three_parts(self):
        name = NET + "transformer.layers.0.attention.query_key_value.bias"
        self.write(transformer(MODELS[0]), 2, change=lambda rank, mine: mine.update({name: torch.zeros(4)}))
        self.refused(name, "3 equal parts")

    def test_lora(self):
        self.write(state_dict(Recipe(alpha=1, others=False)), 2)
        self.refused("a LoRA of 2 model-parallel ranks", "matrix_A")
        self.refused("a LoRA of 2 model-parallel ranks", chain=("-t", "cogvideox-lora"))

    def test_damage_in_what_is_only_compared(self):
        """Checksums of another rank's file are compared, although none of its bytes are written."""
        name = NET + "transformer.final_layernorm.weight"
        tensors = OrderedDict({name: torch.randn(50000)})
        self.write(tensors, 2, state=False)
        bad = self.rank_path(1)
        content = bytearray(bad.read_bytes())
        at = content.find(tensors[name].numpy().tobytes())
        content[at + 8] ^= 1
        bad.write_bytes(content)
        self.refused("mp_rank_01_model_states.pt", name, "[2]")
        first = self.rank_path(0)
        content = bytearray(first.read_bytes())
        content[at + 8] ^= 1
        first.write_bytes(content)
        self.refused("checksum mismatch")


if __name__ == "__main__":
    unittest.main()
