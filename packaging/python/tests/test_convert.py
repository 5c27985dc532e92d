"""Conversions, their reports, and what is said about files and plugins."""
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import logging
import os
import pathlib
import struct
import threading

import pytest
from conftest import write_safetensors

import fmtconv


def test_converts(model, tmp_path):
    out = tmp_path / "out.safetensors"
    report = fmtconv.convert(model, out, transforms=["cast:to=f16"], verify=True, tensors=True)
    assert report["account"]["out"] == 4
    assert report["checks"]["verified"] == 4
    assert {t["name"]: t["dtype"] for t in report["tensors"]} == {"w": "f16", "h": "f16", "n": "i64", "e": "f16"}
    assert report["command"].startswith("fmtconv -r safetensors -t cast:to=f16 -w safetensors ")
    with fmtconv.open(out) as f:
        assert f["w"].tobytes("f64") == fmtconv.open(model)["w"].tobytes("f64")


def test_takes_strings_and_paths(model, tmp_path):
    class Path:
        def __fspath__(self):
            return str(tmp_path / "a.safetensors")

    fmtconv.convert(str(model), Path(), transforms="prefix:add=x.")
    with fmtconv.open(Path()) as f:
        assert set(f) == {"x.w", "x.h", "x.n", "x.e"}


def test_names_that_are_not_utf8(model, tmp_path):
    name = b"\xff.safetensors"
    out = tmp_path / os.fsdecode(name)
    fmtconv.convert(model, out)
    assert name in os.listdir(os.fsencode(tmp_path))
    assert fmtconv.diff(model, os.fsencode(out))["equal"]


def test_no_transforms_and_recognized_transforms(model, tmp_path):
    a = fmtconv.convert(model, tmp_path / "a.safetensors", transforms=[])
    b = fmtconv.convert(model, tmp_path / "b.safetensors")
    assert a["detected"] is True and " -t none " in a["command"]
    assert " -t none " in b["command"]


def test_detection_gives_no_warning(model, tmp_path, caplog):
    with caplog.at_level(logging.WARNING, logger="fmtconv"):
        fmtconv.convert(model, tmp_path / "out.safetensors")
    assert not caplog.records


def test_dtype_is_the_last_cast(model, tmp_path):
    fmtconv.convert(model, tmp_path / "a.safetensors", dtype="bf16")
    with fmtconv.open(tmp_path / "a.safetensors") as f:
        assert f["w"].dtype == "bf16"


def test_an_existing_output_needs_force(model, tmp_path):
    out = tmp_path / "out.safetensors"
    out.write_bytes(b"old")
    with pytest.raises(fmtconv.OutputError):
        fmtconv.convert(model, out)
    assert out.read_bytes() == b"old"
    fmtconv.convert(model, out, force=True)
    assert out.read_bytes() != b"old"


def test_plan_writes_nothing(model, tmp_path, nothing_left):
    report = fmtconv.plan(model, tmp_path / "out.safetensors", dtype="f16", memory="32M", threads=1)
    assert report["dry_run"] is True
    assert [f["tensors"] for f in report["files"]] == [4]
    assert len(report["tensors"]) == 4


def test_spec_with_variables(model, tmp_path):
    spec = tmp_path / "spec.yaml"
    spec.write_text(
        "fmtconv: 1\n"
        "variables: {model: , type: f16}\n"
        'read: {safetensors: {path: "${model}"}}\n'
        'transform: [{cast: {to: "${type}"}}]\n'
        'write: {safetensors: {path: "${output}"}}\n'
    )
    report = fmtconv.convert(
        spec=spec, dst=tmp_path / "out.safetensors", variables={"model": model, "type": "bf16"}, tensors=True
    )
    assert {t["name"]: t["dtype"] for t in report["tensors"]}["w"] == "bf16"
    with pytest.raises(ValueError, match="spec replaces"):
        fmtconv.convert(spec=spec, transforms=["none"])
    with pytest.raises(ValueError, match="variables"):
        fmtconv.convert(model, tmp_path / "x.safetensors", variables={"a": "b"})


def test_presets_and_plugins_are_those_of_the_package():
    package = pathlib.Path(fmtconv.__file__).parent
    found = fmtconv.plugins()
    assert {"safetensors", "torch", "gguf", "diffusers", "sat", "cast", "quantize"} <= {p["name"] for p in found}
    for plugin in found:
        assert plugin.get("error") is None
        assert plugin["path"] is None or package in pathlib.Path(plugin["path"]).parents
    presets = fmtconv.presets()
    assert "cogvideox-lora" in {p["name"] for p in presets}
    assert all(package in pathlib.Path(p["path"]).parents for p in presets)
    assert fmtconv.presets("cogvideox-pipeline")[0]["variables"]
    assert fmtconv.plugins("cast")[0]["roles"] == ["transform"]


