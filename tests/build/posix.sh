#!/bin/sh
# tests/build/posix.sh [FOLDER]: builds fmtconv as if the system had POSIX only, and compares what it writes and prints.
# SPDX-License-Identifier: Apache-2.0
#
# Every call that m4/system.m4 looks for counts as missing, so that core/base/os-*.c is compiled with its last fallbacks,
# which are all that some systems have.  FMTCONV and FMTCONV_PLUGIN_PATH name the usual build; a named folder is kept.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
: "${FMTCONV:?the usual program, to compare with}" "${FMTCONV_PLUGIN_PATH:?its plugins}"
if test $# -gt 0; then
  mkdir -p "$1"
  work=$(cd "$1" && pwd)
else
  work=$(mktemp -d "${TMPDIR:-/tmp}/fmtconv-posix.XXXXXX")
  trap 'rm -rf "$work"' EXIT
fi
cd "$work"

# Prints the cache variables of all checks of m4/system.m4, as "no".
missing () {
  { tr -d '\n\\' <"$top/m4/system.m4"; echo; } | sed 's/AC_CHECK_/\n&/g' | sed -n \
    -e 's/^AC_CHECK_HEADERS(\[\([^]]*\)\].*/header \1/p' -e 's/^AC_CHECK_FUNCS(\[\([^]]*\)\].*/func \1/p' \
    -e 's/^AC_CHECK_DECLS(\[\([^]]*\)\].*/have_decl \1/p' -e 's/^AC_CHECK_MEMBERS(\[\([^]]*\)\].*/member \1/p' \
    | while read -r kind names; do
        echo "$names" | sed 's/struct stat\./struct_stat_/g' | tr ', ' '\n\n' | sed -n "s/[^A-Za-z0-9_]/_/g; s/..*/ac_cv_${kind}_&=no/p"
      done
}

# shellcheck disable=SC2046 # a list of variables
set -- $(missing)
echo "configured without $# features"
test $# -ge 25
"$top/configure" CC="${CC:-gcc}" ${CPPFLAGS+"CPPFLAGS=$CPPFLAGS"} ${LDFLAGS+"LDFLAGS=$LDFLAGS"} --enable-werror --disable-dependency-tracking \
  "$@" >configure.log 2>&1 || { tail -n 30 configure.log; exit 1; }
sed -n '/^  without/p' configure.log
if grep -E '#define HAVE_(DECL_)?(RENAMEAT2|SYS_RENAMEAT2|O_PATH|O_TMPFILE|COPY_FILE_RANGE|STRUCT_STAT_ST_MTIM) 1' config.h; then
  echo "failed: this is not missing"
  exit 1
fi
make -s -j"$(nproc 2>/dev/null || echo 1)" >make.log 2>&1 || { tail -n 40 make.log; exit 1; }
mkdir -p usual posix
python3 "$here/conversions.py" usual >usual.txt
FMTCONV=$work/fmtconv
FMTCONV_PLUGIN_PATH=$work/plugins/.libs
export FMTCONV FMTCONV_PLUGIN_PATH
python3 "$here/conversions.py" posix >posix.txt
diff -u usual.txt posix.txt
echo "$(wc -l <posix.txt) outputs are the same with POSIX only"
FMTCONV_PIPELINE_PATH=$top/pipelines sh "$top/tests/cli/run.sh"
