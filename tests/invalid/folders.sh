#!/bin/sh
# tests/invalid/folders.sh: indexes, components and pipelines that are wrong: each ends as make_folders.py says.
# SPDX-License-Identifier: Apache-2.0
exec sh "$(dirname "$0")/cases.sh" make_folders.py diffusers safetensors sat torch
