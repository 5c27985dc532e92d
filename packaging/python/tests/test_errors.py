"""Errors of the library as exceptions."""
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import errno
import pickle

import pytest

import fmtconv
from fmtconv import _abi, _errors


def test_a_malformed_file(model):
    data = bytearray(model.read_bytes())
    data[8] = ord("[")
    model.write_bytes(data)
    with pytest.raises(fmtconv.FormatError) as caught:
        fmtconv.open(model, reader="safetensors")
    e = caught.value
    assert isinstance(e, ValueError) and isinstance(e, fmtconv.Error)
    assert e.code == "FORMAT"
    assert e.file == str(model)
    assert e.offset is not None
    assert e.plugin == "safetensors"
    assert e.hint
    assert e.errno is None
    assert str(e).startswith(f"{model}: at byte 0x") and "hint:" in str(e)
    assert e.message in str(e)


def test_a_missing_file(tmp_path, nothing_left):
    with pytest.raises(FileNotFoundError) as caught:
        fmtconv.convert(tmp_path / "none.pt", tmp_path / "out.safetensors")
    e = caught.value
    assert isinstance(e, fmtconv.NotFoundError)
    assert isinstance(e, (fmtconv.SystemCallError, OSError)) and isinstance(e, fmtconv.MissingError)
    assert e.code == "MISSING"
    assert e.errno == errno.ENOENT
    assert e.file == str(tmp_path / "none.pt")
    assert str(tmp_path / "none.pt") in str(e)


def test_details_are_lines(model, tmp_path, nothing_left):
    with pytest.raises(fmtconv.Error) as caught:
        fmtconv.convert(model, tmp_path / "out.safetensors", transforms="select:keep=nothing.*")
    assert isinstance(caught.value.details, tuple)


def test_errors_can_be_pickled(tmp_path):
    with pytest.raises(fmtconv.Error) as caught:
        fmtconv.open(tmp_path / "none.pt")
    again = pickle.loads(pickle.dumps(caught.value))
    assert type(again) is type(caught.value)
    assert str(again) == str(caught.value)
    assert again.errno == errno.ENOENT and again.file == caught.value.file


def test_every_code_has_a_class():
    codes = {name: getattr(_abi, name) for name in dir(_abi) if name.startswith("FMTCONV_E_")}
    assert {name[len("FMTCONV_E_") :] for name in codes} == {kind.code for kind in _errors._KINDS.values()}
    for name, code in codes.items():
        assert _errors.kind_of(code, None).code == name[len("FMTCONV_E_") :]
    assert all(kind.__module__ == "fmtconv" for kind in _errors._KINDS.values())


def test_an_error_leaves_nothing_behind_for_the_next_call(model, tmp_path):
    with pytest.raises(fmtconv.Error):
        fmtconv.inspect(tmp_path / "none")
    assert fmtconv.inspect(model)["tensors"] == 4
