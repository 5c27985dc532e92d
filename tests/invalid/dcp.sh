#!/bin/sh
# tests/invalid/dcp.sh: distributed checkpoints that are wrong: each ends as make_dcp.py says.
# SPDX-License-Identifier: Apache-2.0
exec sh "$(dirname "$0")/cases.sh" make_dcp.py dcp safetensors
