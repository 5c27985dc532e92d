#!/bin/sh
# tests/build/matrix.sh BUILD: configurations that few use, each configured, built and tested as far as it can be: plugins
# left out, all left out, and no shared library.  BUILD is the folder of a usual build.
# SPDX-License-Identifier: Apache-2.0
set -eu
build=$(cd "${1:?the folder of a build}" && pwd)
source=$(cd "$(dirname "$0")" && pwd)
. "$source/lib.sh"

# configured FOLDER ARGUMENT...: configures there.  Nothing is optimized: all is compiled twice here.
configured ()
{
  mkdir -p "$1"
  (cd "$1" && shift && "$top/configure" -q --cache-file="$work/cache" --prefix=/usr CFLAGS=-O0 FMTCONV_PYTHON= "$@") >"$1/configure.log" 2>&1 \
    || { cat "$1/configure.log"; fail "configure $*"; }
}

# ---- Plugins left out: they and those that need them are not made, the others are.  Each is left out twice, each time with others:
# in a square of all, those of its row and those of its column.  So for any two, one is left out without the other.
cd "$top"
plugins=$(ls -d plugins/*/local.mk | sed 's,plugins/\(.*\)/local.mk,\1,')
# needing NAME: NAME, and the plugins that call it always.
needing ()
{
  echo "$1"
  for user in $(sed -n "s/^FC_PLUGIN_NEEDS(\[\(.*\)\], \[$1\]).*/\1/p" plugins/*/configure.m4); do needing "$user"; done
}
configured "$work/all"
cd "$work/all"
printf 'include Makefile\nshow:\n\t@echo $(plugin_LTLIBRARIES) $(dist_man_MANS)\n' >../show.mk
asked=$(cd "$top" && sh packaging/plugins.sh asked | tr '\n' ' ') # these are out in any case
side=1
while test $((side * side)) -lt "$(echo "$plugins" | wc -l)"; do side=$((side + 1)); done
for line in $(seq 0 $((2 * side - 1))); do
  names=$(echo "$plugins" | awk -v side="$side" -v line="$line" '(line < side ? int ((NR - 1) / side) : (NR - 1) % side + side) == line')
  test -n "$names" || continue
  options=
  out=" $asked"
  for name in $names; do
    options="$options --without-$name"
    out="$out$(cd "$top" && needing "$name" | tr '\n' ' ')"
  done
  # shellcheck disable=SC2086 # a list of options
  "$top/configure" -q --cache-file="$work/cache" --no-create CFLAGS=-O0 FMTCONV_PYTHON= $options >../log 2>&1 || { cat ../log; fail "configure$options"; }
  sh ./config.status -q Makefile
  made=" $(make -s -f ../show.mk show | tr '\n' ' ') "
  for other in $plugins; do
    case $out in *" $other "*) want=out ;; *) want=in ;; esac
    case $made in *" plugins/$other.la "*) is=in ;; *) is=out ;; esac
    case $made in *"/fmtconv-$other.7 "*) page=in ;; *) page=out ;; esac
    test $want.$want = $is.$page || fail "configure$options: '$other' is $is, its page $page; not $want"
  done
done
# shellcheck disable=SC2086 # a list of names
set -- $plugins
say "each of $# plugins can be left out"

# chosen FOLDER GLOB...: its tests whose names match.
printf 'include Makefile\nshow:\n\t@echo $(TESTS)\n' >"$work/tests.mk"
chosen ()
{
  names=$(make -s -C "$1" -f "$work/tests.mk" show)
  shift
  for name in $names; do
    # shellcheck disable=SC2254 # a glob
    for glob; do case $name in $glob) echo "$name" ;; esac; done
  done
}

