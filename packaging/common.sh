# packaging/common.sh: what build-deb.sh and build-rpm.sh share; to be sourced.
# SPDX-License-Identifier: Apache-2.0
#
# Needs top, the folder of the source tree, and work, a folder for scratch files.
begin=$(date +%s)
say () { printf '%s\n' "packaging: $*"; }
step () { say "$* (after $(($(date +%s) - begin)) s)"; }
die () { say "$*" >&2; exit 1; }

# quietly LOG COMMAND...: what the command says is shown only if it fails.
quietly () {
  log=$1
  shift
  "$@" >"$log" 2>&1 || { tail -n 100 "$log"; die "failed: see $log"; }
}

# test_summary LOG: how many tests ran and passed.
test_summary () { sed -n '/^# \(TOTAL\|PASS\|SKIP\|FAIL\|ERROR\): /p' "$1"; }

# install_missing PACKAGE...: installs packages as root; otherwise names what is missing.
install_missing () {
  missing=
  for package; do
    test "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed || missing="$missing $package"
  done
  test "$missing" || return 0
  test "$(id -u)" = 0 || die "install these packages first:$missing"
  say "installing:$missing"
  apt-get update -q
  # shellcheck disable=SC2086 # a list of names
  env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing
}

# Sets tarball and version: TARBALL, or what 'make dist' gives.  configure is made by ./bootstrap.
make_tarball () {
  tarball=${TARBALL-}
  test "$tarball" || make_dist
  test -f "$tarball" || die "there is no file '$tarball'"
  version=${tarball##*/fmtconv-}
  version=${version%.tar.xz}
}

make_dist () {
  step "make dist"
  test -x "$top/configure" || die "there is no configure script: run ./bootstrap first"
  mkdir "$work/dist"
  if test -f "$top/config.status"; then
    make -s -C "$top" dist >"$work/dist.log"
    mv "$top"/fmtconv-*.tar.xz "$work/dist"
  else
    (cd "$work/dist" && "$top/configure" FMTCONV_PYTHON= && make -s dist) >"$work/dist.log" 2>&1 || { cat "$work/dist.log"; exit 1; }
  fi
  tarball=$(echo "$work/dist"/fmtconv-*.tar.xz)
}
