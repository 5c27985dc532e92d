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
generator=${1:?the script that makes the cases}
shift
plugins=$*
. "$here/prelude.sh"

# check NAME STATUS FRAGMENT FILE GOT: of the last run.
check ()
{
  check_said "$1" "$2" "$3" "$5" || return 0
  case $said in "fmtconv: $4: "* | *"
fmtconv: $4: "*) ;; *) fail "$1" "does not begin with '$4'" ;; esac
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
  more=
  case $name in
    string-6710* | keys-65536 | stack-high | tensor-count | *limit-* | config-events-*)
      more=--parse-memory=2G # as much as may be; a sanitizer takes a minute for these alone
      [ -z "$sanitized" ] || continue
      ;;
  esac
  # shellcheck disable=SC2086 # none, or one word
  run inspect "${status%,*}" inspect $more -r "$reader" "$file"
  case $name in cut-* | blocks-*) continue ;; esac # one command is enough for a prefix
  out=$work/out/$name.safetensors
  says=$all
  case $status in 0) says= ;; esac
  # shellcheck disable=SC2086 # same
  run convert "${status#*,}" $more -r "$reader" -t none -w safetensors "$file" "$out"
  case $status in
    0) [ -f "$out" ] && rm "$out" || fail "convert $name" "no output" ;;
  esac
  for left in "$work/out/"* "$work/out/".[!.]*; do
    [ -e "$left" ] && { fail "convert $name" "left $left"; rm -rf "$left"; }
  done
done <"$work/cases/cases.tsv"

echo "$tests runs, $failures failures"
[ "$failures" = 0 ] && [ "$tests" -gt 0 ]
