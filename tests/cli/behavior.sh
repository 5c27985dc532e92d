#!/bin/sh
# tests/cli/behavior.sh: runs test_behavior.py, or says why it cannot.
# SPDX-License-Identifier: Apache-2.0
here=$(dirname "$0")
python=${FMTCONV_PYTHON:-python3}
. "$here/../need.sh"
need cast lora-merge safetensors sat torch
need_command "$python"
PYTHONDONTWRITEBYTECODE=1 exec "$python" "$here/test_behavior.py" -v
