#!/bin/sh
# tests/contract/headers.sh: every public header compiles alone, as C11 and as C++, without warnings; headers, export
# list and library agree.
# SPDX-License-Identifier: Apache-2.0
set -eu
. "$(dirname "$0")/../need.sh"
need_command python3 nm
top=${srcdir:-.}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/fmtconv-headers.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
failed=0

# compile COMPILER FLAGS... FILE
compile ()
{
  # shellcheck disable=SC2086 # the compiler may have arguments
  ${1} "-I$top/include" -Wall -Wextra -Werror -pedantic -fsyntax-only "$2" "$3" || failed=1
}

for header in "$top"/include/fmtconv/*.h; do
  name=fmtconv/$(basename "$header")
  printf '#include <%s>\nint fmtconv_header_test;\n' "$name" >"$tmp/x.c"
  cp "$tmp/x.c" "$tmp/x.cc"
  compile "${CC:-cc}" -std=c11 "$tmp/x.c"
  if command -v c++ >/dev/null 2>&1; then compile c++ -std=c++11 "$tmp/x.cc"; fi
done
# A program with plugins inside exports the same to the plugins of others, unless it is static.
library=.libs/libfmtconv-core.so
if ! test -f $library; then library=$(readelf -d fmtconv 2>/dev/null | grep -q SONAME && echo fmtconv); fi
# shellcheck disable=SC2086 # it may be none
python3 "$top/tests/contract/check_headers.py" "$top" $library || failed=1
exit $failed
