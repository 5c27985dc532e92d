#!/bin/sh
# core/embed.sh FOLDER FILE...: prints the C file that holds each FILE of the source FOLDER, or made here: core/base/embedded.h.
# SPDX-License-Identifier: Apache-2.0
set -eu
folder=$1
shift

echo '/* core/base/embedded-files.c: the files inside of the program; written by core/embed.sh.'
# The word is in two parts, so that tools do not take it for a line of this script.
echo ' * SPDX-License-''Identifier: Apache-2.0 */'
echo '#include "config.h"'
echo
echo '#include "core/base/embedded.h"'
n=0
for file; do
  printf '\nstatic const unsigned char file_%s[] = {\n' $n
  if test -f "$file"; then from=$file; else from=$folder/$file; fi
  od -An -v -tu1 "$from" | sed 's/\([0-9][0-9]*\)/\1,/g'
  echo '};'
  n=$((n + 1))
done
printf '\nconst fci_embedded fci_embedded_files[] = {\n'
n=0
for file; do
  echo "  { .name = \"$file\", .bytes = file_$n, .size = sizeof file_$n },"
  n=$((n + 1))
done
printf '  { .name = NULL },\n};\n'
