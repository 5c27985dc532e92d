#!/bin/sh
# tests/abi/completion.sh: the completions are installed in the folders of their shells, and ask the installed program.
# SPDX-License-Identifier: Apache-2.0
set -eu
source=$(cd "$(dirname "$0")" && pwd)
. "$source/stage.sh"

for file in bash-completion/completions/fmtconv zsh/site-functions/_fmtconv fish/vendor_completions.d/fmtconv.fish; do
  find "$stage" -path "*/$file" | grep -q . || fail "$file is not installed"
done
script=$(find "$stage" -path '*/bash-completion/completions/fmtconv')
need_command bash
PATH=$(dirname "$program"):$PATH
export PATH
# As readline calls it, for "fmtconv inspect --sta".
out=$(bash -c '. "$1"; COMP_LINE="fmtconv inspect --sta" COMP_POINT=21 COMP_CWORD=2 COMP_WORDS=(fmtconv inspect --sta)
  _fmtconv; printf "%s\n" "${COMPREPLY[@]}"' - "$script")
test "$out" = --stats || fail "not '--stats': $out"
