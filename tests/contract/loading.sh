#!/bin/sh
# tests/contract/loading.sh: a conversion opens the modules that it needs, each once, and no other.
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/../need.sh"
. "$(dirname "$0")/../cli/prelude.sh"
need cast cogvideox-lora cogvideox-transformer gguf safetensors sat torch
need_modules
need_command ldd
: "${srcdir:=.}" "${FMTCONV:=./fmtconv}"
data=$(cd "$srcdir/tests/data" && pwd)
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
failed=0
cd "$tmp" || exit 99

# The dynamic loader of glibc says which files it opens; others have no such variable.
LD_DEBUG=files "$FMTCONV" --version 2>&1 | grep -q 'calling init' || skip 'the dynamic loader has no LD_DEBUG=files'

# opens WORDS MODULES ARGUMENT...: what the program opens, in the order of their names.
opens () {
  words=$1 wanted=$2
  shift 2
  LD_DEBUG=files "$FMTCONV" -q -f "$@" 2>"$tmp/log" || { echo "FAIL: $words: does not convert"; grep '^fmtconv' "$tmp/log"; failed=1; }
  got=$(sed -n "s|.*file=$FMTCONV_PLUGIN_PATH/\([a-z0-9-]*\)\.so .*dynamically loaded.*|\1|p" "$tmp/log" | sort | tr '\n' ' ')
  test "$got" = "$wanted " || { echo "FAIL: $words: opened '$got', not '$wanted'"; failed=1; }
}

small in.safetensors
opens 'a chain that is given' 'cast gguf safetensors' -r safetensors -t cast:to=bf16 -w gguf:architecture=toy in.safetensors out.gguf
opens 'all is detected' 'safetensors' in.safetensors out.safetensors
opens 'a writer of another format' 'safetensors torch' in.safetensors out.pt
opens 'a LoRA beside its base' 'cogvideox-lora cogvideox-transformer safetensors sat torch' "$data/ckpts_2b_lora" lora.safetensors

# A module that the index does not know is opened: nobody can say what it does.
mkdir more
cp "$FMTCONV_PLUGIN_PATH/cast.so" more/unknown.so
FMTCONV_PLUGIN_PATH_BEFORE=$FMTCONV_PLUGIN_PATH
FMTCONV_PLUGIN_PATH=$tmp/more:$FMTCONV_PLUGIN_PATH
"$FMTCONV" -q in.safetensors other.safetensors 2>log && { echo 'FAIL: a module that was not opened'; failed=1; }
grep -q "its descriptor is for 'cast'" log || { echo 'FAIL: an unknown module is not opened:'; cat log; failed=1; }
FMTCONV_PLUGIN_PATH=$FMTCONV_PLUGIN_PATH_BEFORE
exit $failed
