#!/bin/sh
# tests/thirdparty/iqk.sh: a plugin of others that adds a block type, built against the installed package; the formula in numpy
# and gguf-py are the judge.
# SPDX-License-Identifier: Apache-2.0
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/third.sh"

build iqk
accept iqk
reference iqk numpy gguf safetensors
