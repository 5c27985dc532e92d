#!/bin/sh
# tests/interop/run.sh: runs the interoperability tests named by the environment, or skips with the reason.
# SPDX-License-Identifier: Apache-2.0
#
# Called by automake's test driver as: run.sh TEST.py; FMTCONV_PYTHON, FMTCONV and FMTCONV_PLUGIN_PATH are set by it.
. "$(dirname "$0")/../need.sh"
# shellcheck disable=SC2046 # a list of plugins
need $(sed -n 's/^# Plugins: //p' "$1")
if test -z "$FMTCONV_PYTHON" || ! "$FMTCONV_PYTHON" -c 'import torch, safetensors' 2>/dev/null; then
  skip "FMTCONV_PYTHON names no Python with torch and safetensors; './bootstrap check' makes one"
fi
PYTHONDONTWRITEBYTECODE=1
HF_HUB_OFFLINE=1
export PYTHONDONTWRITEBYTECODE HF_HUB_OFFLINE
exec "$FMTCONV_PYTHON" -W ignore "$1" -v
