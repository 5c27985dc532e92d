#!/bin/sh
# tests/abi/readme.sh: the plugin that the README shows is built and used as the README says, word for word.
# SPDX-License-Identifier: Apache-2.0
set -eu
source=$(cd "$(dirname "$0")" && pwd)
page=$source/../../README.md
. "$source/stage.sh"

cd "$tmp"
# The fenced blocks after the heading: first the C file, then the commands.
sed -n '/^## Write a plugin/,/^## Where/p' "$page" | awk '/^```/ { block += !inside; inside = !inside; next } inside { print >(block == 1 ? "x.c" : "commands") }'
grep -q '^FMTCONV_PLUGIN (x,' x.c || fail "no plugin in $page"
test "$(wc -l <commands)" = 2 || fail "not two commands in $page: $(cat commands)"

cc () { ${CC:-cc} -std=c11 -Wall -Wextra -Wno-unused-parameter -Werror "$@"; }
fmtconv () { "$program" "$@"; }
cp "$installed/safetensors.so" .
printf 'aaaabbbbcccc' >data.x
(. ./commands) || fail "the commands do not run"
test "$(tail -c 12 data.safetensors)" = aaaabbbbcccc || fail "wrong bytes"
