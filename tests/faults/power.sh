#!/bin/sh
# tests/faults/power.sh: runs test_power.py with its library, or says why it cannot.
# SPDX-License-Identifier: Apache-2.0
here=$(cd "$(dirname "$0")" && pwd)
: "${FMTCONV:?the program to test}" "${FMTCONV_PLUGIN_PATH:?its plugins}" "${WITHOUT:=$PWD/tests/cli/without}"
. "$here/../need.sh"
need_modules
need diffusers safetensors torch
need_command python3
work=$(mktemp -d "${TMPDIR:-/tmp}/fmtconv-recorder.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
# shellcheck disable=SC2086 # the compiler may have options
${CC:-cc} -O1 -fPIC -shared -o "$work/recorder.so" "$here/recorder.c" 2>"$work/why" \
  && LD_PRELOAD=$work/recorder.so true 2>>"$work/why" && test ! -s "$work/why" \
  || skip "calls of the C library cannot be recorded here: $(cat "$work/why")"
RECORDER=$work/recorder.so
KILLED=not-needed
export KILLED RECORDER WITHOUT
PYTHONDONTWRITEBYTECODE=1 python3 "$here/test_power.py"
