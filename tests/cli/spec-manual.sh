#!/bin/sh
# tests/cli/spec-manual.sh: every spec in fmtconv-spec(5) is one, and its commands do what the page says.
# SPDX-License-Identifier: Apache-2.0
set -eu
here=$(cd "$(dirname "$0")" && pwd)
: "${FMTCONV:?the program to test}" "${FMTCONV_PLUGIN_PATH:?its plugins}"
. "$here/../need.sh"
need cast cogvideox-lora cogvideox-transformer cogvideox-vae diffusers gguf quantize safetensors sat torch
page=$here/../../doc/fmtconv-spec.5
tmp=$(mktemp -d "${TMPDIR:-/tmp}/fmtconv-manual.XXXXXX") || exit 99
trap 'chmod -R u+w "$tmp"; rm -rf "$tmp"' EXIT
fail () { echo "FAILED: $*"; exit 1; }
fmtconv () { "$FMTCONV" -q "$@" || fail "fmtconv $*"; }
unset FMTCONV_PIPELINE_PATH
XDG_CONFIG_HOME=$tmp/config
export XDG_CONFIG_HOME

cd "$tmp"
awk '/^\.Bd -literal$/ { file = "spec" ++n ".yaml"; next } /^\.Ed$/ { file = ""; next } file { print >file }' "$page"
test -f spec6.yaml && test ! -f spec7.yaml || fail "not six specs in $page"
cp -r "$here/../data/ckpts_2b_lora" . && chmod -R u+w ckpts_2b_lora

# The synopsis converts.
fmtconv -p spec1.yaml
fmtconv -t cogvideox-lora:alpha=64 -t cast:to=bf16 ckpts_2b_lora other.safetensors
cmp pytorch_lora_weights.safetensors other.safetensors || fail "the synopsis is another conversion"

# The components are what the page says, with and without a text encoder.
mkdir -p t5/text_encoder t5/tokenizer
touch t5/tokenizer/spiece.model t5/tokenizer/tokenizer_config.json t5/tokenizer/other
components ()
{
  count=$1
  shift
  fmtconv -p spec2.yaml -D ckpt=a -D vae=b "$@" --print-spec out/ >printed
  test "$(grep -c '^  [a-z_0-9]*:$' printed)" = "$count" || fail "not $count components: $(cat printed)"
}
components 2
components 4 -D t5=t5
grep -q '^    copy: {from: t5/tokenizer, files: \[spiece.model, tokenizer_config.json\]}$' printed || fail "$(cat printed)"
grep -q '^    read: {diffusers: {path: t5/text_encoder}}$' printed || fail "$(cat printed)"

# Each of several outputs is what a run of its own gives; the last one is there only where it has a path.
mkdir outputs alone
mv spec3.yaml outputs/three.yaml
fmtconv -p outputs/three.yaml other.safetensors
test -f outputs/q8.gguf && test ! -f outputs/q4.gguf || fail "not two outputs"
fmtconv -f -p outputs/three.yaml -D small=outputs/q4.gguf other.safetensors
fmtconv -t cast:to=f16 other.safetensors alone/f16.safetensors
fmtconv -t quantize:to=q8_0 -w gguf:architecture=mine other.safetensors alone/q8.gguf
fmtconv -t quantize:to=q4_K -w gguf:architecture=mine other.safetensors alone/q4.gguf
for file in f16.safetensors q8.gguf q4.gguf; do
  cmp outputs/$file alone/$file || fail "$file is another where it is made with others"
done

# A spec as an input, in the commands of the page and in another spec, is the chain that one command can say.
cp -r ckpts_2b_lora ckpts_5b
mv spec5.yaml transformer.yaml
for to in Q4_K Q8_0; do
  fmtconv -r sat -t cogvideox-transformer -t quantize:to=$to -w gguf ckpts_5b one-$to.gguf
done
sed -n 's/^\.Dl \(fmtconv -r spec.*\)$/\1/p' "$page" >commands
test "$(wc -l <commands)" = 3 || fail "not three commands with -r spec: $(cat commands)"
. ./commands
fmtconv -p spec4.yaml
for made in out transformer q8; do
  cmp $made.gguf one-Q8_0.gguf || fail "$made.gguf is another conversion"
done
cmp q4.gguf one-Q4_K.gguf || fail "q4.gguf is another conversion"

# The preset of one's own, once it lies where the page says.
mkdir -p config/fmtconv/pipelines
mv spec6.yaml config/fmtconv/pipelines/half.yaml
fmtconv -p half other.safetensors half.safetensors
fmtconv -t cast:to=bf16 other.safetensors same.safetensors
cmp half.safetensors same.safetensors || fail "the preset is another conversion"
"$FMTCONV" help half | grep -q '^half: Any checkpoint in half precision$' || fail "no help for the preset"

# What the page says of an error is what is said.
{ head -n 2 spec1.yaml && echo 'transform: [{cogvideox-lora: {alhpa: 64}}]' && tail -n 1 spec1.yaml; } >lora.yaml
"$FMTCONV" -p lora.yaml 2>err && fail "a wrong key was taken"
said=$(sed -n 's/^\.Dl \(fmtconv: lora.yaml:.*\)$/\1/p' "$page")
test -n "$said" || fail "the page shows no error of lora.yaml"
grep -qF "$said" err || fail "$(cat err)"
