#!/bin/sh
# packaging/build-rpm.sh: builds the RPM packages with the rpmbuild of this system, checks them, and tries their files.
# SPDX-License-Identifier: Apache-2.0
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
. "$top/packaging/common.sh"

usage () {
  cat <<TEXT
Usage: packaging/build-rpm.sh [--quick | --built] [FOLDER]

Makes a tarball, and from it the packages in FOLDER (default: build/rpm), with
rpmbuild.  On a system of RPM, rpmbuild checks that BuildRequires are installed;
elsewhere it cannot, and the libraries must be there.  Then:
  * runs rpmlint
  * checks what the packages provide and require
  * unpacks them together in an empty folder, and runs packaging/smoke.sh with
    the program that is there

  --quick  run none of the tests of 'make check'
  --built  build nothing: check and try the packages that FOLDER has

Environment: TARBALL (default: made by 'make dist').
TEXT
}

quick='' built='' out=$top/build/rpm
for word; do
  case $word in
    --quick) quick=yes ;;
    --built) built=yes ;;
    -h | --help) usage; exit 0 ;;
    -*) usage >&2; exit 2 ;;
    *) out=$word ;;
  esac
done

# What BuildRequires are where rpm is a guest.
guest="rpm rpmlint cpio gcc make libjansson-dev libltdl-dev libpcre2-dev libyaml-dev libzip-dev pkgconf zlib1g-dev"

tools () {
  nodeps=
  if command -v dpkg-query >/dev/null; then
    nodeps=--nodeps
    # shellcheck disable=SC2086 # a list of names
    install_missing $guest
  fi
}

build_packages () {
  rm -rf "$out"
  mkdir -p "$out"
  make_tarball
  step "rpmbuild -ba${quick:+ without tests}"
  cp "$tarball" "$work"
  quietly "$out/build.log" rpmbuild -ba $nodeps ${quick:+--without check} \
    --define "_topdir $work/rpm" --define "_sourcedir $work" --define "_rpmdir $out" --define "_srcrpmdir $out" \
    --define '_rpmfilename %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm' "$top/packaging/rpm/fmtconv.spec"
  test_summary "$out/build.log"
}

lint () {
  step rpmlint
  rpmlint --config "$top/packaging/rpm/rpmlint.toml" "$top/packaging/rpm/fmtconv.spec" "$out"/*.rpm
}

# requires PACKAGE WORDS: the package must require it.
requires () {
  rpm -qp --requires "$out/fmtconv-$1-"[0-9]*.rpm 2>/dev/null | grep -q "$2" || die "fmtconv-$1 does not require $2"
}

check_relations () {
  step "what the packages require"
  abi=$(sh "$top/packaging/plugins.sh" abi)
  rpm -qp --provides "$out/fmtconv-libs-"[0-9]*.rpm | grep "^fmtconv(plugin-abi).* = $abi\$"
  for group in $(sh "$top/packaging/plugins.sh" groups); do
    package=$(sh "$top/packaging/plugins.sh" package "$group")
    requires "${package#fmtconv-}" "^fmtconv(plugin-abi).* = $abi\$"
    requires "${package#fmtconv-}" '^libfmtconv-core\.so\.0(FMTCONV_0\.1)'
    for name in $(sh "$top/packaging/plugins.sh" names "$group"); do
      rpm -qpl "$out/$package-"[0-9]*.rpm | grep -q "/fmtconv/$abi/$name\\.so\$" || die "$package lacks the plugin $name"
    done
  done
  requires plugin-rename '^libpcre2-8\.so'
}

# The folders of plugins and presets are compiled in: here they are given.
try_files () {
  step "the unpacked packages"
  mkdir "$work/root" "$work/smoke"
  for package in "$out/fmtconv-"*.rpm; do
    case $package in *.src.rpm | *-debug*) continue ;; esac
    rpm2cpio "$package" | (cd "$work/root" && cpio --quiet -idm)
  done
  module=$(find "$work/root" -name safetensors.so)
  library=$(find "$work/root" -name 'libfmtconv-core.so.0')
  quietly "$out/smoke.log" env PATH="$work/root/usr/bin:$PATH" LD_LIBRARY_PATH="${library%/*}" \
    FMTCONV_PLUGIN_PATH="${module%/*}" FMTCONV_PIPELINE_PATH="$work/root/usr/share/fmtconv/pipelines" \
    sh "$top/packaging/smoke.sh" "$work/smoke"
  tail -n 1 "$out/smoke.log"
}

work=$(mktemp -d "${TMPDIR:-/tmp}/fmtconv-rpm.XXXXXX")
trap 'rm -rf "$work"' EXIT
tools
test "$built" || build_packages
lint
check_relations
try_files
step "done: $out"
