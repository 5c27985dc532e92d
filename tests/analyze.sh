#!/bin/sh
# tests/analyze.sh: finds defects in the core, the plugins and the program without running them: gcc -fanalyzer, or clang-tidy.
# SPDX-License-Identifier: Apache-2.0
# usage: tests/analyze.sh CC|clang-tidy FLAG... -- [FILE...]     from the build folder; without files: all
# Fails on a finding, unless tests/analyze.accepted (tidy.accepted) has it: "FILE CHECK  why".  ANALYZE_JOBS: how many run at a time.
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$here")
tool=$1
shift
flags=
while [ $# -gt 0 ] && [ "$1" != -- ]; do flags="$flags '$1'"; shift; done
[ $# -gt 0 ] && shift
[ $# -gt 0 ] || {
  # shellcheck disable=SC2046 # the names in the tree have no spaces
  set -- $(cd "$top" && find core plugins cli -name '*.c' -not -path '*/tests/*' | sort)
}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/fmtconv-analyze.XXXXXX") || exit 99
trap 'rm -rf "$tmp"' EXIT

case ${tool##*/} in
*clang-tidy*) # a smaller limit of states than the usual 225000: the whole tree takes minutes
  accepted=$here/tidy.accepted
  before="$tool --quiet --config-file='$top/.clang-tidy'"
  after="-- $flags -Xclang -analyzer-config -Xclang max-nodes=20000"
  ;;
*)
  accepted=$here/analyze.accepted
  before="$tool $flags -O1 -fanalyzer -fdiagnostics-plain-output -S -o /dev/null"
  after=
  ;;
esac

# One file each time, so that findings of several processes are not mixed.
cat >"$tmp/one" <<END
name=\$(echo "\$1" | tr / _)
$before '$top'/"\$1" $after >"$tmp/\$name.out" 2>&1 || echo "\$1" >"$tmp/\$name.failed"
END
printf '%s\n' "$@" | xargs -P "${ANALYZE_JOBS:-2}" -n 1 sh "$tmp/one"

# FILE:LINE:COLUMN: warning: text [CHECK], each once, without those that were explained.
cat "$tmp"/*.out | grep -E '^[^ ]+:[0-9]+:[0-9]+: (warning|error):' | sed -E "s,^($top|.*/\.\.|\.\.)/,," | sort -u >"$tmp/found"
while IFS= read -r line; do
  file=${line%%:*} check=$(expr "$line" : '.*\[\([^]]*\)\]$')
  grep -q "^$file ${check:-none}  " "$accepted" || printf '%s\n' "$line"
done <"$tmp/found" >"$tmp/new"
cat "$tmp/new"
status=0
[ -s "$tmp/new" ] && status=1
for failed in "$tmp"/*.failed; do
  [ -e "$failed" ] || continue
  grep -qE ': (warning|error):' "${failed%.failed}.out" && continue
  echo "$(cat "$failed"): the analysis failed"
  head -n 5 "${failed%.failed}.out"
  status=1
done
echo "$# files, $(grep -c . "$tmp/new") new findings, $(grep -c . "$tmp/found") in all"
exit $status
