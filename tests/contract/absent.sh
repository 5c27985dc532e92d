#!/bin/sh
# tests/contract/absent.sh: with any one plugin missing, a conversion gives the same bytes, or fails and names the package.
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/../need.sh"
. "$(dirname "$0")/../cli/prelude.sh"
need cast cogvideox-lora cogvideox-transformer diffusers gguf quantize safetensors sat torch
need_modules
: "${srcdir:=.}" "${FMTCONV:=./fmtconv}"
sources=$(cd "$srcdir/plugins" && pwd)
data=$(cd "$srcdir/tests/data" && pwd)
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
failed=0
fail () { echo "FAIL: $*"; failed=1; }

# The index stays; the folder of the modules is a copy, from which one is taken away.
mkdir "$tmp/index" "$tmp/modules" "$tmp/all"
plugins=
for module in $FMTCONV_BUILT; do
  module=${module##*/}
  plugins="$plugins ${module%.la}"
  ln -s "$FMTCONV_PLUGIN_PATH/${module%.la}.so" "$tmp/modules"
done
sh "$srcdir/plugins/index.sh" 'the-package-of-%s' >"$tmp/index/fmtconv.yaml" || exit 99
FMTCONV_INDEX_PATH=$tmp/index
FMTCONV_PLUGIN_PATH=$tmp/modules
XDG_CONFIG_HOME=$tmp/config
export FMTCONV_INDEX_PATH FMTCONV_PLUGIN_PATH XDG_CONFIG_HOME
cd "$tmp" || exit 99

# ---- The conversions: reading, writing, recognition, chains of plugins that call others, specs, comparisons.
small small.safetensors
cat >lora.yaml <<END
fmtconv: 1
variables: {data: }
read: {sat: {path: "\${data}/ckpts_2b_lora"}}
transform: [cogvideox-lora]
write: {safetensors: {path: "\${output}"}}
END
convert () { "$FMTCONV" -q "$@"; }
c_lora () { convert "$data/ckpts_2b_lora" "$1/lora.safetensors"; }
c_folder () { convert "$data/ckpts_2b_lora" "$1/lora/"; }
c_base () { convert -t cogvideox-transformer "$data/ckpts_2b_lora" "$1/base/"; }
c_raw () { convert -t none "$data/ckpts_2b_lora" "$1/raw.pt"; }
c_legacy () { convert "$data/torch/tiny.pt" "$1/tiny.safetensors"; }
c_plain () { convert small.safetensors "$1/small.pt"; }
c_from_pt () { convert small.pt "$1/from-pt.safetensors"; }
c_gguf () { convert -t cogvideox-transformer "$data/ckpts_2b_lora" "$1/base.gguf"; }
c_named () { convert -w gguf:architecture=toy small.safetensors "$1/small.gguf"; }
c_from_gguf () { convert small.gguf "$1/from-gguf.safetensors"; }
c_from_folder () { convert base "$1/base.safetensors"; }
c_quantized () { convert -t quantize:to=q8_0,keep=layer.bias -w gguf:architecture=toy small.safetensors "$1/small-q.gguf"; }
c_cast () { convert --dtype bf16 small.safetensors "$1/small-bf16.safetensors"; }
c_spec () { convert -p "$tmp/lora.yaml" -D data="$data" "$1/spec.safetensors"; }
c_diff () { "$FMTCONV" diff small.pt small.safetensors >"$1/diff"; }
c_map () { "$FMTCONV" map --print cogvideox-lora >"$1/map"; }

all='lora folder base raw legacy plain gguf named quantized cast spec map'
more='from_pt from_gguf from_folder diff'
for name in $all; do "c_$name" all || fail "$name does not convert with all plugins"; done
cp all/small.pt all/small.gguf . && cp -r all/base . || exit 99
for name in $more; do "c_$name" all || fail "$name does not convert with all plugins"; done

# without WORDS PLUGIN...: what converts without them gives the same bytes; an error names the package of one of them.
without () {
  words=$1
  shift
  groups=
  for plugin; do
    mv "modules/$plugin.so" away
    groups="$groups -e the-package-of-$(sed -n 's/^package: *//p' "$sources/$plugin/known.yaml")"
  done
  for name in $all $more; do
    rm -rf now && mkdir now
    if "c_$name" now >err 2>&1; then
      for made in now/*; do
        diff -r "$made" "all/${made#now/}" >/dev/null || fail "without $words, $name writes something else"
      done
    else
      # shellcheck disable=SC2086 # options
      grep -q $groups err || { fail "without $words, $name does not name its package:"; cat err; }
      case $name in
        diff | map) ;; # the shell made the file
        *) test -z "$(ls now)" || fail "without $words, $name leaves an output" ;;
      esac
    fi
  done
  mv away/*.so modules
}

# ---- Each plugin is taken away in turn; at once those that only run when they are named, and are not named here.
mkdir away
others=
for plugin in $plugins; do
  case $plugin in
    cast | quantize) without "$plugin" "$plugin" ;;
    *) if grep -qx 'transform: {}' "$sources/$plugin/known.yaml"; then others="$others $plugin"; else without "$plugin" "$plugin"; fi ;;
  esac
done
# shellcheck disable=SC2086 # a list of names
test -z "$others" || without "$others" $others

# says WHAT TEXT: the last message holds it.
says () { grep -qF -e "$2" err || { fail "$1: '$2' is not in:"; cat err; }; }

# ---- The messages, and how to go on without the plugin.
rm -rf now && mkdir now
mv modules/cogvideox-lora.so away
c_lora now 2>err && fail 'a LoRA was converted without its transform'
says lora "the plugin 'cogvideox-lora', which converts this model, is not installed"
says lora 'install the package the-package-of-cogvideox, or choose the transforms with -t (-t none keeps all tensors unchanged)'
convert -t none "$data/ckpts_2b_lora" now/none.safetensors || fail '-t none does not work without a transform'
convert -t cogvideox-transformer "$data/ckpts_2b_lora" now/base/ || fail 'another -t does not work without a transform'
convert -t cogvideox-lora "$data/ckpts_2b_lora" now/x.safetensors 2>err && fail 'a transform that is not there ran'
says '-t' "the transform 'cogvideox-lora' is not installed (hint: install the package the-package-of-cogvideox)"
"$FMTCONV" inspect "$data/ckpts_2b_lora" >err 2>&1 || fail 'inspect fails without a transform'
says inspect 'lora'
says inspect 'needs       the plugin cogvideox-lora, which is not installed: install the package the-package-of-cogvideox'
"$FMTCONV" plugins >err
says plugins 'cogvideox-lora         not installed'
"$FMTCONV" plugins --json >err
says json '"name":"cogvideox-lora"'
says json '"installed":false,"package":"the-package-of-cogvideox","path":null,"roles":["transform"]'
"$FMTCONV" help cogvideox-lora >err
says help 'not installed: install the package the-package-of-cogvideox'
# A model that the missing transform does not recognize converts as ever.
c_plain now 2>err || { fail 'a missing transform stops another model'; cat err; }
mv away/*.so modules

mv modules/torch.so away
cp small.pt nameless
convert -r safetensors nameless now/x.safetensors 2>err && fail 'a reader read the wrong format'
says '-r' 'nameless'
convert nameless now/x.safetensors 2>err && fail 'a file was read without its reader'
says reader "nameless: the plugin 'torch', which reads such a file, is not installed (hint: install the package the-package-of-torch, or name another reader with -r)"
mv away/*.so modules

# ---- A module that is refused.
echo 'not a module' >modules/broken.so
c_plain now2 2>err && fail 'a module that nobody knows was refused, and the conversion went on'
says unknown "the plugin 'broken' was refused, so it is not known whether it would be chosen"
rm -rf now && mkdir now
convert -r safetensors -t none -w torch small.safetensors now/small.pt 2>err || { fail 'a refused module stops a complete chain'; cat err; }
rm modules/broken.so
mv modules/cogvideox-lora.so away
echo 'not a module' >modules/cogvideox-lora.so
c_lora now 2>err && fail 'a LoRA was converted although its transform was refused'
says refused "the plugin 'cogvideox-lora', which converts this model, was refused: $tmp/modules/cogvideox-lora.so: cannot be loaded"
rm -rf now && mkdir now
c_plain now 2>err || { fail 'a refused transform stops another model'; cat err; }
chmod 666 modules/cogvideox-lora.so
rm -rf now && mkdir now
"$FMTCONV" small.safetensors now/small.pt 2>err || { fail 'a refused transform stops another model'; cat err; }
says unused "warning: the plugin $tmp/modules/cogvideox-lora.so is not used: everyone may write to it (mode 0666)"
rm modules/cogvideox-lora.so
mv away/*.so modules

# ---- The index itself.
rm -rf now && mkdir now
FMTCONV_INDEX_PATH=$tmp/none
if ! ls "${FMTCONV_INDEX_INSTALLED:-/nowhere}"/*.yaml >/dev/null 2>&1; then
  "$FMTCONV" small.safetensors now/small.pt 2>err || fail 'nothing converts without the index'
  cmp -s now/small.pt small.pt || fail 'the bytes differ without the index'
  says 'no index' 'warning: the index of plugins'
  says 'no index' 'fmtconv.yaml is missing: a plugin that is not installed cannot be named'
fi
FMTCONV_INDEX_PATH=$tmp/index
printf 'fmtconv-index: 1\nplugins:\n- name: other\n  transform: {knd: lora}\n' >index/other.yaml
convert small.safetensors now/y.pt 2>err && fail 'a malformed index was accepted'
says malformed "$tmp/index/other.yaml:4:15"
says malformed "kind"
printf 'fmtconv-index: 1\nplugins:\n- name: other\n  package: other-plugins\n  transform: {kind: x, tensors: ["layer.{w", "layer.bias"]}\n' >index/other.yaml
convert small.safetensors now/y.pt 2>err && fail 'a malformed pattern was accepted'
says pattern "$tmp/index/other.yaml:5"
# A drop-in of another package is as good as ours.
printf 'fmtconv-index: 1\nplugins:\n- name: other\n  package: other-plugins\n  transform:\n    kind: toy\n    tensors: ["layer.{w:weight,bias}", steps]\n- name: torch\n  reader: {}\n' >index/other.yaml
convert small.safetensors now/y.pt 2>err && fail 'a model was converted without the transform of a drop-in'
says drop-in "the plugin 'other', which converts this model, is not installed (hint: install the package other-plugins"
says twice "the plugin 'torch' is described already"
chmod 666 index/other.yaml
convert small.safetensors now/y.pt 2>err && fail 'an index that everyone may write was used'
says trust "the index of plugins $tmp/index/other.yaml is not used: everyone may write to it (mode 0666)"
exit $failed
