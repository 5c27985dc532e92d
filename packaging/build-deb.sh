#!/bin/sh
# packaging/build-deb.sh: builds the Debian packages in a bare chroot without network, checks and tests them.
# SPDX-License-Identifier: Apache-2.0
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
. "$top/packaging/common.sh"

usage () {
  cat <<TEXT
Usage: packaging/build-deb.sh [--quick | --built] [--no-chroot] [FOLDER]

Makes a tarball, and from it the source package and the packages in FOLDER
(default: build/deb).  Then:
  * builds them a second time elsewhere, and compares every byte
  * runs lintian
  * installs them in a second bare system, and runs debian/tests there

  --quick      build once, and without the tests of 'make check' and what these
               need (the build profile nocheck)
  --built      build nothing: check and test the packages that FOLDER has
  --no-chroot  build with the packages of this system and, as root, install
               the packages here for their tests, and remove them again

The chroot needs root and Debian's archive; where it cannot be made, the
packages are built as with --no-chroot.  The build itself runs as nobody.
Environment: TARBALL (default: made by 'make dist'), DEB_BUILD_OPTIONS,
DEB_SUITE (default: this system's), DEB_MIRROR.
TEXT
}

quick='' built='' chroot=yes out=$top/build/deb
for word; do
  case $word in
    --quick) quick=yes ;;
    --built) built=yes ;;
    --no-chroot) chroot= ;;
    -h | --help) usage; exit 0 ;;
    -*) usage >&2; exit 2 ;;
    *) out=$word ;;
  esac
