#!/bin/sh
# tests/contract/python-abi.sh: the Python package understands the public headers: make_abi.py reads every struct, and a
# C compiler lays them out as ctypes does.
# SPDX-License-Identifier: Apache-2.0
set -eu
. "$(dirname "$0")/../need.sh"
need_command python3
top=${srcdir:-.}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/fmtconv-abi.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
PYTHONDONTWRITEBYTECODE=1
export PYTHONDONTWRITEBYTECODE
python3 "$top/packaging/python/make_abi.py" "$top/include" >"$tmp/abi.py"
python3 "$top/packaging/python/tests/test_abi.py" "$tmp/abi.py" "$top/include"
