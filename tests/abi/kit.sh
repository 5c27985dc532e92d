#!/bin/sh
# tests/abi/kit.sh: 'fmtconv new-plugin' makes plugins that build against the installed package, as C and as C++, and pass
# 'fmtconv test-plugin', which finds the defects of others.
# SPDX-License-Identifier: Apache-2.0
set -eu
source=$(cd "$(dirname "$0")" && pwd)
. "$source/stage.sh"
need_command make
FMTCONV_PLUGIN_PATH=$installed
export FMTCONV_PLUGIN_PATH
unset MAKEFLAGS MFLAGS MAKELEVEL
cd "$tmp"

# ---- Folders of all roles.
for role in reader transform writer codec; do
  "$program" -q new-plugin "a-$role" --$role || fail "new-plugin --$role"
  make -s -C "a-$role" check CC="${CC:-cc}" CFLAGS=-Werror FMTCONV="$program" >log 2>&1 || { cat log; fail "make check of a $role"; }
  grep -q '^# [0-9]* passed, 0 failed' log || fail "no summary for a $role"
  grep -q '^ok [0-9]* - the index of known plugins says what the module says$' log || { cat log; fail "the index of a $role"; }
done
for name in '' A a.b -x "a$(printf '%064d' 0)"; do
  "$program" new-plugin -- "$name" 2>err && fail "'$name' became a plugin"
done
long=a$(printf '%028d' 0)
"$program" -q new-plugin "$long" --codec || fail "a codec with a name of 29 letters"
make -s -C "$long" check CC="${CC:-cc}" CFLAGS=-Werror FMTCONV="$program" >log 2>&1 || { cat log; fail "make check of a codec with a long name"; }
"$program" new-plugin "${long}0" --codec 2>err && fail "a codec with a name of 30 letters"
grep -q "cannot be the name of a codec: .* at most 28 " err || fail "the long name: $(cat err)"
grep -q 60000 "$long/$long.c" || fail "the number of the example is another one"
grep -q 'replace it here' "$long/$long.c" || fail "the example does not say that its number has to be changed"
for name in safetensors spec; do
  "$program" new-plugin $name 2>err && fail "the name '$name' was taken twice"
  grep -q "'$name' is the name of a known plugin" err || fail "$name: $(cat err)"
done
"$program" new-plugin a-reader 2>err && fail "a folder was overwritten"
grep -q 'a-reader: File exists' err || fail "the folder in the way is not named: $(cat err)"

FMTCONV_EXAMPLE_PATH=$tmp/nothing "$program" new-plugin lost 2>err && fail "a plugin without examples"
grep -q 'nothing/transform.c: No such file or directory (hint: .*libfmtconv-dev' err || fail "no hint: $(cat err)"
test ! -e lost || fail "a folder was made without examples"

# ---- The examples are C++, too.
for role in reader transform writer codec; do
  for compiler in g++ clang++; do
    command -v $compiler >/dev/null || continue
    # shellcheck disable=SC2086 # flags are a list
    $compiler -std=c++20 -x c++ -Wall -Wextra -Wno-missing-field-initializers -Werror -shared -fPIC -fvisibility=hidden \
      "a-$role/a-$role.c" -x none $flags -o "a-$role.so" || fail "the $role as C++ by $compiler"
    sample=
    for file in "a-$role"/sample.?; do test ! -f "$file" || sample=$file; done
    "$program" test-plugin ${sample:+--sample "$sample"} "a-$role.so" >log || { cat log; fail "the $role as C++"; }
  done
done

# ---- The entry of the index is installed with the module, and its defects are found.
make -s -C a-reader install DESTDIR="$tmp/root" PKG_CONFIG="pkg-config --define-variable=indexdir=/index --define-variable=plugindir=/plugins" \
  || fail "make install"
