#!/bin/sh
# tests/abi/manual.sh: the plugin that the manual page shows is built and used as the page says, word for word.
# SPDX-License-Identifier: Apache-2.0
set -eu
source=$(cd "$(dirname "$0")" && pwd)
page=$source/../../doc/fmtconv-plugin.3
. "$source/stage.sh"

cd "$tmp"
sed -n '/^\.Bd -literal$/,/^\.Ed$/ { /^\./d; p; }' "$page" >x.c
grep -q '^FMTCONV_PLUGIN (x,' x.c || fail "no example in $page"
sed -n 's/^\.Dl //p' "$page" >commands
test "$(wc -l <commands)" = 2 || fail "not two commands in $page: $(cat commands)"
build=$(sed -n '/^cc /p' commands)
convert=$(sed -n '/fmtconv data/p' commands)

cc () { ${CC:-cc} -std=c11 -Wall -Wextra -Werror "$@"; }
fmtconv () { "$program" "$@"; }
eval "$build" || fail "the example does not compile"
cp "$installed/safetensors.so" . # the page's reader expects fmtconv to be installed
printf 'XST1\003\000\000\000aaaabbbbcccc' >data.x
(eval "$convert") || fail "the example does not run"
test "$(tail -c 12 data.safetensors)" = aaaabbbbcccc || fail "wrong bytes"

refused () { # refused WORDS: data.x, which is bad now
  rm -f data.safetensors
  (eval "$convert") 2>err && fail "accepted: $1"
  grep -q "data\.x: .*$1" err || fail "not '$1': $(cat err)"
  test ! -e data.safetensors || fail "output in spite of: $1"
}
printf 'XST1\003\000\000\000aaaabbbbcc' >data.x
refused beyond
printf 'XST1\003\000\000\000aaaabbbbccccd' >data.x
refused 'belong to none'
