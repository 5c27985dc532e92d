#!/bin/sh
# tests/cli/kills.sh: runs test_kills.py, or says why it cannot.
# SPDX-License-Identifier: Apache-2.0
here=$(dirname "$0")
. "$here/traced.sh"
need diffusers lora-names safetensors torch
run_test test_kills
