#!/bin/sh
# tests/invalid/pickle.sh: hostile and odd torch checkpoints: each ends as make_pickles.py says.
# SPDX-License-Identifier: Apache-2.0
exec sh "$(dirname "$0")/cases.sh" make_pickles.py torch safetensors
