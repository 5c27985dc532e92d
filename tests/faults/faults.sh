#!/bin/sh
# tests/faults/faults.sh: one call fails in each of many runs; each says so, or the results are the same.
# SPDX-License-Identifier: Apache-2.0
#
# FMTCONV_FAULTS: sample, sites or all, as tests/faults/check_faults.py explains; FMTCONV_FAULT_SCENARIOS: names of some.
here=$(cd "$(dirname "$0")" && pwd)
: "${FMTCONV:?the program to test}" "${FMTCONV_PLUGIN_PATH:?its plugins}"
. "$here/../need.sh"
need_modules
need cast cogvideox-lora diffusers gguf map merge quantize rename safetensors sat torch
need_command python3
real=$(dirname "$FMTCONV")/.libs/$(basename "$FMTCONV")
if grep -qs -e __asan_init -e __tsan_init "$FMTCONV" "$real"; then skip "a sanitizer has its own memory"; fi

work=$(mktemp -d "${TMPDIR:-/tmp}/fmtconv-shim.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
# shellcheck disable=SC2086 # the compiler may have options
${CC:-cc} -O1 -fPIC -shared -o "$work/shim.so" "$here/shim.c" 2>"$work/why" \
  && LD_PRELOAD=$work/shim.so true 2>>"$work/why" && test ! -s "$work/why" \
  || skip "calls of the C library cannot be replaced here: $(cat "$work/why")"
tier=sample
test -z "$FMTCONV_LONG" || tier=sites
# shellcheck disable=SC2086 # a list of names
PYTHONDONTWRITEBYTECODE=1 python3 "$here/check_faults.py" "$work/shim.so" "$here/../.." "${FMTCONV_FAULTS:-$tier}" $FMTCONV_FAULT_SCENARIOS
