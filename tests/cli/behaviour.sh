#!/bin/sh
# tests/cli/behaviour.sh: runs test_behaviour.py, or says why it cannot.
# SPDX-License-Identifier: Apache-2.0
here=$(dirname "$0")
python=${FMTCONV_PYTHON:-python3}
. "$here/../need.sh"
need cast safetensors sat torch
need_command "$python"
PYTHONDONTWRITEBYTECODE=1 exec "$python" "$here/test_behaviour.py" -v
