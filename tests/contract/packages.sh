#!/bin/sh
# tests/contract/packages.sh: every plugin and every installed file is in exactly one package of Debian and of RPM, and what
# the packages say of the library, the ABI and each other is what the sources say.
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/../need.sh"
need_command python3
export PYTHONDONTWRITEBYTECODE=1
here=$(dirname "$0")
result=0
python3 "$here/check_packages.py" "${srcdir:-.}" || result=1
if test -d tests/stage; then # made by 'make check'
  python3 "$here/check_package_files.py" "${srcdir:-.}" || result=1
fi
exit $result
