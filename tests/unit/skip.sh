#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# tests/unit/skip.sh: stands for the unit tests where Criterion is missing, or plugins are built in.
echo "skipped: the unit tests need Criterion (Debian: libcriterion-dev), and plugins that are modules"
exit 77
