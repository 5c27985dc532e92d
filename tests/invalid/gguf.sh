#!/bin/sh
# tests/invalid/gguf.sh: hostile and odd GGUF files: each ends as make_gguf.py says.
# SPDX-License-Identifier: Apache-2.0
exec sh "$(dirname "$0")/cases.sh" make_gguf.py gguf safetensors
