#!/bin/sh
# tests/contract/habits.sh: heads of files, includes, returns and lengths of functions.
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/../need.sh"
need_command python3
exec python3 "$(dirname "$0")/check_habits.py" "${srcdir:-.}"
