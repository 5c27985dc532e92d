#!/bin/sh
# tests/abi/pkgconfig.sh: fmtconv.pc gives programs what they need and nothing else, and plugins their flags by a variable.
# SPDX-License-Identifier: Apache-2.0
set -eu
source=$(cd "$(dirname "$0")" && pwd)
. "$source/stage.sh"
need_command readelf

for flag in $(pkg-config --libs fmtconv); do
  case $flag in -L* | -lfmtconv-core) ;; *) fail "programs inherit $flag" ;; esac
done
for flag in $(pkg-config --cflags fmtconv); do
  case $flag in -I*) ;; *) fail "programs inherit $flag" ;; esac
done
for library in fmtconv-core ltdl jansson yaml zip z; do
  case " $(pkg-config --static --libs fmtconv) " in *" -l$library "*) ;; *) fail "--static has no -l$library" ;; esac
done
for name in plugindir indexdir pipelinedir datadir; do
  test -d "$(pkg-config --variable=$name fmtconv)" || fail "$name is '$(pkg-config --variable=$name fmtconv)', not a folder"
done
test "$(pkg-config --variable=plugindir fmtconv)" = "$installed" || fail "plugins are not in plugindir"

# A plugin with the flags is bound when it is loaded; one that calls what does not exist is not linked.
# shellcheck disable=SC2046,SC2086 # lists
{
  plugin () { ${CC:-cc} -shared -fPIC "$@" $flags $(pkg-config --variable=plugin_ldflags fmtconv) -o "$tmp/x.so"; }
  plugin "$source/npy.c" || fail "a plugin is not linked"
  readelf -d "$tmp/x.so" | grep -q 'BIND_NOW\|NOW' || fail "plugin_ldflags do not bind at once"
  echo 'int missing (void); int call (void); int call (void) { return missing (); }' >"$tmp/x.c"
  if plugin "$tmp/x.c" 2>/dev/null; then fail "plugin_ldflags allow undefined names"; fi
}

# A program is linked with nothing but --libs, and runs.
cat >"$tmp/program.c" <<'END'
#include <fmtconv/fmtconv.h>
#include <stdio.h>
int
main (void)
{
  return puts (fmtconv_version ()) < 0;
}
END
# shellcheck disable=SC2086
${CC:-cc} ${SANITIZER_CFLAGS-} "$tmp/program.c" $flags -o "$tmp/program" || fail "a program is not linked"
test "$("$tmp/program")" = "$(pkg-config --modversion fmtconv)" || fail "the version differs"
