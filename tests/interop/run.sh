#!/bin/sh
# tests/interop/run.sh: runs the interoperability tests named by the environment, or skips with the reason.
# SPDX-License-Identifier: Apache-2.0
#
# Called by automake's test driver as: run.sh TEST.py; FMTCONV_PYTHON, FMTCONV and FMTCONV_PLUGIN_PATH are set by it.
# FMTCONV_INTEROP=MARK runs the tests whose line '# Marks:' has that word; the others are only loaded, which shows that
# the files that they need are there.  'arithmetic' is for another compiler, 'data' (of tests/data) for a distribution; 'nothing', which none has, for distcheck.
. "$(dirname "$0")/../need.sh"
# shellcheck disable=SC2046 # a list of plugins
need $(sed -n 's/^# Plugins: //p' "$1")
PYTHONDONTWRITEBYTECODE=1
HF_HUB_OFFLINE=1
: "${FMTCONV_CONVERTER=${FMTCONV_PYTHON%/bin/*}/converter}" # where ./bootstrap installs what converter.txt names
: "${FMTCONV_TRAINING=${FMTCONV_PYTHON%/bin/*}/training}"   # the same of training.txt
export PYTHONDONTWRITEBYTECODE HF_HUB_OFFLINE FMTCONV_CONVERTER FMTCONV_TRAINING
if test -n "$FMTCONV_PYTHON" && test -n "${FMTCONV_INTEROP-}" && ! sed -n 's/^# Marks: //p' "$1" | grep -qw "$FMTCONV_INTEROP"; then
  exec "$FMTCONV_PYTHON" "$(dirname "$0")/load.py" "$(basename "$1" .py)"
fi
if test -z "$FMTCONV_PYTHON" || ! "$FMTCONV_PYTHON" -c 'import torch, safetensors' 2>/dev/null; then
  skip "FMTCONV_PYTHON names no Python with torch and safetensors; './bootstrap check' makes one"
fi
exec "$FMTCONV_PYTHON" -W ignore "$1" -v
