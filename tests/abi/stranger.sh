#!/bin/sh
# tests/abi/stranger.sh: a plugin built out of the tree against the installed package converts a file; broken ones
# are refused by name, with the reason, and do not stop a chain without them.
# SPDX-License-Identifier: Apache-2.0
set -eu
source=$(cd "$(dirname "$0")" && pwd)
. "$source/stage.sh"

build () { # build NAME SOURCE FLAGS...
  name=$1 file=$2
  shift 2
  # shellcheck disable=SC2086 # flags are a list
  ${CC:-cc} -shared -fPIC "$file" "$@" -o "$tmp/plugins/$name.so" || fail "cannot build $name"
}

mkdir "$tmp/plugins"
FMTCONV_PLUGIN_PATH=$tmp/plugins
export FMTCONV_PLUGIN_PATH
# shellcheck disable=SC2086
build npy "$source/npy.c" $flags

# ---- It converts: an array of 2 x 3 f32, in both orders.
array () { # array ORDER FILE
  { printf '\223NUMPY\001\000v\000'
    printf "%-117s\n" "{'descr': '<f4', 'fortran_order': $1, 'shape': (2, 3), }"
    printf 'AAAABBBBCCCCDDDDEEEEFFFF'; } >"$2"
}
run () { "$program" "$@" --plugin-dir "$installed"; }
array False "$tmp/c.npy"
array True "$tmp/f.npy"
run "$tmp/c.npy" "$tmp/c.safetensors" || fail "conversion"
run "$tmp/f.npy" "$tmp/f.safetensors" || fail "conversion of fortran order"
test "$(tail -c 24 "$tmp/c.safetensors")" = AAAABBBBCCCCDDDDEEEEFFFF || fail "wrong bytes"
test "$(tail -c 24 "$tmp/f.safetensors")" = AAAACCCCEEEEBBBBDDDDFFFF || fail "wrong bytes of fortran order"
run plugins | grep -q '^npy .*reader.*numpy arrays' || fail "npy is not listed"
head -c 100 "$tmp/c.npy" >"$tmp/short.npy"
run "$tmp/short.npy" "$tmp/short.safetensors" 2>"$tmp/err" && fail "a cut file was accepted"
grep -q 'short.npy' "$tmp/err" || fail "the cut file is not named: $(cat "$tmp/err")"
test ! -e "$tmp/short.safetensors" || fail "output of a cut file"

# ---- Refused: another ABI, an undefined symbol, no descriptor, another name, no plugin at all.
sed 's/FMTCONV_PLUGIN (npy, .name = "npy"/FMTCONV_PLUGIN (otherabi, .abi = 99, .name = "otherabi"/' \
  "$source/npy.c" >"$tmp/otherabi.c"
# shellcheck disable=SC2086
build otherabi "$tmp/otherabi.c" -w $flags
sed 's/FMTCONV_PLUGIN (npy, .name = "npy"/int nowhere_to_be_found (void);\nint use (void); int use (void) { return nowhere_to_be_found (); }\nFMTCONV_PLUGIN (undefined, .name = "undefined"/' \
  "$source/npy.c" >"$tmp/undefined.c"
# shellcheck disable=SC2046
build undefined "$tmp/undefined.c" -w $(pkg-config --cflags fmtconv)
echo 'int nothing;' >"$tmp/bare.c"
build bare "$tmp/bare.c"
# shellcheck disable=SC2086
build renamed "$source/npy.c" $flags
echo text >"$tmp/plugins/text.so"

run plugins >"$tmp/list" || fail "the list"
says () { grep "^$1 .*REFUSED" "$tmp/list" | grep -q "$2" || fail "$1 is not refused with '$2': $(cat "$tmp/list")"; }
says otherabi 'ABI 99'
says undefined nowhere_to_be_found
says bare 'descriptor'
says renamed npy
says text ''
for name in npy safetensors; do
  grep "^$name " "$tmp/list" | grep -qv REFUSED || fail "$name suffers from the others"
done
run -r otherabi "$tmp/c.npy" "$tmp/no.safetensors" 2>"$tmp/err" && fail "a refused plugin ran"
grep -q 'ABI' "$tmp/err" || fail "no reason for the refused plugin: $(cat "$tmp/err")"
run -r npy -t none -w safetensors "$tmp/c.npy" "$tmp/again.safetensors" || fail "conversion beside refused plugins"
run "$tmp/c.npy" "$tmp/no.safetensors" 2>"$tmp/err" && fail "refused plugins were passed over"
grep -q 'was refused, so it is not known whether it would be chosen' "$tmp/err" || fail "the refused plugin is not named: $(cat "$tmp/err")"
