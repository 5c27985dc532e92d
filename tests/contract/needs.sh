#!/bin/sh
# tests/contract/needs.sh: a plugin that calls another by name declares it in its configure.m4.
# SPDX-License-Identifier: Apache-2.0
cd "${srcdir:-.}" || exit 99
failed=0
declared=0
plugins=$(ls -d plugins/*/local.mk | sed 's,plugins/\(.*\)/local.mk,\1,')
# Those that read or write files: only these are called by name.
called=$(for name in $plugins; do grep -q "^\.Fl [rw] Cm" "plugins/$name/fmtconv-$name.7" && echo "$name"; done)
for name in $plugins; do
  # Its sources, and those of plugins/common whose header it includes.
  files=$(ls plugins/"$name"/*.c)
  for part in $(sed -n 's,^#include "\(plugins/common/[a-z-]*\)\.h",\1.c,p' plugins/"$name"/*.[ch] | sort -u); do
    if test -f "$part"; then files="$files $part"; fi
  done
  # shellcheck disable=SC2086 # a list of files
  grep -qE 'fmtconv_(input_read|layout_write) \(' $files || continue
  for other in $called; do
    case $name:$other in
      "$name:$name") continue ;;
      lora-merge:diffusers | lora-names:diffusers) continue ;; # the name of a convention
      diffusers:gguf) continue ;; # the name of an attribute, and of the format that it is the way back from
    esac
    # shellcheck disable=SC2086
    grep -qE "\"${other}[\":]" $files || continue
    if grep -qE "^FC_PLUGIN_(NEEDS|WANTS)\(\[$name\], \[$other\][,)]" "plugins/$name/configure.m4" 2>/dev/null; then
      declared=$((declared + 1))
    else
      echo "FAIL: $name calls $other, which plugins/$name/configure.m4 does not declare: FC_PLUGIN_NEEDS or FC_PLUGIN_WANTS"
      failed=1
    fi
  done
done
echo "$declared calls are declared"
test "$declared" -ge 6 || failed=1
exit $failed
