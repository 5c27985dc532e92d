#!/bin/sh
# tests/invalid/safetensors.sh: hostile and odd safetensors files: each ends as make_safetensors.py says.
# SPDX-License-Identifier: Apache-2.0
exec sh "$(dirname "$0")/cases.sh" make_safetensors.py safetensors
