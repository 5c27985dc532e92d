# tests/faults/local.mk: calls of the system that fail, one at a time; not with sanitizers, which have memory of their own.
# SPDX-License-Identifier: Apache-2.0
if !SANITIZERS
TESTS += tests/faults/faults.sh
endif
EXTRA_DIST += tests/faults/check_faults.py tests/faults/faults.sh tests/faults/scenarios.py tests/faults/shim.c

# Each place of the code in each scenario with each error, some minutes; FMTCONV_FAULTS=all: each call, for hours.
check-faults: all
	$(MAKE) $(AM_MAKEFLAGS) check TESTS=tests/faults/faults.sh FMTCONV_LONG=1
.PHONY: check-faults
