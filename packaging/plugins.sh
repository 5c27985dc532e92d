#!/bin/sh
# packaging/plugins.sh: what packages with plugins hold, from the folders of plugins/.
# SPDX-License-Identifier: Apache-2.0
#
# plugins.sh groups            prints the groups, one a line
# plugins.sh asked             prints the plugins that are in no package, one a line
# plugins.sh names GROUP       prints the plugins of a group, one a line
# plugins.sh package GROUP     prints the name of the group's package
# plugins.sh abi               prints the number of the plugin ABI
# plugins.sh debian            writes debian/PACKAGE.install, .manpages and .substvars; for debian/rules
# plugins.sh rpm GROUP         prints the list of the group's files; for fmtconv.spec
set -eu
LC_ALL=C
export LC_ALL
top=$(cd "$(dirname "$0")/.." && pwd)

die () { echo "packaging/plugins.sh: $*" >&2; exit 1; }

group_of () { # group_of PLUGIN
  sed -n 's/^package: *//p' "$top/plugins/$1/known.yaml"
}

is_asked () { grep -qs '^FC_PLUGIN_ASKED' "$top/plugins/$1/configure.m4"; }

# Prints the plugins that only --with-NAME makes: no package has them.
asked () {
  for fragment in "$top"/plugins/*/local.mk; do
    name=$(basename "$(dirname "$fragment")")
    if is_asked "$name"; then echo "$name"; fi
  done
}

# Prints "GROUP PLUGIN" for every folder that the build takes for a plugin, without being asked for it.
pairs () {
  for fragment in "$top"/plugins/*/local.mk; do
    name=$(basename "$(dirname "$fragment")")
    if is_asked "$name"; then continue; fi
    group=$(group_of "$name")
    case $group in
      '' | *[!a-z0-9-]*) die "plugins/$name/known.yaml has not one line 'package: GROUP'" ;;
    esac
    echo "$group $name"
  done
}

groups () { all=$(pairs) && echo "$all" | cut -d ' ' -f 1 | sort -u; }
names () { all=$(pairs) && echo "$all" | sed -n "s/^$1 //p"; }
abi () { sed -n 's/^#define FMTCONV_ABI \([0-9]*\).*/\1/p' "$top/include/fmtconv/types.h"; }

# The package of one plugin says so: fmtconv-plugin-torch, but fmtconv-plugins-base.  The plurals stay as they are when
# a plugin leaves them, because names of packages do not change: diffusers and gguf will have more than one.
package () { # package GROUP
  case $1 in
    torch | rename) echo "fmtconv-plugin-$1" ;;
    *) echo "fmtconv-plugins-$1" ;;
  esac
}

# Prints the plugins of a group for a description: joined by commas, in lines of one substitution variable.
sentence () { # sentence GROUP
  names "$1" | paste -s -d , - | sed 's/,/, /g' | fold -s -w 76 | sed 's/ *$//' | sed ':a;N;$!ba;s/\n/${Newline}/g'
}

debian () {
  all=$(groups)
  echo "fmtconv:Abi=fmtconv-plugin-abi-$(abi)" >>debian/libfmtconv-core0.substvars
  for group in $all; do
    to=debian/$(package "$group")
    { echo "fmtconv:Abi=fmtconv-plugin-abi-$(abi)"
      echo "fmtconv:Plugins=$(sentence "$group")"; } >>"$to.substvars"
    names "$group" | sed "s,.*,usr/lib/*/fmtconv/$(abi)/&.so," >"$to.install"
    names "$group" | sed "s,.*,usr/share/man/man7/fmtconv-&.7," >"$to.manpages"
  done
}

rpm () { # rpm GROUP
  names "$1" | sed "s,.*,%{_libdir}/fmtconv/$(abi)/&.so\n%{_mandir}/man7/fmtconv-&.7*,"
}

case ${1-} in
  groups | asked | abi | debian) "$1" ;;
  names | package | rpm) "$@" ;;
  *) die "usage: plugins.sh groups | asked | abi | debian | {names | package | rpm} GROUP" ;;
esac