for file in plugins/a-reader.so index/a-reader.yaml; do test -f "root/$file" || fail "$file is not installed"; done
wrong_index () { # wrong_index COMMAND-OF-SED TEXT
  sed "$1" root/index/a-reader.yaml >a-reader/a-reader.yaml
  "$program" test-plugin --sample a-reader/sample.x a-reader/a-reader.so >log 2>&1 && { cat log; fail "$1 is not found"; }
  grep -q -e "$2" log || { cat log; fail "$1: no '$2'"; }
}
wrong_index 's/suffixes: .x/suffixes: .z/' "^# suffixes of the reader is '.z' in the index, and '.x' in the module"
wrong_index 's/58 53/58 54/' "^# without the module, no message says that a copy of the sample without a suffix needs 'a-reader'"
# Without that, the message says that the entry is wrong, and not that the file is.
cp a-reader/sample.x nameless
FMTCONV_PLUGIN_PATH=$PWD/a-reader:$installed "$program" nameless b.safetensors 2>err && fail "an entry that denies the file"
grep -q "the reader 'a-reader' recognizes it, but its entry in the index .* does not (hint: read it with -r a-reader" err \
  || fail "the wrong entry is not named: $(cat err)"
cp root/index/a-reader.yaml a-reader/a-reader.yaml

# ---- Several samples; a model for a writer that takes few; a reverse with parameters; a transform that refuses.
cp a-reader/sample.x b.x
"$program" test-plugin --sample a-reader/sample.x --sample b.x a-reader/a-reader.so >log || { cat log; fail "two samples"; }
test "$(grep -c ' the sample is recognized$' log)" = 2 || { cat log; fail "not both samples"; }
"$program" test-plugin --reverse by=0.5 a-transform/a-transform.so by=2 >log || { cat log; fail "--reverse"; }
grep -q '^ok [0-9]* - the reverse leads back to the same model ' log || { cat log; fail "no reverse with parameters"; }
"$program" test-plugin --reverse by=3 a-transform/a-transform.so by=2 >log && { cat log; fail "another model"; }
for plugin in map select; do
  test -f "$installed/$plugin.so" || continue
  "$program" test-plugin "$installed/$plugin.so" >log || { cat log; fail "$plugin without parameters"; }
  grep -q "^ok [0-9]* - 1 and 8 threads make the same model, verified # SKIP it refuses the test's own model; give" log \
    || { cat log; fail "$plugin was not tested, and nothing says so"; }
done

# ---- Defects are found.
defect () { # defect NAME TEXT
  # shellcheck disable=SC2086
  ${CC:-cc} -shared -fPIC -D"$1" "$source/kit.c" $flags -o kit.so || fail "cannot build kit.c with $1"
  "$program" test-plugin --sample a-reader/sample.x kit.so >log 2>&1 && { cat log; fail "$1 is not found"; }
  grep -q -e "$2" log || { cat log; fail "$1: no '$2'"; }
}
# The crash is meant: a sanitizer leaves the signal alone.
(
  ASAN_OPTIONS=${ASAN_OPTIONS-}:handle_segv=0
  export ASAN_OPTIONS
  defect CRASH '^# crashed: Segmentation fault'
) || exit 1
defect SILENT '^# the reader fails with an internal error'
defect LOSE "^# message: .*the writer 'kit' neither emitted in full, tied nor dropped 2 of 2 tensors"
defect EXPORT '^# it exports kit_helper'
grep -q '^# it calls puts' log || fail "the call of puts is not found"
defect ZEROS '^# the decoded values are as far from the encoded ones as zeros are$'
defect CARELESS '^# the decoded values are as far from the encoded ones as zeros are, with importance$'
defect NOTHING '^not ok [0-9]* - the writer writes one of the models'
grep -q '^# give a model that it takes: --sample FILE' log || { cat log; fail "no way out"; }
"$program" test-plugin nothing.so 2>err && fail "a missing module passed"
grep -q 'nothing.so: No such file or directory' err || fail "the missing module is not named"
