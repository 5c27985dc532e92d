#!/bin/sh
# tests/cli/completion.sh: what TAB does in bash (with and without bash-completion), zsh and fish.
# SPDX-License-Identifier: Apache-2.0
here=$(cd "$(dirname "$0")" && pwd)
: "${FMTCONV:?the program to test}" "${FMTCONV_PLUGIN_PATH:?its plugins}"
. "$here/../need.sh"
need cast cogvideox-lora dequantize drop gguf lora-merge lora-names map quantize safetensors
need_command python3
completions=$here/../../cli/completion
: "${FMTCONV_PIPELINE_PATH=$(cd "$here/../../pipelines" && pwd)}"
export FMTCONV_PIPELINE_PATH

work=$(mktemp -d "${TMPDIR:-/tmp}/fmtconv-completion.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin" "$work/now" "$work/home"
printf '#!/bin/sh\nexec "%s" "$@"\n' "$FMTCONV" >"$work/bin/fmtconv"
chmod +x "$work/bin/fmtconv"
PATH=$work/bin:$PATH
HOME=$work/home
LC_ALL=C.UTF-8
export PATH HOME LC_ALL
unset XDG_CONFIG_HOME
cd "$work/now" || exit 99
: >rules.yaml
mkfifo fifo
# tensors FILE NAME...: f32 tensors of one element.
tensors ()
{
  python3 - "$@" <<'EOF'
import json, struct, sys
header = {name: {"dtype": "F32", "shape": [1], "data_offsets": [4 * i, 4 * i + 4]} for i, name in enumerate(sys.argv[2:])}
text = json.dumps(header).encode()
open(sys.argv[1], "wb").write(struct.pack("<Q", len(text)) + text + bytes(4 * len(header)))
EOF
}
tensors two.safetensors only.tensor other.tensor
tensors 'a name.safetensors' spaced

failed=0
# Every value that is offered is one.
accepted () # accepted CHAIN...: before the value
{
  for before; do
    "$FMTCONV" complete -- -t "$before" | sed -n 's/	.*//p' >values
    test -s values || { echo "FAIL: no values for $before"; failed=1; }
    while read -r value; do
      case $value in quantize:to=f8_e[45]m[23]) value=$value,scale=row ;; esac # needed for these
      "$FMTCONV" -n -q -t "$value" two.safetensors out.gguf >/dev/null 2>err
      test $? -ne 2 || { echo "FAIL: $value is offered, but refused: $(cat err)"; failed=1; }
    done <values
  done
}
accepted quantize:to= quantize:to=q8_0,rest= quantize:to=f8_e4m3,scale=block,block= cast:to= dequantize:to= \
  cast:to=f16,keep= lora-names:to=

ran=
shell () # shell NAME SCRIPT [BASH-COMPLETION]
{
  if command -v "$1" >/dev/null; then
    ran="$ran $1"
    python3 "$here/complete_shells.py" "$@" || failed=1
  else
    echo "not tested: there is no $1"
    missing="$missing $1"
  fi
}
missing=
shell bash "$completions/bash/fmtconv"
library=/usr/share/bash-completion/bash_completion
if test -f $library; then shell bash "$completions/bash/fmtconv" $library; else missing="$missing bash-completion"; fi
shell zsh "$completions/zsh/_fmtconv"
shell fish "$completions/fish/fmtconv.fish"
test $failed = 0 || exit 1
test -z "$missing" || skip "tested in$ran only; not installed:$missing"