def test_inspect(model):
    report = fmtconv.inspect(model, tensors=True, stats=True)
    assert report["format"] == "safetensors"
    assert report["tensors"] == 4
    assert report["list"][0]["stats"]["max"] == 5.0


def test_diff(model, tmp_path):
    out = tmp_path / "out.safetensors"
    fmtconv.convert(model, out)
    assert fmtconv.diff(model, out)["equal"] is True
    report = fmtconv.diff(model, out, transforms_b="cast:to=f16")
    assert report["equal"] is False
    assert report["differ"] == 3


def test_logs_notes_and_warnings(tmp_path, caplog):
    big = write_safetensors(tmp_path / "big.safetensors", {"w": ("F32", (2,), struct.pack("<2f", 1e30, 1.0))})
    with caplog.at_level(logging.INFO, logger="fmtconv"):
        fmtconv.convert(big, tmp_path / "out.safetensors", dtype="f16")
    levels = {r.levelno for r in caplog.records}
    assert levels == {logging.INFO, logging.WARNING}
    assert all(r.name == "fmtconv" for r in caplog.records)
    warning = next(r for r in caplog.records if r.levelno == logging.WARNING)
    assert "too large for the data type" in warning.getMessage()
    assert "tensor 'w': 1 of 2" in warning.getMessage()
    with pytest.raises(fmtconv.StrictError):
        fmtconv.convert(big, tmp_path / "strict.safetensors", dtype="f16", strict=True)
    assert not (tmp_path / "strict.safetensors").exists()


def test_progress_is_called_on_the_callers_thread(model, tmp_path):
    seen = []
    fmtconv.convert(
        model,
        tmp_path / "out.safetensors",
        dtype="f16",
        progress=lambda done, total: seen.append((done, total, threading.current_thread())),
    )
    done, total, _ = seen[-1]
    assert done == total > 0
    assert {thread for _, _, thread in seen} == {threading.current_thread()}


def test_progress_with_tqdm(model, tmp_path):
    tqdm = pytest.importorskip("tqdm")
    with tqdm.tqdm(unit="B", unit_scale=True, disable=None) as bar:

        def update(done, total):
            bar.total = total
            bar.update(done - bar.n)

        fmtconv.convert(model, tmp_path / "out.safetensors", dtype="f16", progress=update)
        assert bar.n == bar.total or bar.disable


def test_limit_of_what_is_parsed(model, tmp_path, nothing_left):
    assert fmtconv.plan(model, tmp_path / "out.safetensors", parse_memory="64M")["tensors"]
    with pytest.raises(fmtconv.Error, match="parse-memory"):
        fmtconv.convert(model, tmp_path / "small.safetensors", parse_memory=4096)
    with pytest.raises(fmtconv.Error, match="parse-memory"):
        fmtconv.open(model, parse_memory=4096)


def test_provenance(model, tmp_path):
    out = tmp_path / "out.safetensors"
    fmtconv.convert(model, out, transforms=[], provenance=True)
    text = out.read_bytes()
    assert b"fmtconv_version" in text and b"fmtconv_plan" in text
    assert fmtconv.diff(model, out)["equal"]


def test_resume(model, tmp_path):
    out = tmp_path / "out.safetensors"
    fmtconv.convert(model, out, transforms=[], resume=True)
    assert fmtconv.diff(model, out)["equal"]
    assert {p.name for p in tmp_path.iterdir()} == {model.name, out.name}  # the work map is gone


def test_wrong_arguments(model, tmp_path, nothing_left):
    out = tmp_path / "out.safetensors"
    for wrong in [{"threads": 0}, {"memory": 0}, {"memory": "lots"}, {"memory": "64Q"}, {"parse_memory": 0}]:
        with pytest.raises(ValueError):
            fmtconv.convert(model, out, **wrong)
    with pytest.raises(fmtconv.UsageError, match="did you mean"):
        fmtconv.convert(model, out, transforms="cats:to=f16")
    with pytest.raises(TypeError):
        fmtconv.convert(3.5, out)


def test_verify(model, tmp_path):
    out = tmp_path / "out.safetensors"
    fmtconv.convert(model, out, dtype="f16", manifest=True)
    assert fmtconv.verify(out)["fine"] is True
    report = fmtconv.verify(out, against=model, dtype="f16", manifest=True)
    assert report["fine"] is True and report["tensors"] == 4
    assert [m["files"] for m in report["manifests"]] == [1]
    content = bytearray(out.read_bytes())
    content[-1] ^= 1
    out.write_bytes(content)
    report = fmtconv.verify(out, against=model, dtype="f16")
    assert [d["offset"] for d in report["defects"]] == [len(content) - 1, None]
    assert fmtconv.verify(out, manifest="other")["defects"][0]["what"] == "it is missing"
    with pytest.raises(ValueError):
        fmtconv.verify(out, dtype="f16")
