# tests/build/lib.sh: what the scripts of this folder share; to be sourced, with `source` set to this folder.
# SPDX-License-Identifier: Apache-2.0
#
# Sets top, the source tree, and work, a folder that goes at the end.
top=$(cd "$source/../.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/fmtconv-build.XXXXXX") || exit 99
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
unset MAKEFLAGS MFLAGS MAKELEVEL DESTDIR
jobs=$(nproc 2>/dev/null || echo 2)
begin=$(date +%s)

fail () { echo "FAILED: $*"; exit 1; }
say () { echo "$* (after $(($(date +%s) - begin)) s)"; }

# quietly COMMAND...: its output is shown only if it fails.
quietly ()
{
  "$@" >"$work/log" 2>&1 || { tail -n 60 "$work/log"; fail "$*"; }
}

# must_be_empty FOLDER: neither a file nor a folder is in it.
must_be_empty ()
{
  left=$(find "$1" -mindepth 1 | head -n 20)
  test -z "$left" || fail "left in DESTDIR: $left"
}
