#!/bin/sh
# tests/cli/shares.sh: runs test_shares.py, or says why it cannot.
# SPDX-License-Identifier: Apache-2.0
here=$(dirname "$0")
. "$here/traced.sh"
need diffusers gguf quantize safetensors torch transpose
run_test test_shares
