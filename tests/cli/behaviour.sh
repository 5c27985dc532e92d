#!/bin/sh
# tests/cli/behaviour.sh: runs test_behaviour.py, or says why it cannot.
# SPDX-License-Identifier: Apache-2.0
here=$(dirname "$0")
python=${FMTCONV_PYTHON:-python3}
command -v "$python" >/dev/null || { echo "skipped: no $python"; exit 77; }
for plugin in cast safetensors; do
  [ -f "$FMTCONV_PLUGIN_PATH/$plugin.so" ] || { echo "skipped: $plugin was not built"; exit 77; }
done
PYTHONDONTWRITEBYTECODE=1 exec "$python" "$here/test_behaviour.py" -v
