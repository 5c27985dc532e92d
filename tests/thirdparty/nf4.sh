#!/bin/sh
# tests/thirdparty/nf4.sh: a plugin of others with a codec, built against the installed package; bitsandbytes' formula in
# torch, and bitsandbytes itself where it is installed, are the judge.
# SPDX-License-Identifier: Apache-2.0
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/third.sh"

build nf4
accept nf4 "$here/sample-nf4.safetensors"
reference nf4 torch safetensors
