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
# valgrind 3.19 computes long double in 64 bits and takes the comparison _CMP_NEQ_OQ for _CMP_NEQ_UQ: of the kernels,
# which the suite compares by the bit, it can judge the use of memory only.
case $1 in */kernel | */quant) status=0 ;; esac
# Lines between -- are of valgrind itself, as that it does not know the system call openat2.
for log in "$logs"/*; do
  grep -q '^==' "$log" || continue
  echo "$1: valgrind says:"
  grep '^==' "$log"
  status=1
done
exit $status
