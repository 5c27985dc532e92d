#!/bin/sh
# tests/invalid/pickle.sh: hostile and odd torch checkpoints: each ends as make_pickles.py says.
# SPDX-License-Identifier: Apache-2.0
here=$(dirname "$0")
python=${FMTCONV_PYTHON:-python3}
command -v "$python" >/dev/null || { echo "skipped: no $python, which makes the cases"; exit 77; }
: "${FMTCONV:?the program to test}"

work=$(mktemp -d "${TMPDIR:-/tmp}/fmtconv-pickle.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
PYTHONDONTWRITEBYTECODE=1 "$python" "$here/make_pickles.py" "$work/cases" || exit 99
mkdir "$work/out"
tests=0
failures=0

# fail NAME WHAT: one case went wrong; what was said follows.
fail ()
{
  failures=$((failures + 1))
  echo "FAIL $1: $2"
  sed 's/^/    /' "$work/said" | head -n 5
}

# check NAME STATUS FRAGMENT GOT: the last run of the program.
check ()
{
  tests=$((tests + 1))
  [ "$4" = "$2" ] || fail "$1" "exit status $4, not $2"
  grep -qF -- "$3" "$work/said" || fail "$1" "does not say '$3'"
}

tab=$(printf '\t')
while IFS=$tab read -r name status reader says; do
  "$FMTCONV" inspect -r "$reader" "$work/cases/$name.pt" >"$work/said" 2>&1
  check "inspect $name" "$status" "$says" $?
  case $name in cut-*) continue ;; esac # one command is enough for a prefix
  [ "$status" = 0 ] && says=
  "$FMTCONV" -r "$reader" -t none -w safetensors "$work/cases/$name.pt" "$work/out/$name.safetensors" \
    >"$work/said" 2>&1
  check "convert $name" "$status" "$says" $?
  [ "$status" = 0 ] && rm -f "$work/out/$name.safetensors"
  left=$(ls -A "$work/out")
  [ -z "$left" ] || { fail "convert $name" "left $left"; rm -rf "${work:?}/out"; mkdir "$work/out"; }
done <"$work/cases/cases.tsv"

echo "$tests runs, $failures failures"
[ "$failures" = 0 ]
