"""Changes of names and metadata of a file."""
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

import fmtconv


def metadata_of(path):
    return fmtconv.inspect(path)["attributes"]["metadata"]


def test_edits(model):
    before = {name: t.tobytes() for name, t in fmtconv.open(model).items()}
    report = fmtconv.edit(model, set={"title": "x", "epoch": 7}, unset=["note"], rename={"w": "weight"})
    assert (report["way"], report["reader"], len(report["changes"])) == ("replaced", "safetensors", 4)
    assert metadata_of(model) == {"format": "pt", "title": "x", "epoch": "7"}
    after = {name: t.tobytes() for name, t in fmtconv.open(model).items()}
    assert after == {"weight" if name == "w" else name: data for name, data in before.items()}


def test_ways(model):
    raw = model.read_bytes()
    assert fmtconv.edit(model, set={"note": "made by a tess"}, dry_run=True)["way"] == "in-place"
    assert fmtconv.edit(model, set={"note": "made by a test"})["way"] == "nothing"
    assert model.read_bytes() == raw
    assert fmtconv.edit(model, set={"note": "made by a tess"})["way"] == "in-place"


def test_types_of_gguf(model, tmp_path):
    path = tmp_path / "x.gguf"
    fmtconv.convert(model, path, transforms=["select:name=w"], writer="gguf:architecture=test")
    fmtconv.edit(path, set={"n:u32": 5, "b:bool": True, "list:[f32]": [1, 0.5]})
    fmtconv.edit(path, set={"n": 6})
    keys = fmtconv.inspect(path)["attributes"]["gguf"]
    assert (keys["n"], keys["b"], keys["list"]) == (6, True, [1.0, 0.5])


def test_refuses(model):
    with pytest.raises(fmtconv.MissingError, match="no metadata entry 'none'"):
        fmtconv.edit(model, unset=["none"])
    with pytest.raises(fmtconv.UsageError, match="a change is required"):
        fmtconv.edit(model)