done
suite=${DEB_SUITE-$(. /etc/os-release && echo "$VERSION_CODENAME")}
mirror=${DEB_MIRROR-http://deb.debian.org/debian}
build_depends () { # one package a line, without versions and conditions; --quick: without those of tests
  sed -n '/^Build-Depends:/,/^[A-Z]/p' "$top/packaging/debian/control" |
    sed -n "${quick:+/<!nocheck>/d;}"'s/^ \([a-z0-9+.-]*\).*/\1/p' | sed 's/^debhelper-compat$/debhelper/'
}

# ---- Where things run.  A root folder of '' is this system.

# bare VARIANT PACKAGES ROOT: makes a bare Debian in the folder ROOT.
bare () {
  mmdebstrap --quiet --mode=root --skip=cleanup/apt/lists --variant="$1" --include="$2" \
    --aptopt='Acquire::Languages "none"' --dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/locale/*' \
    "$suite" "$3" "$mirror"
}

# as_nobody ROOT FOLDER COMMAND...: runs a command in FOLDER of ROOT as a user without rights and without network.
as_nobody () {
  root=$1 folder=$2
  shift 2
  set -- env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/nonexistent LANG=C.UTF-8 "$@"
  if test "$(id -u)" != 0; then
    # shellcheck disable=SC2086 # a list of words
    (cd "$folder" && exec $no_network "$@")
  elif test -z "$root" && ! unshare --net --mount --pid --fork true 2>/dev/null; then
    say "the network cannot be cut off here"
    (cd "$folder" && exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@")
  else
    # shellcheck disable=SC2016 # for the inner shell
    unshare --net --mount --pid --fork --kill-child sh -c '
      root=$1 folder=$2
      shift 2
      ip link set lo up 2>/dev/null || :
      mount -t proc proc "$root/proc"
      mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
      mount -t devpts devpts "$root/dev/pts"
      exec chroot --userspec=65534:65534 --groups= "${root:-/}" sh -c "cd $folder && exec \"\$@\"" sh "$@"' \
      sh "$root" "$folder" "$@"
  fi
}

make_chroot () {
  step "a bare chroot of $suite"
  if bare buildd "$(build_depends | paste -s -d ,)" "$work/root"; then return; fi
  say "no chroot can be made here: building with the packages of this system"
  rm -rf "$work/root"
  chroot=
}

prepare_system () {
  no_network='unshare --user --map-current-user --net'
  if ! $no_network true 2>/dev/null; then
    say "the network cannot be cut off here"
    no_network=
  fi
  # shellcheck disable=SC2046 # a list of names
  install_missing $(build_depends)
}

# ---- Steps

# unpack FOLDER: the tarball with its debian/ in FOLDER, which belongs to nobody.
unpack () {
  mkdir -p "$1"
  cp "$tarball" "$1/fmtconv_$version.orig.tar.xz"
  tar -C "$1" -xf "$tarball"
  cp -R "$1/fmtconv-$version/packaging/debian" "$1/fmtconv-$version/debian"
  test "$(id -u)" != 0 || chown -R 65534:65534 "$1"
}

# build FOLDER OPTIONS BUILDPACKAGE-ARGUMENTS...: FOLDER is beneath $root.
build () {
  folder=$1 options=$2
  shift 2
  unpack "$root$folder"
  quietly "$out/build.log" as_nobody "$root" "$folder/fmtconv-$version" \
    DEB_BUILD_OPTIONS="parallel=$(nproc) $options ${DEB_BUILD_OPTIONS-}" DEB_BUILD_PROFILES="${quick:+nocheck}" \
    dpkg-buildpackage -us -uc "$@"
}

build_packages () {
  step "dpkg-buildpackage${quick:+ without tests}"
  build "$first" "${quick:+nocheck}"
  find "$root$first" -maxdepth 1 -type f -exec cp {} "$out" \;
  test_summary "$out/build.log"
}

# The second build has another folder, time zone and umask.
build_again () {
  step "the same bytes from a second build"
  (umask 002 && build "$second" nocheck --build=binary)
  for file in "$root$second"/*.deb; do
    cmp "$file" "$out/$(basename "$file")" || die "the packages cannot be reproduced"
  done
}

build_all () {
  rm -rf "$out"
  mkdir -p "$out"
  make_tarball
  if test "$chroot"; then make_chroot; fi
  if test "$chroot"; then
    root=$work/root first=/build second=/again/and/elsewhere
  else
    root='' first=$work/build second=$work/again/and/elsewhere
    prepare_system
  fi
  build_packages
  test "$quick" || build_again
  rm -rf --one-file-system "$work/root"
}

# Overridden tags are not shown: --show-overrides would count them as failures.  README.md says why they stay.
check_packages () {
  step lintian
  lintian --allow-root --info --display-info --fail-on error,warning,info "$out/"*.changes
}

test_packages () {
  if test "$chroot"; then
    step "debian/tests in a bare system"
    bare apt apt-utils,dpkg-dev "$work/test"
    cp /etc/resolv.conf "$work/test/etc/"
    # shellcheck disable=SC2016 # for the inner shell
    unshare --mount sh -c 'mount -t proc proc "$1/proc"; mount -t devpts devpts "$1/dev/pts"; shift; exec "$@"' sh "$work/test" \
      autopkgtest --quiet --no-built-binaries "$out"/*.deb "$out"/*.dsc -- chroot "$work/test"
  elif test "$(id -u)" = 0; then
    step "debian/tests on this system"
    autopkgtest --quiet --no-built-binaries "$out"/*.deb "$out"/*.dsc -- null
    apt-get purge -q -y 'fmtconv*' 'libfmtconv*'
  else
    say "not root: debian/tests did not run"
  fi
}

tools="lintian dpkg-dev"
test "$(id -u)" != 0 || tools="$tools autopkgtest ${chroot:+mmdebstrap}"
test "$(id -u)" = 0 || chroot=
work=$(mktemp -d "${TMPDIR:-/tmp}/fmtconv-deb.XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT
chmod 755 "$work"
# shellcheck disable=SC2086 # a list of names
install_missing $tools
if test -z "$built"; then build_all; fi
check_packages
test_packages
step "done: $out"
