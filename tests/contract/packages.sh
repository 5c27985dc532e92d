#!/bin/sh
# tests/contract/packages.sh: every plugin is in exactly one package of Debian and of RPM, and what the packages say of
# the library, the ABI and each other is what the sources say.
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/../need.sh"
need_command python3
PYTHONDONTWRITEBYTECODE=1 exec python3 "$(dirname "$0")/check_packages.py" "${srcdir:-.}"
