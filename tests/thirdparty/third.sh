# tests/thirdparty/third.sh: builds a plugin of others against the installed package, and tests it; to be sourced.
# SPDX-License-Identifier: Apache-2.0
#
# build NAME: compiles NAME.c into the folder `plugins`.  reference NAME [MODULE...]: runs check_NAME.py, in which the reference
# software says what is right, if FMTCONV_PYTHON has these modules.  accept NAME [SAMPLE [PARAMETERS]]: 'fmtconv test-plugin'.
# Needs here, the folder of this file.
source=$here/../abi
. "$source/stage.sh"
mkdir "$tmp/plugins"
FMTCONV=$program
FMTCONV_PLUGIN_PATH=$tmp/plugins:$installed
PYTHONDONTWRITEBYTECODE=1
export FMTCONV FMTCONV_PLUGIN_PATH PYTHONDONTWRITEBYTECODE

build ()
{
  # shellcheck disable=SC2046,SC2086 # flags are lists
  ${CC:-cc} -std=c11 -D_GNU_SOURCE -O1 -Wall -Wextra -Werror ${SANITIZER_CFLAGS-} -shared -fPIC -fvisibility=hidden \
    "$here/$1.c" $flags $(pkg-config --variable=plugin_ldflags fmtconv) -lm -o "$tmp/plugins/$1.so" || fail "cannot build $1"
}

accept ()
{
  name=$1 sample=${2-} parameters=${3-}
  "$program" test-plugin ${sample:+--sample "$sample"} "$tmp/plugins/$name.so" ${parameters:+"$parameters"} >"$tmp/log" 2>&1 \
    || { cat "$tmp/log"; fail "test-plugin of $name"; }
  grep -q ', 0 failed' "$tmp/log" || fail "no summary of $name: $(tail -n 3 "$tmp/log")"
}

reference ()
{
  name=$1
  shift
  for module; do
    if test -z "${FMTCONV_PYTHON-}" || ! "$FMTCONV_PYTHON" -c "import $module" 2>/dev/null; then
      echo "not compared with the reference: FMTCONV_PYTHON names no Python with $module"
      return 0
    fi
  done
  (cd "$tmp" && "$FMTCONV_PYTHON" -W ignore "$here/check_$name.py") || fail "check_$name.py"
}
