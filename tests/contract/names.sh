#!/bin/sh
# tests/contract/names.sh: no global name is defined twice, so that plugins, core and program can be one program.
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/../need.sh"
need_command nm
# Sources of plugins/common are compiled for each plugin, and those of libtool with and without -fPIC: one object a source.
# Those of tests and benches are part of no program that users have.
find core cli plugins -name '*.o' | grep '/.*-\|^cli/' | grep -v '/\(tests\|bench\)_' | LC_ALL=C sort | awk '
  { source = $0; sub (/\.libs\//, "", source); sub (/[A-Za-z0-9_]*la-|fmtconv-/, "", source) }
  !seen[source]++' >names.objects
while read -r object; do nm -g --defined-only -P "$object" | sed "s|\$| $object|"; done <names.objects |
  awk '$2 ~ /[TDBRC]/ { print $1, $NF }' | LC_ALL=C sort >names.defined
count=$(wc -l <names.defined)
twice=$(cut -d' ' -f1 names.defined | uniq -d | grep -v '^__\(odr_\)\?asan')
for name in $twice; do
  echo "FAIL: $name is defined in$(sed -n "s/^$name / /p" names.defined | tr '\n' ',' | sed 's/,$//'): rename one, or make it static"
done
rm -f names.objects names.defined
echo "$count names"
test "$count" -gt 500 && test -z "$twice"
