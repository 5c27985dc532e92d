#!/bin/sh
# tests/valgrind.sh TEST...: runs a test, which fails if valgrind says anything of any process of it.
# SPDX-License-Identifier: Apache-2.0
command -v valgrind >/dev/null || { echo "skipped: no valgrind"; exit 77; }
logs=$(mktemp -d) || exit 99
trap 'rm -rf "$logs"' EXIT
# libtool finds the program behind its wrapper script.
${LIBTOOL:-./libtool} --mode=execute valgrind --quiet --trace-children=yes --log-file="$logs/%p" \
  --suppressions="$(dirname "$0")/valgrind.supp" --leak-check=full --errors-for-leak-kinds=definite,possible "$@"
status=$?
# Lines between -- are of valgrind itself, as that it does not know the system call openat2.
for log in "$logs"/*; do
  grep -q '^==' "$log" || continue
  echo "$1: valgrind says:"
  grep '^==' "$log"
  status=1
done
exit $status
