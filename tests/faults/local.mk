# tests/faults/local.mk: calls of the system that fail, one at a time, and a loss of power after each; not with sanitizers, which
# have memory of their own.
# SPDX-License-Identifier: Apache-2.0
if !SANITIZERS
TESTS += tests/faults/faults.sh tests/faults/power.sh
endif
EXTRA_DIST += tests/faults/check_faults.py tests/faults/faults.sh tests/faults/power.sh tests/faults/recorder.c \
	tests/faults/scenarios.py tests/faults/shim.c tests/faults/test_power.py

# Each place of the code in each scenario with each error, some minutes; FMTCONV_FAULTS=all: each call, for hours.
check-faults: all
	$(MAKE) $(AM_MAKEFLAGS) check TESTS=tests/faults/faults.sh FMTCONV_LONG=1
.PHONY: check-faults
