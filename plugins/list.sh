#!/bin/sh
# plugins/list.sh: lists the folders of plugins/ for the build and for the pages.
# SPDX-License-Identifier: Apache-2.0
#
# plugins/list.sh            writes plugins/plugins.mk for automake and prints the macro calls for configure.ac,
#                            which runs this script (m4/plugins.m4)
# plugins/list.sh --show F   prints the page F with its list of plugins renewed
# plugins/list.sh --pages    renews the lists in README.md and doc/fmtconv.1
#
# A folder plugins/NAME with a local.mk is a plugin.  Its page, fmtconv-NAME.7, gives the description (.Nd) and the
# roles (.Fl r, t or w); its known.yaml is its part of the index of known plugins (plugins/index.sh); its configure.m4, if
# there is one, declares what the plugin needs.
set -eu
LC_ALL=C
export LC_ALL
cd "$(dirname "$0")/.."

die () { echo "plugins/list.sh: $*" >&2; exit 1; }

names=
for fragment in plugins/*/local.mk; do
  name=${fragment#plugins/}
  names="$names ${name%/local.mk}"
done

description () { sed -n 's/^\.Nd //p' "plugins/$1/fmtconv-$1.7"; }
asked () { grep -q "^FC_PLUGIN_ASKED(\[$1\])" "plugins/$1/configure.m4" 2>/dev/null; }
roles () {
  if grep -q '^transport:' "plugins/$1/known.yaml"; then printf '`mpirun` '; fi
  sed -n 's/^\.Fl \([rtw]\) Cm .*/`-\1`/p' "plugins/$1/fmtconv-$1.7" | sort -u | tr '\n' ' '
}

check () {
  case $1 in
    [!a-z]* | *[!a-z0-9-]*) die "plugins/$1: a plugin's name is of a-z, 0-9 and '-', and begins with a letter" ;;
  esac
  test -f "plugins/$1/fmtconv-$1.7" || die "plugins/$1: the manual page fmtconv-$1.7 is missing"
  case $(description "$1") in
    '') die "plugins/$1/fmtconv-$1.7: the line '.Nd DESCRIPTION' is missing" ;;
    *[][\\\"]*) die "plugins/$1/fmtconv-$1.7: the line .Nd holds a bracket, a quote or a backslash" ;;
  esac
  test -f "plugins/$1/known.yaml" || die "plugins/$1: known.yaml, its part of the index of plugins, is missing"
  test -n "$(roles "$1")" || die "plugins/$1/fmtconv-$1.7: a line '.Fl r Cm $1' (or t, or w) is missing"
}

fragments () {
  echo "# plugins/plugins.mk: every plugin's local.mk, and its part in a program with plugins inside; written by plugins/list.sh."
  for name in $names; do
    id=$(echo "$name" | tr a-z- A-Z_)
    echo "include plugins/$name/local.mk"
    echo "if BUILTIN_$id"
    echo "builtin_sources += \$(plugins_$(echo "$name" | tr - _)_la_SOURCES)"
    echo "dist_man_MANS += plugins/$name/fmtconv-$name.7"
    echo "endif"
  done
  printf 'plugin_known ='
  for name in $names; do printf ' \\\n\tplugins/%s/known.yaml plugins/%s/fmtconv-%s.7' "$name" "$name" "$name"; done
  echo
}

macros () {
  for name in $names; do echo "FC_PLUGIN([$name], [$(description "$name")]$(if asked "$name"; then echo ', [no]'; fi))"; done
  for name in $names; do
    if test -f "plugins/$name/configure.m4"; then echo "m4_include([plugins/$name/configure.m4])"; fi
  done
}

# Readers and writers come first.
table () {
  printf '| plugin | used with | description |\n|---|---|---|\n'
  for name in $names; do
    of=$(roles "$name")
    case $of in *-[rw]*) order=1 ;; *) order=2 ;; esac
    echo "$order| \`$name\` | $of| $(description "$name") |"
  done | sort -s -t '|' -k 1,1n | sed 's/^.//'
}

references () {
  for name in $names; do echo ".Xr fmtconv-$name 7 ,"; done | sed '$s/ ,$//'
}

# show PAGE: the lines between its two marks are the list.
show () {
  case $1 in
    *.md) begin='<!-- plugins: written by plugins/list.sh -->' end='<!-- end of plugins -->' list=table ;;
    *) begin='.\" plugins: written by plugins/list.sh' end='.\" end of plugins' list=references ;;
  esac
  if ! { grep -qxF -e "$begin" "$1" && grep -qxF -e "$end" "$1"; }; then die "$1: the lines '$begin' and '$end' are missing"; fi
  at=$(grep -nxF -e "$begin" "$1" | cut -d: -f1)
  sed "${at}q" "$1"
  $list
  at=$(grep -nxF -e "$end" "$1" | cut -d: -f1)
  sed -n "$at,\$p" "$1"
}

# renew FILE COMMAND...: FILE is touched only if the command prints something else.
renew () {
  file=$1
  shift
  new=$("$@")
  if ! test -f "$file" || test "$new" != "$(cat "$file")"; then printf '%s\n' "$new" >"$file"; fi
}

for name in $names; do check "$name"; done
case ${1-} in
  '') renew plugins/plugins.mk fragments; macros ;;
  --show) show "$2" ;;
  --pages) for page in README.md doc/fmtconv.1; do renew $page show $page; done ;;
  *) die "usage: plugins/list.sh [--show PAGE | --pages]" ;;
esac
