#!/bin/sh
# tests/invalid/tokenizer.sh: hostile and odd tokenizers: each ends as make_tokenizers.py says.
# SPDX-License-Identifier: Apache-2.0
here=$(dirname "$0")
generator=make_tokenizers.py
plugins='diffusers gguf safetensors tokenizer'
. "$here/prelude.sh"

tab=$(printf '\t')
while IFS=$tab read -r name status says; do
  rm -f "$work/out.gguf"
  # shellcheck disable=SC2086 # none, or two words
  said=$($limit "$FMTCONV" -t tokenizer -w gguf:architecture=llama "$work/cases/$name" "$work/out.gguf" 2>&1)
  check_said "$name" "$status" "$says" $? || continue
  [ ! -e "$work/out.gguf" ] || fail "$name" "left an output"
done <"$work/cases/cases.tsv"

echo "$tests cases, $failures failures"
[ "$failures" = 0 ] && [ "$tests" -gt 0 ]
