#!/bin/sh
# tests/abi/presets.sh: the specs that are installed lie where the library looks for them, and each is sound.
# SPDX-License-Identifier: Apache-2.0
set -eu
source=$(cd "$(dirname "$0")" && pwd)
. "$source/stage.sh"
: "${FMTCONV_PRESETS:?the folder of the presets}"

folder=$stage$FMTCONV_PRESETS
grep -q "$FMTCONV_PRESETS" "$library/libfmtconv-core.so" || fail "the library does not look into $FMTCONV_PRESETS"
FMTCONV_PIPELINE_PATH=$folder
export FMTCONV_PIPELINE_PATH
run () { "$program" --plugin-dir "$installed" "$@"; }
for name in cogvideox-lora cogvideox-pipeline; do
  test -f "$folder/$name.yaml" || fail "$name.yaml is not installed"
  "$program" plugins --plugin-dir "$installed" | grep -q "^$name  *spec  *[A-Z]" || fail "$name is not listed"
  "$program" help --plugin-dir "$installed" "$name" | grep -q "^  use     fmtconv -p $name .*INPUT OUTPUT$" || fail "$name has no help"
  run -p "$name" 2>"$tmp/err" && fail "$name needs nothing"
  grep -q "$folder/$name.yaml: values are missing" "$tmp/err" || fail "$name: $(cat "$tmp/err")"
done

# A home that belongs to another user is not searched, and stops no command.
test "$(id -u)" = 0 || exit 0
mkdir -p "$tmp/home/.config/fmtconv/pipelines"
sed 's/^# .*/# of another user/' "$folder/cogvideox-lora.yaml" >"$tmp/home/.config/fmtconv/pipelines/another.yaml"
listed () { HOME=$tmp/home XDG_CONFIG_HOME="" "$program" plugins --plugin-dir "$installed" 2>&1; }
listed | grep -q '^another  *spec' || fail "the user's preset is not found"
chmod 700 "$tmp/home/.config"
chown -R 65534 "$tmp/home"
listed | grep -q '^another' && fail "a preset of another user is listed"
listed >"$tmp/out" || fail "the home of another user: $(cat "$tmp/out")"
