#!/bin/sh
# tests/contract/layers.sh: every folder uses only those below it, in includes and in calls; plugins and the program
# see only the public headers.
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/../need.sh"
need_command python3 nm
exec python3 "$(dirname "$0")/check_layers.py" "${srcdir:-.}" .
