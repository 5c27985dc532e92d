#!/bin/sh
# tests/cross/sysroot.sh ARCH FOLDER: Debian's libraries and headers for another machine, in FOLDER/ARCH/root.
# SPDX-License-Identifier: Apache-2.0
#
# apt with an empty state of its own chooses and downloads the packages, dpkg unpacks them: nothing is installed, and the
# packages of this machine are left alone.  The release is that of this machine, as the cross compilers are.
set -eu
arch=$1 folder=$2/$1
packages="libc6-dev libjansson-dev libyaml-dev libzip-dev zlib1g-dev libltdl-dev libpcre2-dev"
test ! -e "$folder/done" || exit 0
rm -rf "$folder"
mkdir -p "$folder/root" "$folder/apt/lists/partial" "$folder/apt/cache/archives/partial" "$folder/apt/none"
: >"$folder/apt/status"
release=$(. /etc/os-release && echo "$VERSION_CODENAME")
# The same server as this machine's packages come from.
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep '/debian/*$' | head -n 1)
test -n "$mirror" || { echo "no server of Debian packages is configured" >&2; exit 1; }
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $release main" >"$folder/apt/sources.list"

own_apt () {
  apt-get -q -o APT::Architecture="$arch" -o APT::Architectures::="$arch" -o APT::Install-Recommends=no \
    -o Dir::State="$folder/apt" -o Dir::State::status="$folder/apt/status" -o Dir::Cache="$folder/apt/cache" \
    -o Dir::Etc::sourcelist="$folder/apt/sources.list" -o Dir::Etc::sourceparts="$folder/apt/none" \
    -o APT::Sandbox::User="$(id -un)" -o Debug::NoLocking=1 "$@"
}

own_apt update
# shellcheck disable=SC2086 # a list of package names
own_apt -y --download-only install $packages
for package in "$folder"/apt/cache/archives/*.deb; do dpkg-deb -x "$package" "$folder/root"; done
# Links from the root would leave the folder.
find "$folder/root" -type l -lname '/*' | while read -r link; do
  ln -sfn "$folder/root$(readlink "$link")" "$link"
done
rm -rf "$folder/apt"
: >"$folder/done"
