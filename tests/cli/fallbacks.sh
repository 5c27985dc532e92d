#!/bin/sh
# tests/cli/fallbacks.sh: on systems that lack calls, or /proc, outputs and refusals are the same and nothing is left.
# SPDX-License-Identifier: Apache-2.0
here=$(cd "$(dirname "$0")" && pwd)
: "${FMTCONV:?the program to test}" "${FMTCONV_PLUGIN_PATH:?its plugins}" "${WITHOUT:=$PWD/tests/cli/without}"
. "$here/../need.sh"
need cast cogvideox-lora diffusers safetensors sat torch
"$WITHOUT" renameat2=ENOSYS true || skip "system calls cannot be refused here"

work=$(mktemp -d "${TMPDIR:-/tmp}/fmtconv-fallbacks.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 99
umask 027
export TMPDIR="$work/tmp"
mkdir tmp cache cache/blobs cache/snapshots cache/snapshots/1 outside
cp -r "$here/../data/ckpts_2b_lora" ckpt && chmod -R u+w ckpt
(. "$here/prelude.sh"; small a.safetensors)
# A folder of a cache of links to blobs, one that leads elsewhere, and one that leads to itself.
cp -r ckpt cache/blobs/b && ln -s ../../blobs/b cache/snapshots/1/ckpt
cp a.safetensors cache/blobs/0123
mkdir named evil round
ln -s ../../blobs/0123 cache/snapshots/1/model.safetensors
ln -s ../a.safetensors evil/model.safetensors
ln -s model.safetensors round/model.safetensors
(cd named && cp ../a.safetensors real.bin && ln -s "$work/named/./real.bin" model.safetensors)

# The commands, each with its status; what they write and say is compared.
commands () {
  rm -rf out && mkdir out && cd out || exit 99
  for args in "../ckpt lora.safetensors" "../ckpt lora.safetensors" "-f ../ckpt lora.safetensors" "../ckpt new/" "../ckpt new/" \
      "-f ../ckpt new/" "-t cast:to=f16 ../a.safetensors half.safetensors" "../a.safetensors model.pt" \
      "../cache/snapshots/1/model.safetensors blob.pt" "../named named.safetensors" "../evil evil.safetensors" \
      "../round round.safetensors" "-w torch ../cache/snapshots/1 snapshot.pt"; do
    # shellcheck disable=SC2086 # a list of words
    "$@" "$FMTCONV" -q $args >../says 2>&1
    echo "$args: $?"
    cat ../says
  done
  find . | sort | while read -r file; do stat -c '%n %A %F' "$file"; done
  find . -type f | sort | xargs cksum
  find "$TMPDIR" ../cache ../named ../evil | sort
  cd .. || exit 99
}

# A sanitizer reads /proc when the program starts.
real=$(dirname "$FMTCONV")/.libs/$(basename "$FMTCONV")
sanitized=
if grep -qs -e __asan_init -e __tsan_init "$FMTCONV" "$real"; then sanitized=yes; fi

failures=0
check () { # check CALLS
  case $sanitized,$1 in yes,*proc*) echo "not tested with a sanitizer: $1"; return ;; esac
  "$WITHOUT" "$1" true 2>why || { echo "not tested: $1: $(cat why)"; return; }
  commands "$WITHOUT" "$1" >now 2>&1
  diff -u before now || { echo "FAIL without $1"; failures=$((failures + 1)); }
}

commands env >before 2>&1
for need in 'lora.safetensors: 0' 'lora.safetensors: 1' 'evil.safetensors: 1' 'blob.pt: 0' 'named.safetensors: 0' 'snapshot.pt: 0'; do
  grep -q "$need\$" before || { cat before; echo "FAIL: '$need' is missing"; failures=$((failures + 1)); }
done
for error in ENOSYS EPERM EINVAL; do check "openat2=$error"; done
for error in ENOSYS EINVAL EOPNOTSUPP; do check "renameat2=$error"; done
check renameat2=ENOSYS,linkat=EPERM
check O_TMPFILE=EOPNOTSUPP
for error in ENOSYS EOPNOTSUPP EXDEV; do check "copy_file_range=$error"; done
check fallocate=EOPNOTSUPP,flock=ENOLCK
check sched_getaffinity=ENOSYS,getrandom=ENOSYS,fadvise=ENOSYS
check proc
check proc,openat2=ENOSYS,renameat2=ENOSYS,linkat=EOPNOTSUPP,O_TMPFILE=EINVAL,copy_file_range=ENOSYS,fallocate=ENOSYS
echo "$failures differences"
test "$failures" = 0
