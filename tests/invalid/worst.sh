#!/bin/sh
# tests/invalid/worst.sh: input of at most 1 MiB that costs as much as it can: each case of make_worst.py ends in 64 MiB and 2 s.
# SPDX-License-Identifier: Apache-2.0
#
# A sample; with FMTCONV_LONG=1, as in make check-long, all cases.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../need.sh"
need dcp diffusers gguf lora-merge map safetensors sat tokenizer torch
python=${FMTCONV_PYTHON:-python3}
need_command "$python"
: "${FMTCONV:?the program to test}"

# A sanitizer takes more memory and time.
real=$(dirname "$FMTCONV")/.libs/$(basename "$FMTCONV")
[ -e "$real" ] || real=$FMTCONV
grep -qE "__(asan|tsan)_init" "$real" && { echo "skipped: a sanitizer"; exit 77; }

cases=
[ -n "${FMTCONV_LONG:-}" ] || cases='pickle-dag pickle-dag-wide pickle-lists pickle-pairs pickle-ties pickle-deflated zip-entries
  header-numbers header-tensors config-numbers config-deep index-tensors adapter-numbers adapter-globs adapter-modules gguf-tensors gguf-keys
  tokenizer-numbers spec-text rules-of-plain training-copies dcp-entries'
# shellcheck disable=SC2086 # names
PYTHONDONTWRITEBYTECODE=1 exec "$python" "$here/check_worst.py" --factor 3 $cases
