#!/bin/sh
# tests/invalid/tokenizer.sh: hostile and odd tokenizers: each ends as make_tokenizers.py says.
# SPDX-License-Identifier: Apache-2.0
here=$(dirname "$0")
. "$here/../need.sh"
python=${FMTCONV_PYTHON:-python3}
need diffusers gguf safetensors tokenizer
need_command "$python"
: "${FMTCONV:?the program to test}"

work=$(mktemp -d "${TMPDIR:-/tmp}/fmtconv-cases.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
PYTHONDONTWRITEBYTECODE=1 "$python" "$here/make_tokenizers.py" "$work/cases" || exit 99
control=$(printf '[\001-\010\013-\037\177]')
tests=0
failures=0

# fail NAME WHAT: one case went wrong; what was said follows.
fail ()
{
  failures=$((failures + 1))
  echo "FAIL $1: $2"
  printf '%s\n' "$said" | head -n 5 | sed 's/^/    /'
}

# check NAME STATUS FRAGMENT GOT: of the last run.
check ()
{
  [ "$4" = "$2" ] || fail "$1" "exit status $4, not $2"
  case $said in *"$3"*) ;; *) fail "$1" "does not say '$3'" ;; esac
  case $said in *$control*) fail "$1" "shows a control character" ;; esac
  [ "$2" = 0 ] && return
  case $said in *" (hint: "* | *"malformed JSON"* | *"not valid UTF-8"*) ;; *) fail "$1" "does not say what to do" ;; esac
  [ ! -e "$work/out.gguf" ] || fail "$1" "left an output"
}

tab=$(printf '\t')
while IFS=$tab read -r name status says; do
  rm -f "$work/out.gguf"
  said=$("$FMTCONV" -t tokenizer -w gguf:architecture=llama "$work/cases/$name" "$work/out.gguf" 2>&1)
  check "$name" "$status" "$says" $?
  tests=$((tests + 1))
done <"$work/cases/cases.tsv"

echo "$tests cases, $failures failures"
[ "$failures" = 0 ] && [ "$tests" -gt 0 ]
