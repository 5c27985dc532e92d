#!/bin/sh
# tests/contract/scripts.sh: runs check_scripts.py, or says why it cannot.
# SPDX-License-Identifier: Apache-2.0
here=$(dirname "$0")
python=${FMTCONV_PYTHON:-python3}
. "$here/../need.sh"
need_command "$python"
PYTHONDONTWRITEBYTECODE=1 exec "$python" "$here/check_scripts.py"
