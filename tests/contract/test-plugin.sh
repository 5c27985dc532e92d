#!/bin/sh
# tests/contract/test-plugin.sh: every plugin of the build passes 'fmtconv test-plugin', readers with a sample.
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/../need.sh"
need safetensors
need_modules
srcdir=$(cd "${srcdir:-.}" && pwd)
: "${FMTCONV:=./fmtconv}"
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
. "$srcdir/tests/cli/prelude.sh"
failed=0
small "$tmp/sample.safetensors"
for plugin in ${FMTCONV_BUILT?}; do
  name=$(basename "$plugin" .la)
  module=${FMTCONV_PLUGIN_PATH%%:*}/$name.so
  sample='' parameters=''
  case $name in
    safetensors) sample=$tmp/sample.safetensors ;;
    gguf) sample=$tmp/sample.gguf parameters=architecture=llama ;;
    torch) sample=$tmp/sample.pt ;;
    sat) sample=$srcdir/tests/data/ckpts_2b_lora/lora-disney-11-23-10-00 ;;
  esac
  case $name in
    gguf | torch)
      "$FMTCONV" -q -w "$name${parameters:+:$parameters}" "$tmp/sample.safetensors" "$sample" || exit 1
      ;;
  esac
  set -- test-plugin ${sample:+--sample "$sample"} "$module" ${parameters:+"$parameters"}
  "$FMTCONV" "$@" >"$tmp/log" 2>&1 || { echo "FAIL: $name"; cat "$tmp/log"; failed=1; }
done
test -n "$module" || exit 1
exit $failed
