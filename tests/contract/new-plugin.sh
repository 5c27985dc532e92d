#!/bin/sh
# tests/contract/new-plugin.sh: a folder that is added to plugins/ is a plugin: nothing outside of it is edited.
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/../need.sh"
need safetensors
need_modules
need_command autoreconf autoconf automake libtoolize pkg-config
build=$PWD
tmp=$(mktemp -d "$PWD/new-plugin.XXXXXX") || exit 99 # make allows no spaces, which TMPDIR may have
trap 'chmod -R u+w "$tmp"; rm -rf "$tmp"' EXIT

# step WORDS COMMAND...: the output is shown only if the command fails.
step ()
{
  words=$1
  shift
  "$@" >"$tmp/log" 2>&1 || { echo "FAIL: $words"; tail -n 50 "$tmp/log"; exit 1; }
}

# The variables that this build was configured with (PKG_CONFIG_PATH and the like), one in a line.
eval "set -- $(./config.status --config)"
for word; do
  case $word in
    CFLAGS=* | CC=* | FMTCONV_PYTHON=*) ;;
    [A-Z]*=*) printf '%s\n' "$word" ;;
  esac
done >"$tmp/variables"

# ---- A copy of what a tarball holds, and one more folder.
unset MAKEFLAGS MFLAGS MAKELEVEL
step 'make distdir' make -s distdir distdir="$tmp/tree"
chmod -R u+w "$tmp/tree"
cd "$tmp/tree" || exit 99
mkdir plugins/brand-new
cat >plugins/brand-new/brand-new.c <<'END'
#include <fmtconv/plugin.h>

static int
apply (fmtconv_ctx *ctx, const void *params, const fmtconv_model *in, fmtconv_model *out)
{
  (void) params;
  FMTCONV_FOREACH (t, in)
    fmtconv_model_put (out, fmtconv_ctx_printf (ctx, "new.%s", t->name), t->view);
  return fmtconv_ctx_failed (ctx);
}

FMTCONV_PLUGIN (brand_new, .name = "brand-new", .summary = "puts 'new.' in front of names",
                .transform = FMTCONV_TRANSFORM (.apply = apply));
END
cat >plugins/brand-new/local.mk <<'END'
if PLUGIN_BRAND_NEW
plugin_LTLIBRARIES += plugins/brand-new.la
dist_man_MANS += plugins/brand-new/fmtconv-brand-new.7
TESTS += plugins/brand-new/test.sh
endif
plugins_brand_new_la_SOURCES = plugins/brand-new/brand-new.c
plugins_brand_new_la_CFLAGS = $(plugin_cflags)
plugins_brand_new_la_LDFLAGS = $(plugin_ldflags)
plugins_brand_new_la_LIBADD = libfmtconv-core.la
EXTRA_DIST += plugins/brand-new/test.sh
END
cat >plugins/brand-new/fmtconv-brand-new.7 <<'END'
.Dd November 25, 2026
.Dt FMTCONV-BRAND-NEW 7
.Os
.Sh NAME
.Nm fmtconv-brand-new
.Nd put new in front of names
.Sh SYNOPSIS
.Nm fmtconv
.Fl t Cm brand-new
.Ar input output
END
printf 'package: base\ntransform: {}\n' >plugins/brand-new/known.yaml
echo 'FC_PLUGIN_NEEDS([brand-new], [safetensors])' >plugins/brand-new/configure.m4
cat >plugins/brand-new/test.sh <<'END'
#!/bin/sh
. "$srcdir/tests/need.sh"
. "$srcdir/tests/cli/prelude.sh"
need brand-new safetensors
"$FMTCONV" plugins | grep "^brand-new  *transform  *puts 'new.' in front of names" || exit 1
"$FMTCONV" plugins --json | grep '"name":"brand-new".*"installed":true,"package":"packages-base"' || exit 1
small in.safetensors
"$FMTCONV" -t brand-new in.safetensors out.safetensors || exit 1
grep -qa '"new.layer.weight"' out.safetensors
END
chmod +x plugins/brand-new/test.sh

# ---- It has an option, is built, installed, listed and tested.
step 'plugins/list.sh --pages' sh plugins/list.sh --pages
step autoreconf autoreconf --force --install
./configure --help >"$tmp/help"
grep -q -e '--without-brand-new' "$tmp/help" || { echo 'FAIL: configure has no --without-brand-new'; exit 1; }
set --
while read -r word; do set -- "$@" "$word"; done <"$tmp/variables"
for folder in plugins/*/local.mk; do
  name=$(basename "$(dirname "$folder")")
  case $name in brand-new | safetensors) ;; *) set -- "$@" "--without-$name" ;; esac
done
mkdir build && cd build || exit 99
step configure ../configure --prefix=/usr "$@" --with-plugin-package='packages-%s'  CC="${CC:-cc}" CFLAGS=-O0 FMTCONV_PYTHON=
# The library and the program are those of this build; only plugins are compiled.
mkdir .libs
cp -P "$build/libfmtconv-core.la" .
cp -P "$build"/.libs/libfmtconv-core.* .libs
ln -s "$build/fmtconv" .
set -- libfmtconv_core_la_DEPENDENCIES= EXTRA_libfmtconv_core_la_DEPENDENCIES= check_PROGRAMS= check_DATA=
# shellcheck disable=SC2016 # for make
printf 'include Makefile\nshow:\n\t@echo $(plugin_LTLIBRARIES) $(TESTS)\n' | make -s -f - show >"$tmp/lists"
for word in plugins/brand-new.la plugins/brand-new/test.sh; do
  grep -qw -e "$word" "$tmp/lists" || { echo "FAIL: make does not list $word"; exit 1; }
done
step make make "$@" plugins/brand-new.la plugins/safetensors.la plugins/.libs/fmtconv.yaml
step 'make install-man' make install-man DESTDIR="$tmp/root"
find "$tmp/root" -name fmtconv-brand-new.7 | grep -q /man7/ || { echo 'FAIL: its page is not installed'; exit 1; }
step 'make check-TESTS' make "$@" check-TESTS \
  TESTS='plugins/brand-new/test.sh tests/contract/pages.sh tests/contract/symbols.sh'
grep -q '^# PASS: *3$' "$tmp/log" || { cat "$tmp/log"; exit 1; }
grep -q '^\.Xr fmtconv-brand-new 7' ../doc/fmtconv.1 || { echo 'FAIL: fmtconv.1 does not refer to its page'; exit 1; }
grep -q '^| `brand-new` | `-t` |' ../README.md || { echo 'FAIL: README.md does not list it'; exit 1; }
