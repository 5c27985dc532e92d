#!/bin/sh
# tests/contract/layers.sh: every folder includes only what lies below it; plugins and the program see only
# the public headers.
# SPDX-License-Identifier: Apache-2.0
cd "${srcdir:-.}" || exit 99
failed=0
seen=0

# may FOLDER PATTERN: all that is included between quotes there matches the extended pattern.
may ()
{
  for file in "$1"/*.[ch]; do
    test -f "$file" || continue
    seen=$((seen + 1))
    found=$(sed -n 's/^ *# *include "\([^"]*\)".*/\1/p' "$file" | grep -vE "^($2|config\.h)\$")
    if test -n "$found"; then
      echo "FAIL: $file includes" $found
      failed=1
    fi
  done
}

# A word for every folder: it and all that it may use.
base='core/base/.*'
source="$base|core/source/.*"
model="$source|core/model/.*"
kernel="$base|core/kernel/.*"
may core/base "$base"
may core/source "$source"
may core/model "$model"
may core/kernel "$kernel"
may core/kernel/quant "$kernel"
may core/plan "$model|$kernel|core/plan/.*"
may core/exec "$model|$kernel|core/plan/.*|core/exec/.*"
may core/plugin "$model|core/plugin/.*"
may core/pipeline 'core/.*'
may cli '[a-z]*\.h'
for plugin in plugins/*/; do
  may "${plugin%/}" "$plugin.*|plugins/index/.*|[a-z]*\\.h"
done

# Angle brackets: the program has only the application's header, plugins only the plugin's.
found=$(grep -n '# *include <fmtconv/' cli/*.[ch] | grep -v '<fmtconv/fmtconv\.h>'
  grep -n '# *include <fmtconv/' plugins/*/*.[ch] | grep -v '<fmtconv/plugin\.h>')
if test -n "$found"; then
  echo "FAIL: $found"
  failed=1
fi
test $seen -gt 100 || { echo "FAIL: only $seen files in $PWD"; exit 1; }
exit $failed
