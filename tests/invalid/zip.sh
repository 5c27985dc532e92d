#!/bin/sh
# tests/invalid/zip.sh: hostile and odd zip archives: each ends as make_zips.py says.
# SPDX-License-Identifier: Apache-2.0
exec sh "$(dirname "$0")/cases.sh" make_zips.py torch safetensors
