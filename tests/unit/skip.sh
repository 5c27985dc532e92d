#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# tests/unit/skip.sh: stands for the unit tests where Criterion is missing.
echo "skipped: the unit tests need Criterion (Debian: libcriterion-dev)"
exit 77
