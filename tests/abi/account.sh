#!/bin/sh
# tests/abi/account.sh: a writer that loses tensors fails by name; whatever holds all elements passes; --verify reads
# both files of a format back and compares all tensors in both directions.
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/../need.sh"
need safetensors
: "${srcdir:=.}" "${CC:=cc}" "${FMTCONV:=./fmtconv}"
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
failed=0
fail () { echo "FAIL: $*"; cat "$tmp/err"; failed=1; }

# shellcheck disable=SC2086 # CC may hold options
$CC -shared -fPIC -I"$srcdir/include" "$srcdir/tests/abi/account.c" -o "$tmp/account.so" || exit 99
chmod 755 "$tmp/account.so"
FMTCONV_PLUGIN_PATH=$tmp:$FMTCONV_PLUGIN_PATH
export FMTCONV_PLUGIN_PATH

# Three matrices, of which the third is the second under another name.
header='{"__metadata__":{"c.w":"b.w"},"a.w":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},'
header=$header'"b.w":{"dtype":"F32","shape":[3,2],"data_offsets":[16,40]}}'
{ printf "\\$(printf %o ${#header})"'\0\0\0\0\0\0\0%s' "$header"
  printf 'ABC1BCD1CDE1DEF1EFG1FGH1GHI1HIJ1IJK1JKL1'; } >"$tmp/in.safetensors"

# convert MODE OPTION...
convert () {
  mode=$1
  shift
  "$FMTCONV" -q -f "$@" -w "account:$mode" "$tmp/in.safetensors" "$tmp/out.acct" >"$tmp/out" 2>"$tmp/err"
}
passes () { convert "$@" || fail "$* failed"; }
fails () { # fails TEXT MODE OPTION...
  text=$1
  shift
  rm -f "$tmp"/out.*
  convert "$@" && fail "$* passed"
  grep -qF -- "$text" "$tmp/err" || fail "$*: the message is not '$text'"
  test ! -e "$tmp/out.acct" || fail "$*: there is output"
}

# ---- Every element is written once: in one piece, in several, in another order, shape, type, or as an operand.
for mode in plain turned flat swapped cast reversed columns joined renamed tied tied-renamed dropped; do
  passes "$mode"
done
grep -q dropped "$tmp/err" && fail "-q prints a summary"
"$FMTCONV" -f -w account:dropped "$tmp/in.safetensors" "$tmp/out.acct" >"$tmp/out" 2>"$tmp/err"
grep -q 'dropped   1 tensor, 24 B: this test leaves it out' "$tmp/err" || fail "the drop is not reported"

# ---- It is not.
for option in --verify --dry-run --strict; do
  fails "the writer 'account' neither emitted in full, tied nor dropped 2 of 3 tensors:" first "$option"
done
grep -qx '  c.w' "$tmp/err" || fail "the lost tensor is not listed"
fails "the writer 'account' neither emitted in full, tied nor dropped 3 of 3 tensors:" first-rows
grep -qx '  b.w: without 2 of 6 elements' "$tmp/err" || fail "the lost elements are not counted"
fails "the writer 'account' neither emitted in full, tied nor dropped 3 of 3 tensors:" overlap
fails "the writer 'account' emitted the same elements of 1 of 3 tensors more than once:" twice
fails "tensor 'b.w': the writer 'account' tied it to a region with other bytes" tied-wrong
fails "tensor 'b.w': the writer 'account' dropped it without a reason" no-reason
fails "the plugin 'account' passed NULL as the argument 'view' of fmtconv_file_emit_view" no-view
fails "the plugin 'account' passed NULL as the argument 'name' of fmtconv_file_emit_view" no-name

# ---- The same for a transform: all elements, in parts, or a reason.
change () {
  "$FMTCONV" -f -t "account:$1" "$tmp/in.safetensors" "$tmp/out.safetensors" >"$tmp/out" 2>"$tmp/err"
}
for mode in parts dropped; do
  change "$mode" || fail "a transform with all elements: $mode"
done
for mode in part overlap; do
  rm -f "$tmp/out.safetensors"
  change "$mode" && fail "a transform that loses elements passed: $mode"
  grep -q "'account' neither used nor dropped a part of 3 tensors" "$tmp/err" || fail "no message of $mode"
  grep -qx '  b.w: without 4 of 6 elements' "$tmp/err" || fail "the elements that $mode loses are not counted"
  test ! -e "$tmp/out.safetensors" || fail "there is output of $mode"
done
change most && fail "a transform that loses elements of one tensor passed"
grep -qx '  a.w: without 2 of 4 elements' "$tmp/err" || fail "the one tensor is not named"

# ---- --verify finds the second file under its final name, although an older one lies there, and compares all.
for mode in plain flat renamed dropped tied tied-renamed; do
  passes "$mode" --verify
done
passes plain
rm "$tmp/out.acct"
passes renamed --verify
for mode in turned swapped reversed columns; do
  fails "tensor 'a.w': the written data differs from the source" "$mode" --verify
done
fails "tensor 'phantom': it is in the written file, but was not written" phantom --verify
fails "tensor 'c.w': it is missing from the written file" unlisted --verify
exit $failed
