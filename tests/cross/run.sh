#!/bin/sh
# tests/cross/run.sh ARCH...: builds for other machines, and compares the bytes that they write with those of this one.
# SPDX-License-Identifier: Apache-2.0
#
# ARCH: arm64, s390x or i386, which run in qemu's emulation of a process; armhf, which is only built.  It is
# not part of 'make check', as it needs cross compilers (which root installs here) and downloads libraries.
#   FMTCONV_BUILD   the folder of a finished build for this machine
#   FMTCONV_PYTHON  Python with the reference libraries, for the input files
#   CROSS_FOLDER    where everything is built and kept, default FMTCONV_BUILD/cross
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tree=$(cd "$here/../.." && pwd)
: "${FMTCONV_BUILD:?the folder of a finished build}" "${FMTCONV_PYTHON:?Python with the reference libraries}"
build=$(cd "$FMTCONV_BUILD" && pwd)
folder=${CROSS_FOLDER-$build/cross}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
cases=${CROSS_CASES-$here/cases.txt}
CROSS_FOLDER=$folder
FMTCONV_BUILD=$build
FMTCONV_PIPELINE_PATH=$tree/pipelines
LC_ALL=C.UTF-8
export CROSS_FOLDER FMTCONV_BUILD FMTCONV_PYTHON FMTCONV_PIPELINE_PATH LC_ALL

. "$here/../build/packages.sh"
say () { printf '%s\n' "cross: $*"; }
die () { say "$*" >&2; exit 1; }

# Sets host (of autoconf), library (Debian's folder of libraries), qemu ('': not run), and how much is optimized.
describe () {
  optimize=-O2
  case $1 in
    arm64) host=aarch64-linux-gnu library=$host qemu=qemu-aarch64-static ;;
    s390x) host=s390x-linux-gnu library=$host qemu=qemu-s390x-static ;;
    i386) host=i686-linux-gnu library=i386-linux-gnu qemu=qemu-i386-static ;;
    armhf) host=arm-linux-gnueabihf library=$host qemu="" optimize=-O1 ;; # only built
    *) die "unknown machine '$1': arm64, s390x, i386 or armhf" ;;
  esac
  root=$folder/$1/root
  target=$folder/$1/build
}

want_tools () {
  tools=
  for arch; do
    describe "$arch"
    tools="$tools gcc-$host libc6-dev-$arch-cross"
    test -z "$qemu" || tools="$tools qemu-user-static"
  done
  # shellcheck disable=SC2086 # a list of names
  need_packages $tools
}

# Builds for one machine, its program of kernel digests, and a benchmark that compiles kernels again.  None of them is run.
build_for () {
  describe "$1"
  sh "$here/sysroot.sh" "$1" "$folder"
  mkdir -p "$target"
  cd "$target"
  PKG_CONFIG_LIBDIR=$root/usr/lib/$library/pkgconfig:$root/usr/share/pkgconfig
  PKG_CONFIG_SYSROOT_DIR=$root
  export PKG_CONFIG_LIBDIR PKG_CONFIG_SYSROOT_DIR
  test -e config.status \
    || "$tree/configure" --host=$host --enable-werror CC="${CROSS_CCACHE-} $host-gcc --sysroot=$root" CFLAGS=$optimize FMTCONV_PYTHON=
  make -s -j"${CROSS_JOBS-2}"
  make -s tests/cross/kernels bench/copy
}

# run_case RUNNER MADE OUT ARGUMENT...: one conversion; what it writes is OUT.suffix.
run_case () {
  run=$1 made=$2 out=$3
  shift 3
  arguments=$(printf '%s\n' "$@" | sed -e "s|\\bIN/|$folder/in/|g" -e "s|^DATA/|$tree/tests/data/|" \
    -e "s|^MADE/|$made/|" -e "s|^OUT|$out|")
  # shellcheck disable=SC2086 # words
  set -- $arguments
  $run "$@"
}

# all_cases RUNNER FOLDER: every case, and a digest of each output.
all_cases () {
  mkdir -p "$2"
  : >"$2.digests"
  grep -v '^#' "$cases" | while read -r name arguments; do
    # shellcheck disable=SC2086 # words
    (set -f; run_case "$1" "$folder/made" "$2/$name" $arguments) >"$2/$name.log" 2>&1 </dev/null \
      || { cat "$2/$name.log"; say "$name: the conversion failed"; exit 1; }
    rm "$2/$name.log"
    (cd "$2" && find "$name".* -type f -exec sha256sum {} +) >>"$2.digests"
  done
}

run_here () { FMTCONV_PLUGIN_PATH=$build/plugins/.libs "$build/fmtconv" "$@"; }

run_there () {
  FMTCONV_PLUGIN_PATH=$target/plugins/.libs "$qemu" -L "$root" -E LD_LIBRARY_PATH="$target/.libs" "$target/.libs/fmtconv" "$@"
}

# Everything that needs only this machine.
prepare () {
  rm -rf "$folder/in" "$folder/made"
  mkdir "$folder/in"
  FMTCONV=none PYTHONPATH=$tree/tests/interop PYTHONDONTWRITEBYTECODE=1 HF_HUB_OFFLINE=1 \
    "$FMTCONV_PYTHON" -W ignore "$here/make_inputs.py" "$folder/in"
  all_cases run_here "$folder/made"
  make -s -C "$build" tests/cross/kernels
  "$build/tests/cross/kernels" >"$folder/kernels"
}

compare () {
  describe "$1"
  test -n "$qemu" || { say "$1: built, not run"; return 0; }
  "$qemu" -L "$root" "$target/tests/cross/kernels" >"$folder/$1/kernels" || die "$1: the kernels differ between levels"
  diff "$folder/kernels" "$folder/$1/kernels" || die "$1: the kernels give other bytes"
  rm -rf "$folder/$1/out"
  all_cases run_there "$folder/$1/out"
  diff "$folder/made.digests" "$folder/$1/out.digests" || die "$1: the output has other bytes"
  say "$1: $(wc -l <"$folder/kernels") kernels and $(wc -l <"$folder/made.digests") outputs have the bytes of this machine"
  rm -rf "$folder/$1/out"
}

# logged STEP ARCH: with its output in a log, which is shown if it fails.  A process of its own ends at the first error.
logged () {
  sh "$here/run.sh" --step "$1" "$2" >"$folder/$2.$1.log" 2>&1 || { tail -n 60 "$folder/$2.$1.log"; die "$2 failed: $1"; }
  grep '^cross: ' "$folder/$2.$1.log" || true
}

if test "${1-}" = --step; then
  "$2" "$3"
  exit
fi
test $# -gt 0 || set -- arm64 s390x i386 armhf
want_tools "$@"
begin=$(date +%s)
for arch; do logged build_for "$arch"; done
say "built for $* ($(($(date +%s) - begin)) s)"
prepare
# Emulation uses one processor each.
pids=
for arch; do
  (logged compare "$arch") &
  pids="$pids $!"
done
failed=0
for pid in $pids; do wait "$pid" || failed=1; done
say "done ($(($(date +%s) - begin)) s)"
exit $failed
