#!/bin/sh
# tests/contract/system-calls.sh: calls that not every system has occur in core/base/os-*.c alone.
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/../need.sh"
need_command python3
exec python3 "$(dirname "$0")/check_system_calls.py" "${srcdir:-.}"
