#!/bin/sh
# tests/build/musl.sh [FOLDER]: builds fmtconv and its libraries with musl, and compares what it writes and prints.
# SPDX-License-Identifier: Apache-2.0
#
# For Debian; root needs nothing but what ./bootstrap installs.  Debian's libraries need glibc, so their
# source packages are compiled, from where apt's own lists say.  A folder that is named is kept, with its libraries.
# FMTCONV and FMTCONV_PLUGIN_PATH name the build of glibc whose outputs are compared.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
. "$here/packages.sh"
: "${FMTCONV:?the program of glibc to compare with}" "${FMTCONV_PLUGIN_PATH:?its plugins}"
if test $# -gt 0; then
  mkdir -p "$1"
  work=$(cd "$1" && pwd)
else
  work=$(mktemp -d "${TMPDIR:-/tmp}/fmtconv-musl.XXXXXX")
  trap 'rm -rf "$work"' EXIT
fi
need_packages musl-tools cmake dpkg-dev xz-utils
prefix=$work/prefix
jobs=$(nproc 2>/dev/null || echo 1)
cd "$work"

# quietly NAME COMMAND...: what the command says is shown only if it fails.
quietly () {
  log=$work/$1.log
  shift
  "$@" >"$log" 2>&1 || { tail -n 40 "$log"; echo "failed: $*"; exit 1; }
}

# apt's lists with deb-src for deb; without security updates, whose sources are not on every mirror.
sources () {
  for list in /etc/apt/sources.list.d/*.sources; do
    if test -f "$list"; then awk 'BEGIN { RS = ""; ORS = "\n\n" } /Debian|debian/ && !/-security/' "$list" | sed 's/^Types:.*/Types: deb-src/'; fi
  done >apt/lists.sources
  for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    if test -f "$list"; then sed -n '/-security/d; s/^deb /deb-src /p' "$list"; fi
  done >apt/lists.list
}

apt () {
  apt-get -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$work/apt" -o Dir::State::lists="$work/apt/lists" \
    -o APT::Sandbox::User=root "$@"
}

unpack () { # unpack PACKAGE...
  mkdir -p apt/lists/partial
  sources
  apt update -q && apt source -q --download-only "$@" || return
  for dsc in *.dsc; do dpkg-source --no-check -x "$dsc" "${dsc%%_*}" || return; done
}

# with_autotools FOLDER OPTION...
with_autotools () {
  folder=$1
  shift
  (cd "$folder" && CC=musl-gcc CFLAGS=-O2 ./configure --prefix="$prefix" "$@" && make -s -j"$jobs" && make -s install)
}

with_cmake () { # with_cmake FOLDER OPTION...
  folder=$1
  shift
  cmake -S "$folder" -B "$folder-build" -DCMAKE_C_COMPILER=musl-gcc -DCMAKE_INSTALL_PREFIX="$prefix" -DCMAKE_INSTALL_LIBDIR=lib \
    -DCMAKE_BUILD_TYPE=Release -DCMAKE_FIND_ROOT_PATH="$prefix" -DCMAKE_FIND_ROOT_PATH_MODE_LIBRARY=ONLY \
    -DCMAKE_FIND_ROOT_PATH_MODE_INCLUDE=ONLY "$@" || return
  make -s -C "$folder-build" -j"$jobs" install
}

libraries () {
  quietly sources unpack zlib jansson libyaml libzip libtool pcre2
  quietly zlib env CC=musl-gcc sh -c 'cd zlib && ./configure --prefix="$1" && make -s -j"$2" && make -s install' sh "$prefix" "$jobs"
  quietly jansson with_cmake jansson -DJANSSON_BUILD_SHARED_LIBS=ON -DJANSSON_BUILD_DOCS=OFF -DJANSSON_WITHOUT_TESTS=ON -DJANSSON_EXAMPLES=OFF
  quietly yaml-configure sh -c 'cd libyaml && autoreconf -fi'
  quietly yaml with_autotools libyaml --disable-static
  quietly pcre2 with_cmake pcre2 -DBUILD_SHARED_LIBS=ON -DPCRE2_BUILD_PCRE2GREP=OFF -DPCRE2_BUILD_TESTS=OFF
  quietly zip with_cmake libzip -DENABLE_BZIP2=OFF -DENABLE_LZMA=OFF -DENABLE_ZSTD=OFF -DENABLE_COMMONCRYPTO=OFF -DENABLE_GNUTLS=OFF \
    -DENABLE_MBEDTLS=OFF -DENABLE_OPENSSL=OFF -DBUILD_TOOLS=OFF -DBUILD_REGRESS=OFF -DBUILD_EXAMPLES=OFF -DBUILD_DOC=OFF
  quietly ltdl with_autotools libtool/libltdl --enable-ltdl-install --disable-static
}

build () {
  mkdir -p build
  cd build
  quietly configure "$top/configure" CC="${CCACHE:+$CCACHE }musl-gcc" PKG_CONFIG_LIBDIR="$prefix/lib/pkgconfig" \
    CPPFLAGS="-I$prefix/include" LDFLAGS="-L$prefix/lib -Wl,-rpath,$prefix/lib" --enable-werror --prefix="$prefix"
  sed -n '/^  without/p; /^  left out/p' "$work/configure.log"
  quietly make make -s -j"$jobs"
  cd ..
}

test -e "$prefix/lib/libltdl.so" || libraries
build
readelf -d build/.libs/fmtconv | grep -q 'libc\.so\]' || { echo "failed: the program is not of musl"; exit 1; }
mkdir -p glibc musl
python3 "$here/conversions.py" glibc >glibc.txt
FMTCONV=$work/build/fmtconv
FMTCONV_PLUGIN_PATH=$work/build/plugins/.libs
export FMTCONV FMTCONV_PLUGIN_PATH
python3 "$here/conversions.py" musl >musl.txt
diff -u glibc.txt musl.txt
echo "$(wc -l <musl.txt) outputs are the same with musl"
CC=musl-gcc FMTCONV_PIPELINE_PATH=$top/pipelines sh "$top/tests/cli/run.sh"
