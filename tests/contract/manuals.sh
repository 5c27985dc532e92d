#!/bin/sh
# tests/contract/manuals.sh: the manual pages have no faults, and the pages of commands have the options that --help has.
# SPDX-License-Identifier: Apache-2.0
cd "${srcdir:-.}" || exit 99
: "${FMTCONV:?the program to test}"
. tests/need.sh
failed=0
fail () { echo "FAIL: $*"; failed=1; }
pages=$(ls doc/*.[1-8] plugins/*/*.7)

# options_of_help COMMAND: "--name" and "-x", one a line, of its help.
options_of_help ()
{
  "$FMTCONV" "$1" --help | sed -n '/^Options/,/^Examples/s/^  *\(-[a-zA-Z]\)*,* *\(--[a-z-]*\).*/\1 \2/p' | tr -s ' ' '\n' | grep . | sort
}
# options_of_page FILE: those of its .It lines.
options_of_page ()
{
  sed -n 's/^\.It Fl //p' "$1" | sed 's/ Ar .*//; s/ Ns .*//' | tr -d ',' | tr -s ' ' '\n' | grep . | sed 's/^/-/' | sort
}
commands=$(ls doc/fmtconv-*.1 | sed 's/.*fmtconv-\(.*\)\.1/\1/')
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
for command in $commands; do
  options_of_help "$command" >"$tmp/help"
  options_of_page "doc/fmtconv-$command.1" >"$tmp/page"
  test -s "$tmp/help" || fail "no options in the help of $command"
  diff "$tmp/help" "$tmp/page" || fail "the options of '$command --help' (<) and doc/fmtconv-$command.1 (>) differ"
  cat "$tmp/help" >>"$tmp/all"
  grep -q "^\.Xr fmtconv-$command 1" doc/fmtconv.1 || fail "doc/fmtconv.1 does not refer to fmtconv-$command(1)"
  "$FMTCONV" help "$command" | grep -q "fmtconv-$command(1)" || fail "the help of $command does not name its page"
done
sort -u "$tmp/all" >"$tmp/help"
options_of_page doc/fmtconv.1 | sort -u | diff "$tmp/help" - || fail "the options of all commands (<) and doc/fmtconv.1 (>) differ"
"$FMTCONV" --help | sed -n '/^Commands/,/^$/s/^  \([a-z-]*\) .*/\1/p' | sort >"$tmp/listed"
echo "$commands" | grep -v '^complete$' | sort | diff "$tmp/listed" - || fail "commands (<) and pages (>) differ"

missing=
if command -v mandoc >/dev/null; then
  # shellcheck disable=SC2086 # a list of files
  mandoc -T lint -W warning $pages || fail "mandoc warns"
else
  missing="$missing mandoc"
fi
if command -v man >/dev/null && command -v groff >/dev/null; then
  for page in $pages; do
    LC_ALL=C.UTF-8 MANWIDTH=100 MANROFFSEQ='' man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 >/dev/null | grep . && fail "man warns of $page"
  done
else
  missing="$missing man groff"
fi
test $failed = 0 || exit 1
test -z "$missing" || skip "options were compared, but pages not checked: not installed:$missing"
