#!/bin/sh
# tests/cli/resume.sh: runs test_resume.py, or says why it cannot.
# SPDX-License-Identifier: Apache-2.0
here=$(dirname "$0")
. "$here/traced.sh"
need diffusers gguf quantize safetensors torch transpose
run_test test_resume
