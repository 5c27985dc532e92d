#!/bin/sh
# tests/abi/manual.sh: the plugins that the manual page shows are built and used as the page says, word for word.
# SPDX-License-Identifier: Apache-2.0
set -eu
source=$(cd "$(dirname "$0")" && pwd)
page=$source/../../doc/fmtconv-plugin.3
. "$source/stage.sh"

need cast

cd "$tmp"
# A literal block that begins with "/* NAME.c:" or "# NAME.yaml:" is that file.
awk '/^\.Bd -literal$/ { inside = 1; file = ""; next } /^\.Ed$/ { inside = 0 }
  inside && file == "" { file = ($1 == "/*" || $1 == "#") && sub (/:$/, "", $2) ? $2 : "figure" } inside { print >file }' "$page"
# The commands are between the heading and the end of the page: how to build x, and a conversion with each plugin.
sed -n 's/^\.Dl //p' "$page" >commands
build=$(sed -n '/^cc /p' commands)
convert=$(sed -n '/fmtconv data/p' commands)
test "$(wc -l <commands)" = 4 || fail "not four commands in $page: $(cat commands)"

cc () { ${CC:-cc} -std=c11 -Wall -Wextra -Werror "$@"; }
fmtconv () { "$program" "$@"; }
built=
for plugin in x times xw w; do
  grep -q "^FMTCONV_PLUGIN ($plugin," "$plugin.c" || fail "no example $plugin.c in $page"
  eval "$(echo "$build" | sed "s/x\.c/$plugin.c/; s/x\.so/$plugin.so/")" || fail "the example $plugin.c does not compile"
  built="$built $plugin"
done
test "$(ls ./*.c | wc -l)" = "$(echo $built | wc -w)" || fail "an example of $page is not used: $(ls ./*.c)"
# The index of the page: the package is named while the modules are not there; its example of a transform, too.
FMTCONV_INDEX_PATH=$FMTCONV_INDEX_PATH:$PWD/index
mkdir index other
cp x.yaml index
printf 'XST1\003\000\000\000\000\000\200\077\000\000\200\277\000\000\000\100' >nameless
missing () { # missing PLUGIN ARGUMENT...
  plugin=$1
  shift
  FMTCONV_PLUGIN_PATH=$PWD/other fmtconv "$@" 2>err && fail "converted without the plugin: $*"
  grep -q "the plugin '$plugin', .* is not installed (hint: install the package fmtconv-plugin-x" err || fail "not for $plugin: $(cat err)"
}
cp "$installed/safetensors.so" other
missing x nameless data.safetensors
header='{"module.blocks.0.fc.weight":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},'
header=$header'"module.blocks.0.fc.bias":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}'
{ printf "\\$(printf %o ${#header})"'\0\0\0\0\0\0\0%sab' "$header"; } >model.safetensors
missing x-names model.safetensors out.safetensors
missing xw -t none model.safetensors out.x
cp "$installed/safetensors.so" "$installed/cast.so" . # the page's examples expect fmtconv to be installed
printf 'XST1\003\000\000\000\000\000\200\077\000\000\200\277\000\000\000\100' >data.x # 1, -1, 2
(eval "$convert") || fail "the reader does not run"
test "$(tail -c 12 data.safetensors | od -An -tx1 | tr -d ' \n')" = 0000803f000080bf00000040 || fail "wrong bytes"
FMTCONV_PLUGIN_PATH=$PWD
export FMTCONV_PLUGIN_PATH
sed -n '/^fmtconv -t/p' commands >chains
while read -r command; do (eval "$command") || fail "does not run: $command"; done <chains
test "$(tail -c 12 twice.safetensors | od -An -tx1 | tr -d ' \n')" = 00000040000000c000008040 || fail "wrong products"
test "$(od -An -tx1 twice.x | tr -d ' \n')" = 585354310300000000000040000000c000008040 || fail "wrong file of the writer"
fmtconv --dtype f16 -t none data.x half.x 2>err && fail "the writer took f16"
grep -q f16 err || fail "the data type is not named: $(cat err)"

# A pickle alone: {'weights': {'x': an array of numpy with the floats 1, -1, 2}}.
{
  printf '\200\004}X\007\000\000\000weights}X\001\000\000\000xcnumpy.core.numeric\n_frombuffer\n'
  printf '(C\014\000\000\200\077\000\000\200\277\000\000\000\100'
  printf 'cnumpy\ndtype\nX\002\000\000\000f4\205RK\003\205X\001\000\000\000CtRss.'
} >data.w
fmtconv -r w -t none data.w w.safetensors || fail "the reader of pickles does not run"
test "$(tail -c 12 w.safetensors | od -An -tx1 | tr -d ' \n')" = 0000803f000080bf00000040 || fail "wrong bytes of the pickle"
printf '\200\004}.' >empty.w
fmtconv -r w -t none empty.w no.safetensors 2>err && fail "the reader of pickles took an empty dictionary"
grep -q "empty\.w: there is no dictionary 'weights'" err || fail "not refused for its weights: $(cat err)"

refused () { # refused WORDS: data.x, which is bad now
  rm -f data.safetensors
  (eval "$convert") 2>err && fail "accepted: $1"
  grep -q "data\.x: .*$1" err || fail "not '$1': $(cat err)"
  test ! -e data.safetensors || fail "output in spite of: $1"
}
printf 'XST1\003\000\000\000aaaabbbbcc' >data.x
refused 'past the end'
printf 'XST1\003\000\000\000aaaabbbbccccd' >data.x
refused 'belong to no tensor'
