"""Checks the Python scripts of tests/ and bench/: their syntax and names, that each bench reads its options, and fits of exponents.

Needs only the standard library.  A script may not have the name of a module: Python searches the folder of a script
first, so that 'import gguf' in another script of that folder would find it in place of the module.
"""
# SPDX-License-Identifier: Apache-2.0

import os
import re
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
BENCHES = sorted((TOP / "bench").glob("bench_*.py"))
SCRIPTS = sorted(path for folder in ("bench", "tests") for path in (TOP / folder).rglob("*.py"))
# Modules of this field besides those of requirements.txt, whether they are installed or not.
OTHERS = {"deepspeed", "ggml", "huggingface_hub", "jax", "onnx", "PIL", "sat", "scipy", "tensorflow", "tokenizers",
          "torchvision", "yaml"}


def modules():
    """Returns the names of modules that a script may not have."""
    lines = (TOP / "tests/interop/requirements.txt").read_text(encoding="utf-8")
    return OTHERS | sys.stdlib_module_names | set(re.findall(r"^([\w-]+)==", lines, re.MULTILINE))


def names():
    """Yields the scripts that hide a module."""
    for path in SCRIPTS:
        if path.stem in modules():
            yield f"{path.relative_to(TOP)} hides the module {path.stem}: give the script another name"


def syntax():
    """Yields the scripts that do not compile."""
    for path in SCRIPTS:
        try:
            compile(path.read_text(encoding="utf-8"), path, "exec")
        except SyntaxError as error:
            yield f"{path.relative_to(TOP)}: {error}"


def reads_options(script, *arguments, status=0, text="usage:"):
    """Yields a message if a script does not end with that status and that text.  FMTCONV is not set, as for a user."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("FMTCONV", "BENCH_"))}
    got = subprocess.run([sys.executable, script, *arguments], capture_output=True, text=True, env=environment)
    if got.returncode != status or text not in got.stdout + got.stderr:
        yield f"{' '.join((script.name, *arguments))}: status {got.returncode}\n{got.stdout}{got.stderr}"


def options():
    """Yields the benches that do not print their options, or that accept unknown ones."""
    run = TOP / "bench/run.py"
    names = "".join(f"{path.stem.removeprefix('bench_')}, " for path in BENCHES).rstrip(", ")
    yield from reads_options(run, "nothing", status=2, text=f"benches: {names}")
    for script in (run, *BENCHES):
        yield from reads_options(script, "--help")
        yield from reads_options(script, "--nothing", status=2)


def fits():
    """Yields what is wrong with the exponents that the bench of growth fits."""
    got = subprocess.run([sys.executable, TOP / "bench/growthfit.py"], capture_output=True, text=True)
    if got.returncode:
        yield f"bench/growthfit.py: {got.stderr}"


def build_lists():
    """Yields the scripts of bench/ that the distribution would lack."""
    listed = (TOP / "bench/local.mk").read_text(encoding="utf-8")
    for path in (TOP / "bench").iterdir():
        if path.suffix in (".c", ".py") and f"bench/{path.name}" not in listed:
            yield f"bench/local.mk does not list {path.name}"
    for path in BENCHES:
        if path.stem.replace("_", "-") not in listed:
            yield f"bench/local.mk has no target {path.stem.replace('_', '-')}"


def main():
    failed = [message for check in (names, syntax, options, fits, build_lists) for message in check()]
    if len(SCRIPTS) < 30 or len(BENCHES) < 8:
        failed.append(f"only {len(SCRIPTS)} scripts and {len(BENCHES)} benches in {TOP}")
    for message in failed:
        print(f"FAIL: {message}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