# passes FOLDER NUMBER GLOB...: these of its tests, at least so many; what cannot run says why.
passes ()
{
  tests=$(set -f; folder=$1; shift 2; chosen "$folder" "$@" | tr '\n' ' ')
  make -s -C "$1" -j "$jobs" check TESTS="$tests" >"$1/check.log" 2>&1 || {
    for test in $(sed -n 's/^\(FAIL\|ERROR\): \(.*\)/\2/p' "$1/check.log"); do tail -n 20 "$1/${test%.*}.log"; done
    fail "make check in $1"
  }
  grep -c '^PASS:' "$1/check.log" >"$work/passed"
  grep -h '^skipped' "$1"/tests/*/*.log | sort | uniq -c
  test "$(cat "$work/passed")" -ge "$2" || fail "only $(cat "$work/passed") tests passed"
}

# link_static FOLDER PROGRAM: links tests/build/embed.c with the static library that is installed in FOLDER.
link_static ()
{
  PKG_CONFIG_SYSROOT_DIR=$1
  PKG_CONFIG_LIBDIR=$(dirname "$(find "$1" -name fmtconv.pc)"):$(pkg-config --variable pc_path pkg-config)
  export PKG_CONFIG_SYSROOT_DIR PKG_CONFIG_LIBDIR
  # The linker would take a shared library first.
  find "$1" -name 'libfmtconv-core.so*' -exec rm -f {} +
  # shellcheck disable=SC2046 # flags are a list
  quietly ${CC:-cc} $(pkg-config --cflags fmtconv) "$top/tests/build/embed.c" $(pkg-config --static --libs fmtconv) -o "$2"
  unset PKG_CONFIG_SYSROOT_DIR PKG_CONFIG_LIBDIR
}

# ---- No plugin at all, and a static library besides the shared one.
configured "$work/none" --disable-plugins --enable-static
quietly make -s -C "$work/none" -j "$jobs"
passes "$work/none" 10 '*.sh' '*.py' # the unit tests need no plugin
"$work/none/fmtconv" plugins 2>&1 | grep -q 'no plugin is installed' || fail "plugins: not none"
say "without plugins: $(cat "$work/passed") tests pass"
quietly make -s -C "$work/none" install DESTDIR="$work/root"
cp -r "$work/root" "$work/copy"
link_static "$work/copy" "$work/embed"
# A module brings the shared library, and with it another copy of the core.
LD_LIBRARY_PATH=$build/.libs "$work/embed" "$build/plugins/.libs" >"$work/list" 2>&1 || fail "a static library: $(cat "$work/list")"
grep -q '^cast: it needs the library .*libfmtconv-core.so.0, a second copy of the core' "$work/list" || fail "a second copy of the core: $(cat "$work/list")"
quietly make -s -C "$work/none" clean
quietly make -s -C "$work/none" uninstall DESTDIR="$work/root"
must_be_empty "$work/root"
say "uninstall after clean leaves nothing"
rm -rf "$work/none" "$work/copy"

# ---- No shared library: plugins are built in.
configured "$work/static" --disable-shared
quietly make -s -C "$work/static" -j "$jobs"
passes "$work/static" 5 'tests/cli/[!k]*.sh' tests/contract/absent.sh tests/contract/loading.sh tests/contract/names.sh
say "without shared libraries: $(cat "$work/passed") tests pass"
quietly make -s -C "$work/static" install DESTDIR="$work/root"
link_static "$work/root" "$work/embed"
test "$(env -i "$work/embed" 2>&1 | grep -c '^cast: built in$')" = 1 || fail "the static library has no plugins: $(env -i "$work/embed" 2>&1)"
say "a program with the static library has all plugins"

# A plugin of others, built for the shared library, calls the core that is in the program, whether the library is there or not.
mkdir "$work/plugins"
"${CC:-cc}" -shared -fPIC -I"$top/include" "$top/tests/abi/npy.c" -L"$build/.libs" -lfmtconv-core -o "$work/plugins/npy.so"
{ printf '\223NUMPY\001\000v\000'; printf "%-117s\n" "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"
  printf 'AAAABBBBCCCCDDDDEEEEFFFF'; } >"$work/c.npy"
for folder in /nowhere "$build/.libs"; do
  env -i LD_LIBRARY_PATH="$folder" FMTCONV_PLUGIN_PATH="$work/plugins" LD_DEBUG=files "$work/static/fmtconv" -f "$work/c.npy" "$work/c.safetensors" \
    2>"$work/loads" || { cat "$work/loads"; fail "a plugin of others, with the library in $folder"; }
  test "$(tail -c 24 "$work/c.safetensors")" = AAAABBBBCCCCDDDDEEEEFFFF || fail "wrong bytes"
  if grep 'calling init: .*libfmtconv-core' "$work/loads"; then fail "a second core is loaded"; fi
done
say "plugins of others call the core inside of the program"
