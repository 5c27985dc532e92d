#!/bin/sh
# tests/build/dist.sh BUILD: the tarball that 'make dist' makes in the folder BUILD holds all files, and its bytes are the same
# from another clone, by another user, with another umask, time zone, language and time, and from itself;
# and a tree where nothing was built uninstalls all that BUILD installs.
# SPDX-License-Identifier: Apache-2.0
set -eu
build=$(cd "${1:?the folder of a build}" && pwd)
source=$(cd "$(dirname "$0")" && pwd)
. "$source/lib.sh"
cd "$top"
# The tarball's date is that of the commit, which a clone shares; SOURCE_DATE_EPOCH would hide a difference.
unset SOURCE_DATE_EPOCH

# Not in the tarball: what only the repository uses.
meant='^\.ci/|^\.gitignore$|^\.gitattributes$'

# tarball FOLDER: the tarball that was made there.
tarball () { ls "$1"/fmtconv-*.tar.xz; }

quietly make -s -C "$build" dist
cp "$(tarball "$build")" "$work/first.tar.xz"
xz -dc "$work/first.tar.xz" | tar tf - | sed 's,^[^/]*/,,' | LC_ALL=C sort >"$work/held"
git ls-files | grep -vE "$meant" | LC_ALL=C sort >"$work/wanted"
lost=$(comm -23 "$work/wanted" "$work/held")
test -z "$lost" || fail "not in the tarball; add to EXTRA_DIST: $lost"
foreign=$(xz -dc "$work/first.tar.xz" | tar tvf - --numeric-owner | awk '$2 != "0/0" || $1 !~ /^(drwxr-xr-x|-rw[x-]r-[x-]r-[x-])$/')
test -z "$foreign" || fail "owner or mode: $foreign"
say "the tarball is complete: $(wc -l <"$work/wanted") files of git"

# as_other COMMAND...: as another user, where this is root.
as_other ()
{
  if test "$(id -u)" = 0; then setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; else "$@"; fi
}

# A clone with other modes and times, an autoconf run of its own, and a configuration that leaves out what it can.
(umask 077 && git clone -q "$top" "$work/clone")
git -C "$work/clone" checkout -q "$(git rev-parse HEAD)"
find "$work/clone" -path "$work/clone/.git" -prune -o -type f -exec touch -d '2001-02-03 04:05' {} +
if test "$(id -u)" = 0; then chmod 755 "$work" && chown -R 65534:65534 "$work/clone"; fi
cat >"$work/other.sh" <<'END'
set -e
umask 077
cd "$1"
sh plugins/list.sh
autoreconf --force --install
./configure -q --disable-plugins --disable-shared FMTCONV_PYTHON=
make -s dist
END
quietly as_other env TZ=Asia/Tokyo LC_ALL=C.UTF-8 HOME="$work/clone" XZ_OPT=-9 TAR_OPTIONS= sh "$work/other.sh" "$work/clone"
cmp "$work/first.tar.xz" "$(tarball "$work/clone")" || fail "another clone makes another tarball"
say "another clone, user, umask and time: the same bytes"

# From the tarball, without git.
prefix=$(sed -n 's/^prefix = //p' "$build/Makefile")
(umask 002 && cd "$work" && xz -dc first.tar.xz | tar xf - --no-same-permissions)
# What is built only if it is asked for is uninstalled below, too.
asked=$(for name in $(sh packaging/plugins.sh asked); do if test -f "$build/plugins/$name.la"; then echo "--with-$name"; fi; done)
cat >"$work/again.sh" <<'END'
set -e
umask 002
cd "$1"/fmtconv-*/
mkdir _build && cd _build
# shellcheck disable=SC2086 # a list of options
../configure -q --prefix="$2" $3 FMTCONV_PYTHON=
make -s dist
END
quietly env TZ=America/New_York LC_ALL=C sh "$work/again.sh" "$work" "$prefix" "$asked"
cmp "$work/first.tar.xz" "$(tarball "$work"/fmtconv-*/_build)" || fail "the tarball makes another tarball"
say "from the tarball: the same bytes"

# A tree where nothing was built uninstalls what another installed.
quietly make -s -C "$build" install DESTDIR="$work/root"
test -x "$work/root$prefix/bin/fmtconv" || fail "the program is not installed"
quietly make -s -C "$(echo "$work"/fmtconv-*/_build)" uninstall DESTDIR="$work/root"
must_be_empty "$work/root"
say "uninstall leaves nothing"
