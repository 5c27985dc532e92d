#!/bin/sh
# tests/thirdparty/nanogpt.sh: a plugin of others for a model with a configuration, built against the installed package;
# transformers is the judge.
# SPDX-License-Identifier: Apache-2.0
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/third.sh"
need torch diffusers

build nanogpt
accept nanogpt "$here/sample-nanogpt.safetensors" heads=2
reference nanogpt torch transformers
