#!/bin/sh
# tests/contract/symbols.sh: every plugin exports exactly its descriptor, has no data it could change, and
# calls nothing of the system.
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/../need.sh"
need_command nm readelf
need_modules
dir=${FMTCONV_PLUGIN_PATH:-plugins/.libs}
failed=0
seen=0
for module in "$dir"/*.so; do
  test -f "$module" || continue
  seen=1
  name=$(basename "$module" .so)
  want=$(echo "$name" | tr - _)_LTX_fmtconv_plugin
  have=$(nm -D --defined-only "$module" | awk '{ print $3 }' | grep -v '^__\(odr_\)\?asan' | tr '\n' ' ')
  if test "$have" != "$want "; then
    echo "FAIL: $name exports '$have' instead of '$want'"
    failed=1
  fi
  # A sanitizer keeps its own books in .data and .bss.
  if nm "$module" | grep -q ' U __\(asan\|tsan\|ubsan\)'; then
    echo "$name: built with a sanitizer: sections are not looked at"
    continue
  fi
  # A plugin describes: files, memory, threads, the terminal and the process are the core's.
  calls=$(nm -D --undefined-only "$module" | awk '{ sub (/@.*/, "", $NF); print $NF }' | grep -E \
    '^((f|fd|open|mk|tmp)?open(64|at|at64|2)?|creat.*|p?(read|write)v?(64)?|mmap.*|stat.*|.?stat(64)?|opendir|readlink.*|malloc|calloc|realloc|free|v?(f|d)?printf|puts|perror|exit|_exit|abort|__assert_fail|getenv|setenv|setlocale|signal|sigaction|fork|exec.*|system|popen|socket|dl(open|sym)|pthread_.*|thrd_.*)$' |
    tr '\n' ' ')
  if test -n "$calls"; then
    echo "FAIL: $name calls $calls"
    failed=1
  fi
  # What remains is what the compiler's start files put into every shared library.
  data=$(readelf -SW "$module" | sed 's/^ *\[ *\([0-9]*\)\]/\1/' |
    awk '$2 ~ /^\.(data|bss|tdata|tbss)$/ { print $1 }')
  for index in $data; do
    found=$(readelf -sW "$module" |
      awk -v section="$index" '$7 == section && $4 ~ /^(OBJECT|TLS)$/ && $3 > 0 { print $8 }' |
      grep -v '^\(__dso_handle\|completed\.[0-9]*\|__TMC_END__\)$' | sort -u | tr '\n' ' ')
    if test -n "$found"; then
      echo "FAIL: $name has data it can change: $found"
      failed=1
    fi
  done
done
test $seen -eq 1 || { echo "FAIL: no plugin in $dir"; exit 1; }
exit $failed
