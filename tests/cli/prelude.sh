# tests/cli/prelude.sh: what every case may use: try, small.
# SPDX-License-Identifier: Apache-2.0

# try ARGUMENT...: run fmtconv; the command appears in both streams, its exit status on stdout.
try ()
{
  echo "\$ fmtconv $*"
  echo "\$ fmtconv $*" >&2
  fmtconv "$@"
  echo "[$?]"
}

# small FILE: a safetensors file of three tensors, one of them with a value that f16 cannot hold exactly.
small ()
{
  header='{"__metadata__":{"made":"by hand"},"layer.weight":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},'
  header=$header'"layer.bias":{"dtype":"F32","shape":[2],"data_offsets":[16,24]},'
  header=$header'"steps":{"dtype":"I64","shape":[],"data_offsets":[24,32]}}'
  printf "\\$(printf %o ${#header})"'\0\0\0\0\0\0\0%s' "$header" >"$1"
  printf '\0\0\200\77\0\0\0\100\0\0\100\100\0\0\200\100' >>"$1" # 1 2 3 4
  printf '\275\67\206\65\315\314\314\75' >>"$1"                 # 1e-6 0.1
  printf '\7\0\0\0\0\0\0\0' >>"$1"
}
