#!/bin/sh
# tests/cli/shares.sh: runs test_shares.py, or says why it cannot.
# SPDX-License-Identifier: Apache-2.0
here=$(dirname "$0")
python=${FMTCONV_PYTHON:-python3}
: "${KILLED:=$PWD/tests/cli/killed}"
export KILLED
. "$here/../need.sh"
need diffusers gguf quantize safetensors torch transpose
need_command "$python"
"$KILLED" 1 true >/dev/null || skip "processes cannot be traced here"
# Leaks cannot be looked for in a traced process.
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
export ASAN_OPTIONS
PYTHONDONTWRITEBYTECODE=1 exec "$python" "$here/test_shares.py" -v
