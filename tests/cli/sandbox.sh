#!/bin/sh
# tests/cli/sandbox.sh: what a plugin tries that the program gave up the right to ends the process, or fails.
# SPDX-License-Identifier: Apache-2.0
here=$(cd "$(dirname "$0")" && pwd)
: "${FMTCONV:?the program to test}" "${FMTCONV_PLUGIN_PATH:?its plugins}"
. "$here/../need.sh"
need_modules
need diffusers safetensors torch
real=$(dirname "$FMTCONV")/.libs/$(basename "$FMTCONV")
if grep -qs -e __asan_init -e __tsan_init "$FMTCONV" "$real"; then skip "sanitizers start processes themselves"; fi
parts=$("$FMTCONV" --version -v | sed -n 's/^sandbox  *//p')
case $parts in *"calls: yes"*) ;; *) skip "this system has no filters of system calls" ;; esac

work=$(mktemp -d "${TMPDIR:-/tmp}/fmtconv-sandbox.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 99
mkdir plugins out elsewhere temporary
chmod 755 plugins
TMPDIR=$work/temporary
export TMPDIR
# shellcheck disable=SC2086 # the compiler may have options
${CC:-cc} -fPIC -shared -o plugins/escape.so "$here/escape.c" 2>why || skip "no plugin can be compiled: $(cat why)"
failed=0
fail () { echo "FAIL: $*"; sed 's/^/  /' said; failed=1; }

# try STATUS TEXT WHAT ARGUMENT...: a command in which the plugin tries WHAT ends with STATUS and says TEXT.
try () {
  status=$1 text=$2 ESCAPE=$3
  export ESCAPE
  shift 3
  "$FMTCONV" --plugin-dir "$PWD/plugins" "$@" >said 2>&1 </dev/null
  code=$?
  unset ESCAPE
  test "$code" = "$status" || fail "$*: status $code instead of $status"
  grep -q -e "$text" said || fail "$*: does not say '$text'"
}

# Some kernels are built without io_uring and bpf: nothing can be stopped there.
is_absent () {
  case $1 in io_uring_setup | bpf) ;; *) return 1 ;; esac
  ESCAPE=$1 "$FMTCONV" --no-sandbox --plugin-dir "$PWD/plugins" plugins 2>&1 | grep -q "escape: $1: Function not implemented"
}

printf '\060\000\000\000\000\000\000\000{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}' >a.safetensors
n=$(($(wc -c <a.safetensors) - 8))
{ printf "\\$(printf %o "$n")\000\000\000\000\000\000\000"; tail -c +9 a.safetensors; printf '\000\000\200\077'; } >b.safetensors
mv b.safetensors a.safetensors

for call in execve socket ptrace process_vm_readv kill unshare mount ioctl io_uring_setup bpf; do
  is_absent "$call" && continue
  try 1 "called $call, which" $call plugins
done
try 1 "called socket, which" unix-socket inspect a.safetensors
try 1 "stopped by the sandbox" fork inspect a.safetensors
try 2 "called execve, which" execve diff a.safetensors a.safetensors
try 2 "called execve, which" execve verify a.safetensors
try 1 "called execve, which" execve -t none a.safetensors out/a.pt
test -z "$(ls -A out)" || fail "a stopped conversion left something"
try 0 "escape: thread: done" thread plugins
try 0 "escape: socket: done" socket plugins --no-sandbox
# A process that is started with all signals blocked, as posix_spawn does, ends without a message.
(ESCAPE=spawn "$FMTCONV" --plugin-dir "$PWD/plugins" plugins >said 2>&1) 2>/dev/null && fail "spawn: is not stopped"
grep -q 'escape: spawn: done' said && fail "spawn: a program was started"

rm plugins/escape.so
# Workers block the signals of others, but not this one.
# shellcheck disable=SC2086
${CC:-cc} -fPIC -shared -o worker.so "$here/escape-worker.c" -ldl || fail "the library cannot be compiled"
LD_PRELOAD=$work/worker.so
export LD_PRELOAD
try 1 "called socket, which" nothing -j 2 -t none a.safetensors out/a.pt
unset LD_PRELOAD

# Files.
"$FMTCONV" -q -t none a.safetensors out/a.pt >said 2>&1 || fail "a conversion fails"
case $parts in
*"files: yes"*)
  # shellcheck disable=SC2086
  ${CC:-cc} -fPIC -shared -o plugins/escape.so "$here/escape.c"
  for file in elsewhere/x a.txt "$work/plugins/y"; do
    ESCAPE_FILE=$file
    export ESCAPE_FILE
    try 1 "escape: write: Permission denied" write -t none a.safetensors out/b.pt
    try 2 "escape: write: Permission denied" write inspect -r nothing a.safetensors
  done
  ESCAPE_FILE=out/x
  try 1 "escape: write: done" write -t none a.safetensors out/b.pt
  ESCAPE_FILE=elsewhere/x
  try 1 "escape: write: done" write --no-sandbox -t none a.safetensors out/b.pt
  rm plugins/escape.so
  ;;
esac

# A folder in which another process works keeps its identity; one of nobody is exchanged.
if test -d /proc/self/cwd; then
  "$FMTCONV" -q -t none -w diffusers a.safetensors out/m >said 2>&1 || fail "a folder cannot be written"
  before=$(stat -c %i out/m)
  (cd out/m && exec sleep 60) &
  other=$!
  while test "$(readlink /proc/$other/cwd)" != "$work/out/m"; do :; done
  "$FMTCONV" -q -f -t none -w diffusers a.safetensors out/m >said 2>&1 || fail "a folder of another process cannot be replaced"
  kill $other
  wait $other 2>/dev/null
  test "$(stat -c %i out/m)" = "$before" || fail "the working folder of another process was exchanged"
  "$FMTCONV" -q -f -t none -w diffusers a.safetensors out/m >said 2>&1 || fail "a folder cannot be replaced"
fi
exit $failed
