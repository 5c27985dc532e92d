#!/bin/sh
# models/list.sh: lists the files in models/ for README.md and the page fmtconv-models(7).
# SPDX-License-Identifier: Apache-2.0
#
# models/list.sh --show PAGE   prints the page with its list of models renewed
# models/list.sh --pages       renews both pages
set -eu
LC_ALL=C
export LC_ALL
cd "$(dirname "$0")/.."

# value FILE KEY: the text of a key at the top of the file.
value () { sed -n "s/^$2: *//p" "$1" | sed 's/^"\(.*\)"$/\1/'; }

# classes FILE: the class, or those of an expression.
classes ()
{
  value "$1" class | grep -o '[A-Z][A-Za-z0-9]*' | sed 's/^/.Ql /; $!s/$/\nor/; $s/$/ ;/'
}

list ()
{
  echo '.Bl -tag -width hunyuan-video-vae'
  for file in models/*.yaml; do
    sides=$(value "$file" sides | tr -d '[]')
    echo ".It Cm $(value "$file" name)"
    echo "$(value "$file" summary), class"
    classes "$file"
    echo 'sides:'
    echo ".Cm ${sides%,*}"
    echo 'and'
    echo ".Cm ${sides#*, } ."
  done
  echo '.El'
}

# A table for README.md.
table ()
{
  printf '| `-t` | what it converts | names |\n|---|---|---|\n'
  for file in models/*.yaml; do
    echo "| \`$(value "$file" name)\` | $(value "$file" summary) | $(value "$file" sides | tr -d '[]') |"
  done
}

# show PAGE: the lines between its two marks are the list.
show ()
{
  case $1 in
    *.md) begin='^<!-- models: written by' end='^<!-- end of models' make=table ;;
    *) begin='^\.\\" models: written by' end='^\.\\" end of models' make=list ;;
  esac
  sed "/$begin/q" "$1"
  $make
  sed -n "/$end/,\$p" "$1"
}

case ${1-} in
  --show) show "$2" ;;
  --pages)
    for page in README.md doc/fmtconv-models.7; do
      new=$(show "$page")
      printf '%s\n' "$new" >"$page"
    done ;;
  *)
    echo "usage: models/list.sh [--show PAGE | --pages]" >&2
    exit 2 ;;
esac
