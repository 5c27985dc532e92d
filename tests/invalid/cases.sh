#!/bin/sh
# tests/invalid/cases.sh GENERATOR PLUGIN...: hostile and odd files: each ends as the generator says.
# SPDX-License-Identifier: Apache-2.0
#
# The generator writes files into a folder, and cases.tsv there: a line a file, with its name, the exit status,
# the reader, and a piece of what must be said, or with ! in front must not.  Two statuses, as in 0,1, are of the
# inspection and of the conversion.  A file named cut-… or blocks-… is only inspected.  Before what must be said may
# stand @OTHER: the file beside this one that the error names.  A folder NAME.d stands for the index in it, if there is
# one.  Of every error: it begins with the file, says what to do, and shows no control character; it comes in a minute
# and a gigabyte, and leaves nothing.
here=$(dirname "$0")
. "$here/../need.sh"
generator=${1:?the script that makes the cases}
python=${FMTCONV_PYTHON:-python3}
shift
need "$@"
need_command "$python"
: "${FMTCONV:?the program to test}"

work=$(mktemp -d "${TMPDIR:-/tmp}/fmtconv-cases.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
PYTHONDONTWRITEBYTECODE=1 "$python" "$here/$generator" "$work/cases" || exit 99
mkdir "$work/out"
control=$(printf '[\001-\010\013-\037\177]')
# A sanitizer reserves more addresses than there are, and is slow.
real=$(dirname "$FMTCONV")/.libs/$(basename "$FMTCONV")
[ -e "$real" ] || real=$FMTCONV
# shellcheck disable=SC3045 # dash and bash know -v
grep -qE "__(asan|tsan)_init" "$real" || ulimit -v 1048576
limit=
command -v timeout >/dev/null && limit='timeout 60'
tests=0
failures=0

# fail NAME WHAT: one case went wrong; what was said follows.
fail ()
{
  failures=$((failures + 1))
  echo "FAIL $1: $2"
  printf '%s\n' "$said" | head -n 5 | sed 's/^/    /'
}

# check NAME STATUS FRAGMENT FILE GOT: of the last run.
check ()
{
  tests=$((tests + 1))
  [ "$5" = "$2" ] || fail "$1" "exit status $5, not $2"
  case $3 in
    !*) case $said in *"${3#!}"*) fail "$1" "says '${3#!}'" ;; esac ;;
    *) case $said in *"$3"*) ;; *) fail "$1" "does not say '$3'" ;; esac ;;
  esac
  case $said in *$control*) fail "$1" "shows a control character" ;; esac
  [ "$5" = 0 ] && return
  case $said in "fmtconv: $4: "* | *"
fmtconv: $4: "*) ;; *) fail "$1" "does not begin with '$4'" ;; esac
  case $said in *" (hint: "*) ;; *) fail "$1" "does not say what to do" ;; esac
}

# run COMMAND STATUS ARGUMENT...: the program on the present file.
run ()
{
  command=$1
  want=$2
  shift 2
  # shellcheck disable=SC2086 # none, or two words
  said=$($limit "$FMTCONV" "$@" 2>&1)
  check "$command $name" "$want" "$says" "$named" $?
}

tab=$(printf '\t')
while IFS=$tab read -r name status reader all; do
  for file in "$work/cases/$name".*; do :; done
  # Of a folder, its index where it has one.
  for each in "$file"/*.index.json; do [ -e "$each" ] && file=$each; done
  named=$file
  case $all in
    @*)
      named=${all%% *}
      named=$work/cases/${named#@}
      all=${all#* }
      ;;
  esac
  says=$all
  case $status in 0,*) says= ;; esac
  run inspect "${status%,*}" inspect -r "$reader" "$file"
  case $name in cut-* | blocks-*) continue ;; esac # one command is enough for a prefix
  out=$work/out/$name.safetensors
  says=$all
  case $status in 0) says= ;; esac
  run convert "${status#*,}" -r "$reader" -t none -w safetensors "$file" "$out"
  case $status in
    0) [ -f "$out" ] && rm "$out" || fail "convert $name" "no output" ;;
  esac
  for left in "$work/out/"* "$work/out/".[!.]*; do
    [ -e "$left" ] && { fail "convert $name" "left $left"; rm -rf "$left"; }
  done
done <"$work/cases/cases.tsv"

echo "$tests runs, $failures failures"
[ "$failures" = 0 ] && [ "$tests" -gt 0 ]
