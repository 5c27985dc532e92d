#!/bin/sh
# tests/cli/model-manual.sh: the model file in fmtconv-model(5) is one, and does what the page says; files that are refused.
# SPDX-License-Identifier: Apache-2.0
set -eu
here=$(cd "$(dirname "$0")" && pwd)
: "${FMTCONV:?the program to test}" "${FMTCONV_PLUGIN_PATH:?its plugins}"
. "$here/../need.sh"
page=$here/../../doc/fmtconv-model.5
tmp=$(mktemp -d "${TMPDIR:-/tmp}/fmtconv-manual.XXXXXX") || exit 99
trap 'chmod -R u+w "$tmp"; rm -rf "$tmp"' EXIT
fail () { echo "FAILED: $*"; exit 1; }
XDG_CONFIG_HOME=$tmp/config
FMTCONV_MODEL_PATH=$tmp/models
export XDG_CONFIG_HOME FMTCONV_MODEL_PATH

cd "$tmp"
mkdir -p models other config/fmtconv/models
awk '/^\.Bd -literal$/ { on = 1; next } /^\.Ed$/ { exit } on' "$page" >models/toy.yaml
test -s models/toy.yaml || fail "no model in $page"

{
  printf '%s\n' 'model.diffusion_model.in.weight [8,3]' 'model.diffusion_model.in.bias [8]'
  for i in 0 1; do
    printf "model.diffusion_model.layers.$i.%s\n" 'qkv.weight [24,8]' 'qkv.bias [24]' 'norm.scale [4]' 'up.weight [32,8]' 'up.bias [32]'
  done
} >names.txt

# The names, and the configuration.
"$FMTCONV" map -v --check toy --against names.txt >out || fail "the page's model is refused"
grep -qx 'blocks.1.to_k.weight \[8,8\] <- model.diffusion_model.layers.1.qkv.weight' out || fail "$(cat out)"
grep -q '17 names\|12 names become 20' out || fail "$(cat out)"
grep -q 'in reverse, 12 get different names' out || fail "the first prefix is not that of the reverse: $(cat out)"
"$FMTCONV" map --json --check toy --against names.txt >json || fail "no report"
for entry in '"_class_name":"ToyTransformer2DModel"' '"activation":"gelu"' '"num_layers":2' '"num_heads":2' '"guidance":false' \
  '"layers_with_norm":\[0,1\]' '"title":"Toy, 2 layers"' '"library":"diffusers"'; do
  grep -q "$entry" json || fail "no $entry: $(cat json)"
done
"$FMTCONV" map --test toy >out || fail "the page's small models fail: $(cat out)"
grep -qx 'Toy with guidance, 2 layers: 13 tensors become 21, and equal ones again in reverse, 12 missed if absent' out || fail "$(cat out)"
grep -qx 'Toy, 2 layers: 12 tensors become 20, and equal ones again in reverse, 12 missed if absent' out || fail "$(cat out)"
"$FMTCONV" models | grep -qx 'toy  *authors, diffusers  *Toy transformer from its authors to diffusers' || fail "it is not listed"
"$FMTCONV" help toy | grep -q 'reverse -t toy:reverse' || fail "no help"
"$FMTCONV" map --print toy | cmp - models/toy.yaml || fail "it is not printed"

# A gap in one layer, also of a rule that is optional; a shape; kin.
refused ()
{
  "$FMTCONV" map --check toy --against "$1" >out 2>&1 && fail "not refused: $2"
  grep -q -e "$2" out || fail "not '$2': $(cat out)"
}
grep -v 'layers.0.up.bias' names.txt >less.txt
refused less.txt "missing: 'model.diffusion_model.layers.0.up.bias'"
sed 's/layers.1/layers.2/' names.txt >gap.txt
refused gap.txt "missing: 'model.diffusion_model.layers.1.qkv.weight'"
sed 's/\[32,8\]/[31,8]/' names.txt >odd.txt
refused odd.txt 'up.weight'
{ cat names.txt; echo 'model.diffusion_model.time.weight [8]'; } >kin.txt
refused kin.txt 'unknown'

# Errors have line and column, and the nearest key.
wrong ()
{
  sed "$1" models/toy.yaml >other/toy.yaml
  FMTCONV_MODEL_PATH=$tmp/other "$FMTCONV" -t toy a b >out 2>&1 && fail "not refused: $1"
  grep -q -e "other/toy.yaml:$2" out || fail "not '$2': $(cat out)"
}
wrong 's/^title/titel/' "4:1: a model file has no key 'titel'; did you mean 'title'?"
wrong 's/heads: h/heads: k/' "12:22: 'k' is neither"
wrong 's/"{heads}"/"{head}"/' "16:14: 'head' is neither"
wrong 's/"{heads}"/"{heads"/' "16:14: .*'{' is not closed"
wrong 's/has(time/hat(time/' "11:9: 'hat' is not a function"
wrong 's/{p:q,k,v}/{p:q,k,v/' "23:5: "
wrong 's/name: toy/name: tony/' "2:7: the name is 'tony', but the file is toy.yaml"
wrong 's/authors, diffusers/diffusers/' "6:8: 'sides' are two different names"
wrong 's/^fmtconv-model: 1/fmtconv-model: 2/' "1:1: a model file must begin"

# inspect says that a model file was refused, as it may be that of the model; two that take the same tensors are named.
need safetensors
header='{"in.weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
printf "\\$(printf %o ${#header})"'\0\0\0\0\0\0\0%s\0\0\0\0' "$header" >one.safetensors
sed 's/^unless/unles/' models/toy.yaml >other/toy.yaml
FMTCONV_MODEL_PATH=$tmp/other "$FMTCONV" inspect one.safetensors >out || fail "not inspected"
grep -q "^needs .*the model file 'toy', which was refused: $tmp/other/toy.yaml:11:1: .*did you mean 'unless'?$" out || fail "$(cat out)"
rm other/toy.yaml
for name in one two; do
  printf 'fmtconv-model: 1\nname: %s\nsummary: s\nkind: vae\nsides: [a, b]\nrules:\n  - {from: in.weight, to: out.weight}\n' $name >other/$name.yaml
done
FMTCONV_MODEL_PATH=$tmp/other "$FMTCONV" one.safetensors two.safetensors 2>out && fail "one of two was chosen"
grep -q 'two transforms recognize the same tensors: one and two' out || fail "$(cat out)"

# A folder of the user replaces the installed one; a file or folder that others may write is not used, nor is a plugin of
# the same name.
cp models/toy.yaml config/fmtconv/models/mine.yaml
sed -i.bak 's/name: toy/name: mine/' config/fmtconv/models/mine.yaml
"$FMTCONV" help mine | grep -q "$tmp/config" || fail "the folder of the user is not searched"
chmod o+w models/toy.yaml
"$FMTCONV" help toy | grep -q 'refused.*everyone may write' || fail "a file that everyone may write is used"
chmod o-w models/toy.yaml
chmod o+w models
"$FMTCONV" models 2>&1 | grep -q 'is not used: everyone may write' || fail "a folder that everyone may write is used"
chmod o-w models
need cast
cp models/toy.yaml models/cast.yaml
"$FMTCONV" -t cast:f16 a b >out 2>&1 && fail "a plugin and a model of one name"
grep -q 'has the same name: rename it' out || fail "$(cat out)"
