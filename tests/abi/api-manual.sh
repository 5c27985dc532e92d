#!/bin/sh
# tests/abi/api-manual.sh: the programs that fmtconv-api(3) shows are built and run as the page says, word for word.
# SPDX-License-Identifier: Apache-2.0
set -eu
source=$(cd "$(dirname "$0")" && pwd)
page=$source/../../doc/fmtconv-api.3
. "$source/stage.sh"
need cast

cd "$tmp"
# A literal block begins with "/* NAME: ..."; \e is a backslash.
awk '/^\.Bd -literal$/ { inside = 1; file = ""; next } /^\.Ed$/ { inside = 0 }
  inside { if (file == "") { file = $2; sub (/:$/, "", file) } gsub (/\\e/, "\\"); print >file }' "$page"
sed -n 's/^\.Dl //p' "$page" >commands
test "$(wc -l <commands)" = 6 || fail "not six commands in $page: $(cat commands)"
test "$(ls ./*.c ./*.cc)" = "$(printf './%s\n' convert.c preset.cc show.c)" || fail "other programs in $page: $(ls)"

# What the page's commands call.
mkdir bin
printf '#!/bin/sh\nexec %s -std=gnu11 -Wall -Wextra -Werror %s "$@"\n' "${CC:-cc}" "${SANITIZER_CFLAGS-}" >bin/cc
printf '#!/bin/sh\nexec %s -std=c++11 -Wall -Wextra -Wno-missing-field-initializers -Werror %s "$@"\n' "$(command -v "${CXX:-c++}")" \
  "${SANITIZER_CFLAGS-}" >bin/c++
chmod +x bin/cc bin/c++
cc=$(command -v "${CXX:-c++}") || cc=
PATH=$tmp/bin:$PATH
FMTCONV_PLUGIN_PATH=$installed
export FMTCONV_PLUGIN_PATH
mkdir presets
cat >presets/shrink.yaml <<'EOF'
# Another data type.
fmtconv: 1
variables: {type: }
read: {safetensors: {path: "${input}"}}
transform: [{cast: {to: "${type}"}}]
write: {safetensors: {path: "${output}"}}
EOF
printf '\075\0\0\0\0\0\0\0{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}       \0\0\200\077' >model.safetensors

has_cxx=$cc
while read -r command; do
  case $command in
    *preset*) test "$has_cxx" || { echo "not run, as there is no c++: $command"; continue; } ;;
  esac
  echo "\$ $command"
  status=0
  (eval "$command") >>out 2>>err || status=$?
  case $command in
    ./show*) test $status = 1 || fail "status $status: $command" ;;
    *) test $status = 0 || fail "status $status: $command: $(cat err)" ;;
  esac
done <commands
grep -q '^half.safetensors: [0-9]* bytes$' out || fail "no report: $(cat out)"
grep -q '"format":"safetensors"' out || fail "no description: $(cat out)"
grep -q '^missing: No such file or directory, errno: No such file or directory$' out || fail "no errno: $(cat out)"
test "$(tail -c 2 half.safetensors | od -An -tx1 | tr -d ' \n')" = 003c || fail "wrong bytes of f16"
test -z "$has_cxx" || test "$(tail -c 2 small.safetensors | od -An -tx1 | tr -d ' \n')" = 803f || fail "wrong bytes of bf16"
