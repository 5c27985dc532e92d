#!/bin/sh
# tests/build/standalone.sh BUILD: a static program, alone in a folder, does what the usual build in the folder BUILD does.
# SPDX-License-Identifier: Apache-2.0
set -eu
build=$(cd "${1:?the folder of a build}" && pwd)
source=$(cd "$(dirname "$0")" && pwd)
. "$source/lib.sh"
. "$source/packages.sh"
. "$source/same.sh"

# static_libzip: builds libzip as a static library in $work/libzip, for Debian's package has none: from Debian's source.
static_libzip ()
{
  need_packages cmake dpkg-dev xz-utils
  cd "$work"
  mkdir -p sources.d lists/partial cache/archives/partial zip
  if test -f /etc/apt/sources.list; then sed -n 's/^deb /deb-src /p' /etc/apt/sources.list >sources.d/a.list; fi
  for file in /etc/apt/sources.list.d/debian*.sources; do
    if test -f "$file"; then sed 's/^Types:.*/Types: deb-src/' "$file" >"sources.d/$(basename "$file")"; fi
  done
  set -- -q -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$work/sources.d" -o Dir::State::lists="$work/lists" \
    -o Dir::Cache="$work/cache"
  quietly apt-get "$@" update
  (cd zip && quietly apt-get "$@" source --download-only libzip)
  tar -C zip -xf zip/libzip_*.orig.tar.*
  set --
  for option in COMMONCRYPTO GNUTLS MBEDTLS OPENSSL WINDOWS_CRYPTO BZIP2 LZMA ZSTD; do set -- "$@" "-DENABLE_$option=OFF"; done
  for option in SHARED_LIBS TOOLS REGRESS EXAMPLES DOC; do set -- "$@" "-DBUILD_$option=OFF"; done
  quietly cmake -S zip/libzip-*/ -B zip/build -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX="$work/libzip" -DCMAKE_INSTALL_LIBDIR=lib "$@"
  quietly make -s -C zip/build -j "$jobs" install
  PKG_CONFIG_PATH=$work/libzip/lib/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
  export PKG_CONFIG_PATH
}

echo 'int main (void) { return 0; }' >"$work/empty.c"
if ! ${CC:-cc} -static "$work/empty.c" -lzip -o "$work/empty" 2>/dev/null; then
  static_libzip
  say "libzip is built as a static library"
fi

mkdir "$work/build" "$work/alone"
cd "$work/build"
quietly "$top/configure" -q --enable-standalone=static FMTCONV_PYTHON=
quietly make -s -j "$jobs" fmtconv
say "the static program is built"
cp fmtconv "$work/alone"
strip "$work/alone/fmtconv"
cd "$work/alone"
program=$work/alone/fmtconv
ldd "$program" 2>&1 | grep -q 'not a dynamic executable' || fail "not static: $(ldd "$program")"
echo "size $(wc -c <"$program") bytes"

# Nothing is there but the program: plugins and presets are inside.
count=$(($(ls -d "$top"/plugins/*/local.mk | wc -l) - $(sh "$top/packaging/plugins.sh" asked | wc -l))) # without those that are modules only
env -i ./fmtconv plugins | grep -q "^$((count + 1)) of these are built in" || fail "$(env -i ./fmtconv plugins)"
env -i ./fmtconv help cast | grep -q '^  file    built into fmtconv$' || fail "$(env -i ./fmtconv help cast)"
env -i ./fmtconv -q -p cogvideox-lora "$top/tests/data/ckpts_2b_lora" lora.safetensors
FMTCONV_PLUGIN_PATH=$build/plugins/.libs FMTCONV_PIPELINE_PATH=$top/pipelines "$build/fmtconv" -q -p cogvideox-lora "$top/tests/data/ckpts_2b_lora" usual.safetensors
cmp lora.safetensors usual.safetensors || fail "the preset gives other bytes"
env -i ./fmtconv -p cogvideox-pipeline 2>err && fail "the preset needs nothing"
grep -q '^fmtconv: cogvideox-pipeline (built in): values are missing' err || fail "$(cat err)"
# A preset outside comes first.
mkdir presets
sed 's/^# .*/# one of mine/' "$top/pipelines/cogvideox-lora.yaml" >presets/cogvideox-lora.yaml
env -i FMTCONV_PIPELINE_PATH="$PWD/presets" ./fmtconv plugins | grep -q '^cogvideox-lora  *spec  *one of mine' || fail "the preset outside is not used"
# A module is refused with the reason.
mkdir plugins
echo x >plugins/other.so
env -i FMTCONV_PLUGIN_PATH="$PWD/plugins" ./fmtconv plugins | grep -q '^other  *REFUSED  *this fmtconv is a static program' || fail "modules"
rm -rf presets plugins

same_cases "$build/fmtconv" "$build/plugins/.libs" "$program"
say "the same texts and bytes in $n cases, $files files"

# ---- Installed, it is one file, its pages and its completions.
cd "$work/build"
quietly make -s install DESTDIR="$work/root"
test "$(find "$work/root" -type f | grep -Ev '/man/|complet|/site-functions/' | sed 's,.*/,,')" = fmtconv || fail "installed: $(find "$work/root" -type f)"
quietly make -s uninstall DESTDIR="$work/root"
must_be_empty "$work/root"
say "one program is installed"
