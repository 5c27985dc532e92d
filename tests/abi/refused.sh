#!/bin/sh
# tests/abi/refused.sh: a module that cannot be used is listed with the reason, named when it is asked
# for, and stops what it could have taken part in.
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/../need.sh"
need safetensors
: "${srcdir:=.}" "${CC:=cc}" "${FMTCONV:=./fmtconv}"
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
failed=0

# build NAME SOURCE [FLAGS]: lazily bound, as a compiler does it unasked.
build () {
  # shellcheck disable=SC2086 # CC may hold options
  $CC -shared -fPIC -Wl,-z,lazy -I"$srcdir/include" $3 "$srcdir/tests/abi/$2.c" -o "$dir/$1.so" || exit 99
  chmod 755 "$dir/$1.so"
}

# says FILE TEXT: the output holds it.
says () {
  grep -qF -- "$2" "$dir/$1" && return
  echo "FAIL: '$2' is not in:"
  cat "$dir/$1"
  failed=1
}

build good good
build wrong-abi wrong-abi
build no-descriptor no-descriptor
build undefined-symbol undefined-symbol
build renamed good
build loop loop
build other good '-Dgood_LTX_fmtconv_plugin=other_LTX_fmtconv_plugin'
build open-to-all good
chmod 777 "$dir/open-to-all.so"
cp "$dir/good.so" "$dir/Bad_Name.so"

of_the_build=$FMTCONV_PLUGIN_PATH
FMTCONV_PLUGIN_PATH=$dir:$of_the_build
export FMTCONV_PLUGIN_PATH
"$FMTCONV" plugins >"$dir/list" 2>&1 || { echo "FAIL: fmtconv plugins failed"; failed=1; }
grep '^good ' "$dir/list" >"$dir/line"
says line 'keeps everything'
refused () {
  grep "^$1 " "$dir/list" >"$dir/line"
  says line "$2"
}
refused wrong-abi 'it was built for plugin ABI 42, but this fmtconv has ABI 1: rebuild the plugin'
refused no-descriptor 'it has no descriptor no_descriptor_LTX_fmtconv_plugin'
refused undefined-symbol 'undefined symbol: fmtconv_function_of_tomorrow'
refused renamed "its descriptor is for 'good': rename the file to good.so"
refused open-to-all 'everyone may write to it (mode 0777)'
refused Bad_Name "its file name is not a plugin name"
refused other "its name is 'good', but its file is other.so"

: >"$dir/in"
"$FMTCONV" -t wrong-abi "$dir/in" "$dir/out.safetensors" >"$dir/asked" 2>&1
test $? -eq 1 || { echo "FAIL: a refused plugin that is asked for is not an error of the installation"; failed=1; }
says asked "plugin 'wrong-abi' ($dir/wrong-abi.so) was refused"

printf '\002\000\000\000\000\000\000\000{}' >"$dir/in.safetensors"
"$FMTCONV" "$dir/in.safetensors" "$dir/out.safetensors" >"$dir/asked" 2>&1 && { echo "FAIL: nobody knows what the refused plugins do, and one was passed over"; failed=1; }
says asked "was refused, so it is not known whether it would be chosen"
says asked "mend or remove that file, or name the writer with -w"
"$FMTCONV" -r safetensors -t none -w safetensors "$dir/in.safetensors" "$dir/given.safetensors" >"$dir/asked" 2>&1 \
  || { echo "FAIL: refused plugins stop a complete chain:"; cat "$dir/asked"; failed=1; }

# A truncated module is refused, and does not end the program: the loader would map bytes that are not there.
mkdir "$dir/cut"
bytes=$(wc -c <"$dir/good.so")
for part in 0 1 2 3 4 5 6 7; do
  head -c $((bytes * part / 8 + 1)) "$dir/good.so" >"$dir/cut/cut.so"
  FMTCONV_PLUGIN_PATH=$dir/cut:$of_the_build "$FMTCONV" plugins >"$dir/list" 2>&1 \
    || { echo "FAIL: $part eighths of a module end the list: $?"; failed=1; }
  refused cut REFUSED
done
head -c $((bytes / 4)) "$dir/good.so" >"$dir/cut/cut.so"
FMTCONV_PLUGIN_PATH=$dir/cut:$of_the_build "$FMTCONV" plugins >"$dir/list" 2>&1
refused cut "it is truncated: the file has $((bytes / 4)) bytes, and a segment is at"

mkdir "$dir/loops"
mv "$dir/loop.so" "$dir/loops"
FMTCONV_PLUGIN_PATH=$dir/loops:$of_the_build
echo x >"$dir/in.loop"
"$FMTCONV" "$dir/in.loop" "$dir/out.safetensors" >"$dir/asked" 2>&1 && { echo "FAIL: a loop ended well"; failed=1; }
says asked "readers call each other more than 8 levels deep; the last is 'loop'"
"$FMTCONV" "$dir/in.safetensors" "$dir/out.loop" >"$dir/asked" 2>&1 && { echo "FAIL: a writer's loop ended well"; failed=1; }
says asked "writers call each other more than 8 levels deep; the last is 'loop'"

FMTCONV_PLUGIN_PATH=$dir:$of_the_build
chmod 777 "$dir"
"$FMTCONV" plugins >"$dir/list" 2>&1
says list "the plugin folder $dir is not used: everyone may write to it (mode 0777)"
if grep -q '^good ' "$dir/list"; then
  echo 'FAIL: a plugin was taken from a folder that anyone may write to'
  failed=1
fi
exit $failed
