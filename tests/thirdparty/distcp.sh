#!/bin/sh
# tests/thirdparty/distcp.sh: a reader of others for torch.distributed.checkpoint, built against the installed package; its
# pickles are read with fmtconv/pickle.h; torch is the judge.
# SPDX-License-Identifier: Apache-2.0
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/third.sh"

build distcp
# The sample's names begin with that of the metadata, so that test-plugin damages both files.
accept distcp "$here/sample-distcp/.metadata"
reference distcp torch safetensors
