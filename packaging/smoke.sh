#!/bin/sh
# packaging/smoke.sh: converts the sample of the source package to all formats and back, with an installed fmtconv.
# SPDX-License-Identifier: Apache-2.0
#
# Usage: packaging/smoke.sh FOLDER; the outputs stay in FOLDER.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
sample=$top/tests/data/ckpts_2b_lora
cd "$1"

die () { echo "FAIL: $*" >&2; exit 1; }
convert () { fmtconv -qq --force "$@" || die "fmtconv $*"; }
same () { fmtconv diff "$1" "$2" || die "$1 and $2 differ"; }

fmtconv --version
fmtconv plugins >plugins.txt
if grep REFUSED plugins.txt; then die 'a plugin is refused'; fi
for fragment in "$top"/plugins/*/local.mk; do
  name=$(basename "$(dirname "$fragment")")
  if grep -qs '^FC_PLUGIN_ASKED' "$top/plugins/$name/configure.m4"; then continue; fi # in no package
  grep -q "^$name " plugins.txt || die "the plugin '$name' is not installed"
done

# ---- The LoRA of a training checkpoint: found by itself, by a preset, and with a plugin that is named.
fmtconv inspect "$sample"
convert --verify "$sample" lora.safetensors
convert -p cogvideox-lora "$sample" preset.safetensors
convert -t cogvideox-lora "$sample" named.safetensors
cmp lora.safetensors preset.safetensors
cmp lora.safetensors named.safetensors

# ---- Each format and back.
convert -t none lora.safetensors lora.pt
convert -t none lora.pt back.safetensors
same lora.safetensors back.safetensors
convert -t none -w gguf:architecture=cogvideox lora.safetensors lora.gguf
convert -t none lora.gguf back.safetensors
same lora.safetensors back.safetensors

# ---- The base model: a folder of diffusers, GGUF, and again a training checkpoint.
convert -t cogvideox-transformer "$sample" transformer/
convert -t none -w gguf:architecture=cogvideox transformer transformer.gguf
same transformer transformer.gguf
convert -t cogvideox-transformer:reverse -w sat transformer run/
convert -t cogvideox-transformer:version=2b run again/
same transformer again

# ---- Regular expressions are in a package of their own.
convert -t 'rename:from=^transformer[.],to=' lora.safetensors renamed.safetensors
fmtconv inspect --tensors renamed.safetensors >names.txt
if grep -q 'transformer[.]' names.txt || ! grep -q '^transformer_blocks[.]0' names.txt; then die 'rename'; fi
echo 'all conversions passed'
