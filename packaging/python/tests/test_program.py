"""python -m fmtconv is the program of the package."""
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import pathlib
import subprocess
import sys

import fmtconv


def run(*arguments, code=0, cwd=None):
    command = [sys.executable, "-m", "fmtconv", *arguments]
    p = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)
    assert p.returncode == code, p.stderr
    return p


def test_version_is_that_of_the_package():
    from importlib.metadata import version

    assert version("fmtconv") == fmtconv.__version__
    assert fmtconv.__version__ in run("--version").stdout


def test_converts(model, tmp_path):
    run(str(model), str(tmp_path / "out.safetensors"), "--dtype", "f16")
    assert fmtconv.diff(model, tmp_path / "out.safetensors", transforms_a="cast:to=f16")["equal"]


def test_finds_its_index_of_plugins(model, tmp_path):
    p = run(str(model), str(tmp_path / "out.safetensors"))
    assert "warning" not in p.stderr
    assert "index of plugins" not in p.stderr


def test_makes_a_folder_for_a_new_plugin(tmp_path):
    run("new-plugin", "--reader", "mine", cwd=tmp_path)
    assert (tmp_path / "mine" / "Makefile").exists()


def test_finds_the_plugins_and_presets_of_the_package():
    package = pathlib.Path(fmtconv.__file__).parent
    found = [json.loads(line) for line in run("plugins", "--json").stdout.splitlines()]
    assert str(package) in json.dumps(found)
    assert "cogvideox-lora" in run("plugins").stdout


def test_exit_status(tmp_path):
    assert "fmtconv: " in run(str(tmp_path / "none.pt"), str(tmp_path / "out.safetensors"), code=1).stderr
    run("--no-such-option", code=2)
