#!/bin/sh
# tests/fuzz/replay.sh: runs the stored inputs of all targets.
# SPDX-License-Identifier: Apache-2.0
here=$(dirname "$0")
exec ./tests/fuzz/replay "$here"/corpus/*.zip
