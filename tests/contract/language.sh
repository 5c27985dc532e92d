#!/bin/sh
# tests/contract/language.sh: messages, comments and pages keep the language rules that a machine can hold.
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/../need.sh"
need_command python3
exec python3 "$(dirname "$0")/check_language.py" "${srcdir:-.}"
