#!/bin/sh
# tests/contract/licenses.sh: each source names its license; foreign authors stand in the file and in NOTICE.
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/../need.sh"
need_command python3
exec python3 "$(dirname "$0")/check_licenses.py" "${srcdir:-.}"
