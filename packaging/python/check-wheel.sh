#!/bin/sh
# packaging/python/check-wheel.sh PYTHON: what an installed wheel holds, and which libraries it uses when it runs.
# SPDX-License-Identifier: Apache-2.0
set -eu
python=$1
package=$(cd / && "$python" -c 'import fmtconv, os; print(os.path.dirname(fmtconv.__file__))')
die () { echo "check-wheel.sh: $*" >&2; exit 1; }

for file in py.typed _abi.py _native/bin/fmtconv _native/lib/fmtconv/1/safetensors.so _native/share/fmtconv/plugins/fmtconv.yaml \
  _native/share/fmtconv/pipelines/cogvideox-lora.yaml _native/share/fmtconv/examples/reader.c; do
  test -f "$package/$file" || die "$file is missing"
done
licenses=$(echo "$package"/../fmtconv-*.dist-info/licenses)
for file in LICENSE NOTICE LICENSES/Apache-2.0.txt LICENSES/MIT.txt; do
  test -f "$licenses/$file" || die "the licence file $file is missing"
done
# NOTICE says where the texts of the licences are.
for file in $(grep -o 'LICENSES/[A-Za-z0-9.-]*\.txt' "$licenses/NOTICE" | sort -u); do
  test -f "$licenses/$file" || die "NOTICE names $file, which is missing"
done
test -n "$(ls "$licenses/bundled")" || die "the licences of the libraries that were copied are missing"
test "$(find "$package/.." -name 'libfmtconv-core*' | wc -l)" = 1 || die "there is not exactly one libfmtconv-core"

# Every plugin finds the one library, and libraries are in the package, except those that every Linux has: auditwheel
# counts zlib among them.
tmp=$(mktemp "${TMPDIR:-/tmp}/fmtconv-ldd.XXXXXX")
trap 'rm -f "$tmp"' EXIT
for file in "$package"/_native/bin/fmtconv "$package"/_native/lib/libfmtconv-core.so.* "$package"/_native/lib/fmtconv/1/*.so; do
  ldd "$file" >"$tmp"
  ! grep 'not found' "$tmp" || die "$file: a library is not found"
  outside=$(awk '$3 ~ /^\// { print $3 }' "$tmp" | xargs -r -n1 realpath | grep -v "^$(realpath "$package/..")/" \
    | grep -v '/\(libc\|libm\|libz\)\.so\.[0-9.]*$' || true)
  test -z "$outside" || die "$file uses libraries outside the package: $outside"
done

# One copy of the library in the process, after plugins were loaded.
cd /
"$python" - <<'CODE'
import collections, fmtconv, os, sys
for plugin in fmtconv.plugins():
    fmtconv.plugins(plugin["name"])
package = os.path.dirname(os.path.realpath(fmtconv.__file__))
mapped = {line.split()[-1] for line in open("/proc/self/maps") if ".so" in line}
cores = sorted(p for p in mapped if "libfmtconv-core" in p)
modules = [p for p in mapped if "/fmtconv/1/" in p]
print(f"{len(modules)} plugins and {len(cores)} copy of the library are loaded")
if len(cores) != 1 or not cores[0].startswith(package) or len(modules) < 2:
    sys.exit(f"check-wheel.sh: loaded: {cores} {modules}")
CODE
