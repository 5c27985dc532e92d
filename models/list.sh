#!/bin/sh
# models/list.sh: lists the files in models/ for the page fmtconv-models(7).
# SPDX-License-Identifier: Apache-2.0
#
# models/list.sh --show    prints the page with its list of models renewed
# models/list.sh --pages   renews the page
set -eu
LC_ALL=C
export LC_ALL
cd "$(dirname "$0")/.."
page=doc/fmtconv-models.7

# value FILE KEY: the text of a key at the top of the file.
value () { sed -n "s/^$2: *//p" "$1" | sed 's/^"\(.*\)"$/\1/'; }

list ()
{
  echo '.Bl -tag -width hunyuan-video'
  for file in models/*.yaml; do
    sides=$(value "$file" sides | tr -d '[]')
    echo ".It Cm $(value "$file" name)"
    echo "$(value "$file" summary), class"
    echo ".Ql $(value "$file" class) ;"
    echo 'sides:'
    echo ".Cm ${sides%,*}"
    echo 'and'
    echo ".Cm ${sides#*, } ."
  done
  echo '.El'
}

show ()
{
  sed '/^\.\\" models: written by/q' "$page"
  list
  sed -n '/^\.\\" end of models/,$p' "$page"
}

case ${1-} in
  --show) show ;;
  --pages)
    new=$(show)
    printf '%s\n' "$new" >"$page" ;;
  *)
    echo "usage: models/list.sh [--show | --pages]" >&2
    exit 2 ;;
esac
