#!/bin/sh
# packaging/python/check-sdist.sh SDIST: what a source distribution holds, next to the sources that it was made of.
# SPDX-License-Identifier: Apache-2.0
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
die () { echo "check-sdist.sh: $*" >&2; exit 1; }
tmp=$(mktemp -d "${TMPDIR:-/tmp}/fmtconv-sdist.XXXXXX")
trap 'rm -rf "$tmp"' EXIT

tar -tzf "$1" | sed 's|^[^/]*/||' | grep -v '/$' | sort >"$tmp/all"
has () { grep -qxF "$1" "$tmp/all" || die "$1 is missing"; }

# The Python package, with its tests and licences.
(cd "$here" && ls setup.py pyproject.toml README.md make_abi.py fmtconv/*.py fmtconv/py.typed tests/*.py) >"$tmp/own"
(cd "$top" && ls LICENSE NOTICE LICENSES/*) >>"$tmp/own"
grep -v '^fmtconv/_abi\.py$' "$tmp/own" >"$tmp/wanted" # written by the build
while read -r file; do has "$file"; done <"$tmp/wanted"

# A release of the C sources, which needs no autotools: the same files, except of what only their maintainers use.
for file in configure Makefile.in configure.ac include/fmtconv/fmtconv.h LICENSE NOTICE packaging/python/check.sh; do
  has "native/$file"
done

# Nothing that a build made.
! grep -E '\.(o|lo|la|so|pyc|log)$|/_native/|fmtconv/_abi\.py$|/config\.status$' "$tmp/all" || die "these files were built"
