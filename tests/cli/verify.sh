#!/bin/sh
# tests/cli/verify.sh: runs test_verify.py, or says why it cannot.
# SPDX-License-Identifier: Apache-2.0
here=$(dirname "$0")
python=${FMTCONV_PYTHON:-python3}
: "${FLIP:=$PWD/tests/cli/flip}"
export FLIP
. "$here/../need.sh"
need cast diffusers gguf quantize safetensors torch
need_command "$python"
need_modules
PYTHONDONTWRITEBYTECODE=1 exec "$python" "$here/test_verify.py" -v
