# SPDX-License-Identifier: Apache-2.0
"""Runs scripts with DeepSpeed and megatron-core, which are in a separate folder, or skips the test that imports this.

They would bring hundreds of packages that no test needs.  So: DS_BUILD_OPS=0 pip install --no-deps --target DIR -r training.txt;
FMTCONV_TRAINING=DIR, default: beside FMTCONV_PYTHON's folder.  Where the folder is, a package that cannot be imported is an error.
"""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

FOLDER = os.environ.get("FMTCONV_TRAINING", os.path.dirname(__file__))
sys.path.append(FOLDER)
for name in ("deepspeed", "megatron"):
    if not importlib.util.find_spec(name):
        print(f"skipped: there is no '{name}'; the head of training.py says how to install it")
        raise SystemExit(77)


def run(script, *arguments):
    """Runs a script of this folder; its output is shown only if it fails."""
    path = os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), FOLDER)))
    command = [sys.executable, "-W", "ignore", Path(__file__).with_name(script), *arguments]
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ | {"PYTHONPATH": path})
    if result.returncode:
        raise RuntimeError(f"{script}: {result.returncode}\n{result.stdout[-4000:]}")
