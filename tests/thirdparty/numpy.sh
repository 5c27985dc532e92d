#!/bin/sh
# tests/thirdparty/numpy.sh: a plugin of others for .npy and .npz, built against the installed package; numpy is the judge.
# SPDX-License-Identifier: Apache-2.0
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/third.sh"

build numpy
accept numpy "$here/sample.npz"
reference numpy numpy
