# SPDX-License-Identifier: Apache-2.0
# Plugins: cogvideox-transformer cogvideox-vae
# Marks: data
"""The full models are cut where huggingface_hub cuts diffusers' own.

tests/data/maps/shards.tsv says into how many tensors a file the full-size models are cut; a unit test holds the
program to it, and this one holds the table to diffusers and huggingface_hub.  No weight is allocated."""

import csv
import json
import unittest
from pathlib import Path

import torch
from diffusers import AutoencoderKLCogVideoX, CogVideoXTransformer3DModel
from huggingface_hub import split_torch_state_dict_into_shards

DATA = Path(__file__).resolve().parent.parent / "data"
CLASSES = {"cogvideox-transformer": CogVideoXTransformer3DModel, "cogvideox-vae": AutoencoderKLCogVideoX}
DTYPES = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16}


def stored(model):
    """The data type that the transform gives without a cast: the checkpoint's, and f32 of the VAE."""
    return "f32" if model == "VAE" else "f16"


def state_of(model, transform):
    config = json.loads((DATA / "configs" / f"{model}.json").read_text())
    with torch.device("meta"):
        return CLASSES[transform].from_config(config).state_dict()


class Shards(unittest.TestCase):
    def test_table(self):
        states = {}
        with open(DATA / "maps" / "shards.tsv", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
        self.assertEqual(len({row["model"] for row in rows}), 6)
        for row in rows:
            model, transform = row["model"], row["transform"]
            if model not in states:
                states[model] = state_of(model, transform)
            dtype = DTYPES[stored(model) if row["cast"] == "-" else row["cast"]]
            state = {name: t.to(dtype) for name, t in states[model].items()}
            split = split_torch_state_dict_into_shards(state, max_shard_size=row["size"])
            with self.subTest(**row):
                counts = [len(names) for _, names in sorted(split.filename_to_tensors.items())]
                self.assertEqual(row["tensors"], ",".join(map(str, counts)))
                self.assertEqual(int(row["bytes"]), sum(t.nbytes for t in state.values()))


if __name__ == "__main__":
    unittest.main()
