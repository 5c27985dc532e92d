#!/bin/sh
# tests/abi/application.sh: an application against the installed interface, as C and as C++.
# SPDX-License-Identifier: Apache-2.0
set -eu
source=$(cd "$(dirname "$0")" && pwd)
. "$source/stage.sh"
need cast

FMTCONV_PLUGIN_PATH=$installed
export FMTCONV_PLUGIN_PATH
warnings='-Wall -Wextra -Werror'
# shellcheck disable=SC2086 # flags are lists
${CC:-cc} -std=c11 -D_GNU_SOURCE $warnings ${SANITIZER_CFLAGS-} "$source/application.c" -o "$tmp/c" $flags -lpthread || fail "not C"
languages=c
if command -v "${CXX:-c++}" >/dev/null; then
  # shellcheck disable=SC2086
  "${CXX:-c++}" -std=c++11 $warnings ${SANITIZER_CFLAGS-} -x c++ "$source/application.c" -o "$tmp/cc" $flags -lpthread || fail "not C++"
  languages="c cc"
else
  echo "not compiled as C++: there is no ${CXX:-c++}"
fi
for language in $languages; do
  mkdir "$tmp/work-$language"
  "$tmp/$language" "$tmp/work-$language" || fail "as $language"
  rm -rf "$tmp/work-$language"
done
