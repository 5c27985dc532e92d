# tests/build/packages.sh: installs Debian packages; to be sourced.
# SPDX-License-Identifier: Apache-2.0

# need_packages PACKAGE...: as root, installs those that are missing; otherwise names them and fails.
need_packages ()
{
  missing=
  for package; do
    test "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed || missing="$missing $package"
  done
  test -n "$missing" || return 0
  test "$(id -u)" = 0 || { echo "FAILED: install these packages:$missing"; exit 1; }
  # shellcheck disable=SC2086 # a list of names
  said=$({ apt-get update -q && env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing; } 2>&1) \
    || { echo "$said" | tail -n 40; echo "FAILED: packages cannot be installed:$missing"; exit 1; }
  echo "installed:$missing"
}
