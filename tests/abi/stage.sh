# tests/abi/stage.sh: for tests that use the installed package; to be sourced.
# SPDX-License-Identifier: Apache-2.0
#
# Sets flags (to compile with), program (the command), installed (the folder of the plugins), FMTCONV_INDEX_PATH,
# FMTCONV_EXAMPLE_PATH where the examples are not installed, and tmp (a folder that goes at the end).  Needs source, the folder of this file.
. "$source/../need.sh"
need safetensors
need_modules
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail () { echo "FAILED: $*"; exit 1; }

# FMTCONV_INSTALLED_PACKAGE=yes: the package that the system has; otherwise what 'make check' installed before.
if test "${FMTCONV_INSTALLED_PACKAGE-}" = yes; then
  flags=$(pkg-config --cflags --libs fmtconv)
  program=$(command -v fmtconv)
  installed=$(pkg-config --variable plugindir fmtconv)
  FMTCONV_INDEX_PATH=${program%/bin/fmtconv}/share/fmtconv/plugins
  export FMTCONV_INDEX_PATH
  return 0
fi

stage=$PWD/tests/stage
test -d "$stage" || skip "only 'make check' installs the package first"
pc=$(find "$stage" -name fmtconv.pc)
PKG_CONFIG_LIBDIR=$(dirname "$pc"):$(pkg-config --variable pc_path pkg-config)
PKG_CONFIG_SYSROOT_DIR=$stage
export PKG_CONFIG_LIBDIR PKG_CONFIG_SYSROOT_DIR
flags=$(pkg-config --cflags --libs fmtconv)
library=$(dirname "$(dirname "$pc")")
LD_LIBRARY_PATH=$library${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export LD_LIBRARY_PATH
program=$(find "$stage" -path '*/bin/fmtconv')
FMTCONV_INDEX_PATH=$(dirname "$(find "$stage" -path '*/fmtconv/plugins/fmtconv.yaml')")
FMTCONV_EXAMPLE_PATH=$(dirname "$(find "$stage" -path '*/fmtconv/examples/writer.c')")
export FMTCONV_INDEX_PATH FMTCONV_EXAMPLE_PATH
installed=$(dirname "$(find "$library" -name safetensors.so)")
