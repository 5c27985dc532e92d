#!/bin/sh
# tests/contract/read-calls.sh: each call that looks for a file or reads one is listed with what its failure does.
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/../need.sh"
need_command python3
exec python3 "$(dirname "$0")/check_read_calls.py" "${srcdir:-.}"
