#!/bin/sh
# tests/cli/many-files.sh: an input of more files than a process may have open, and an output of too many.
# SPDX-License-Identifier: Apache-2.0
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../need.sh"
need safetensors
python=${FMTCONV_PYTHON:-python3}
need_command "$python"
: "${FMTCONV:?the program to test}"
folder=$(mktemp -d) || exit 99
trap 'rm -rf "$folder"' EXIT INT TERM
cd "$folder" || exit 99

fail () { echo "many-files.sh: $*" >&2; exit 1; }

# 300 shards of one tensor, and the file that holds them all.
"$python" - <<'P' || exit 99
import json, os, struct
N, BYTES = 300, 8192
def file(path, tensors):
    header = {name: {"dtype": "F32", "shape": [BYTES // 4], "data_offsets": [i * BYTES, (i + 1) * BYTES]}
              for i, (name, _) in enumerate(tensors)}
    text = json.dumps(header).encode()
    with open(path, "wb") as out:
        out.write(struct.pack("<Q", len(text)) + text + b"".join(data for _, data in tensors))
all_tensors = [(f"w{i:03}", struct.pack("<f", i) * (BYTES // 4)) for i in range(N)]
os.mkdir("in")
for i, tensor in enumerate(all_tensors):
    file(f"in/model-{i + 1:05}-of-{N:05}.safetensors", [tensor])
with open("in/model.safetensors.index.json", "w") as out:
    json.dump({"metadata": {}, "weight_map": {name: f"model-{i + 1:05}-of-{N:05}.safetensors"
                                              for i, (name, _) in enumerate(all_tensors)}}, out)
P
"$FMTCONV" -q -t none in all.safetensors || fail "cannot convert without a limit"

(
  # A program with a sanitizer and the dynamic linker need some; 64 is far below 300.
  # shellcheck disable=SC3045 # dash and bash have it
  ulimit -n 64 || exit 77
  for jobs in 1 8; do
    "$FMTCONV" -f -q -t none -j $jobs in out.safetensors || fail "cannot convert with 64 descriptors and $jobs threads"
    cmp all.safetensors out.safetensors || fail "the output differs with $jobs threads"
  done
  "$FMTCONV" -f -q --verify in out.safetensors || fail "cannot choose transforms, and verify, with 64 descriptors"
  cmp all.safetensors out.safetensors || fail "the chosen transforms' output differs"
  "$FMTCONV" verify -q -t none --against in all.safetensors >/dev/null || fail "cannot verify with 64 descriptors"
  mkdir shards
  "$FMTCONV" -q -t none -w safetensors:max-shard-size=20000 in shards/x.safetensors 2>message && fail "150 outputs with 64 descriptors"
  grep -q 'ulimit -n' message || fail "the message: $(cat message)"
  [ -z "$(ls -A shards)" ] || fail "something is left of the output"
) || exit
# Inputs give way to outputs, and both to journals and folders, whatever the number is and whoever began the program.
for limit in 250 231 212 193; do
  (
    # shellcheck disable=SC3045 # dash and bash have it
    ulimit -n $limit || exit 77
    exec 3</dev/null 5</dev/null 7</dev/null 8</dev/null
    "$FMTCONV" -f -q -t none --verify -w safetensors:max-shard-size=20000 in shards/x.safetensors ||
      fail "cannot write 150 shards with $limit descriptors"
    "$FMTCONV" -f -q -t none shards/x.safetensors.index.json out.safetensors || fail "cannot read the 150 shards"
    cmp all.safetensors out.safetensors || fail "the 150 shards differ"
  ) || exit
done

# 4000 files of 100 bytes each: the default limit of memory counts files, too.
"$python" - <<'P' || exit 99
import json, os, struct
N = 4000
os.mkdir("tiny")
for i in range(N):
    text = json.dumps({f"w{i}": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}}).encode()
    with open(f"tiny/m-{i:05}.safetensors", "wb") as out:
        out.write(struct.pack("<Q", len(text)) + text + b"\1")
with open("tiny/model.safetensors.index.json", "w") as out:
    json.dump({"weight_map": {f"w{i}": f"m-{i:05}.safetensors" for i in range(N)}}, out)
P
"$FMTCONV" -q -t none tiny tiny.safetensors || fail "cannot convert 4000 small files with the default limit of memory"
