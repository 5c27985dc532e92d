#!/bin/sh
# plugins/index.sh PACKAGES [NAME...]: prints the index of known plugins, which is installed with the program.
# SPDX-License-Identifier: Apache-2.0
#
# It is made from the folders plugins/NAME, also of plugins that this build leaves out: the description is that of the page
# (.Nd), all else is in known.yaml, where `package` is a group.  PACKAGES says how the distribution names the package of a
# group: a pattern such as fmtconv-plugins-%s, and names of single groups, torch=fmtconv-plugin-torch; "no": there are no
# packages.  NAME: only these plugins.
set -eu
LC_ALL=C
export LC_ALL
packages=$1
shift
cd "$(dirname "$0")/.."

die () { echo "plugins/index.sh: $*" >&2; exit 1; }

# package GROUP
package () {
  name='' pattern=''
  for word in $packages; do
    case $word in
      "$1"=*) name=${word#*=} ;;
      *=*) ;;
      *%s*) pattern=$word ;;
      no) ;;
      *) die "'$word' is neither a pattern with %s nor GROUP=NAME" ;;
    esac
  done
  # %s is the only conversion: what is before and after it is printed as it is.
  if test -z "$name" && test -n "$pattern"; then name=${pattern%%%s*}$1${pattern#*%s}; fi
  case $name in
    *[!A-Za-z0-9._+-]*) die "'$name' is not a name of a package" ;;
  esac
  printf '%s' "$name"
}

entry () {
  known=plugins/$1/known.yaml
  test -f "$known" || die "$known is missing"
  group=$(sed -n 's/^package: *\([a-z0-9-]*\) *$/\1/p' "$known")
  test -n "$group" || die "$known: the line 'package: GROUP' is missing"
  echo "- name: $1"
  echo "  description: \"$(sed -n 's/^\.Nd //p' "plugins/$1/fmtconv-$1.7")\""
  name=$(package "$group")
  if test -n "$name"; then echo "  package: $name"; fi
  sed -e '/^package:/d' -e '/^#/d' -e '/^ *# /d' -e 's/^./  &/' "$known"
}

if test $# = 0; then
  for folder in plugins/*/local.mk; do
    folder=${folder%/local.mk}
    set -- "$@" "${folder#plugins/}"
  done
fi
echo '# fmtconv.yaml: the plugins of fmtconv, installed or not; fmtconv-plugin(3).  Made by plugins/index.sh.'
echo 'fmtconv-index: 1'
echo 'plugins:'
for name; do entry "$name"; done
