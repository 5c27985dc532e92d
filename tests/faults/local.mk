# tests/faults/local.mk: calls of the system that fail, one at a time.
# SPDX-License-Identifier: Apache-2.0
TESTS += tests/faults/faults.sh
EXTRA_DIST += tests/faults/check_faults.py tests/faults/faults.sh tests/faults/scenarios.py tests/faults/shim.c

# Each place of the code in each scenario with each error, some minutes; FMTCONV_FAULTS=all: each call, for hours.
check-faults: all
	$(MAKE) $(AM_MAKEFLAGS) check TESTS=tests/faults/faults.sh FMTCONV_LONG=1
.PHONY: check-faults
