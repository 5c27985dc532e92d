# tests/mutation/local.mk: 'make check-mutations' removes guards one at a time, to see that tests notice it.
# SPDX-License-Identifier: Apache-2.0
EXTRA_DIST += tests/mutation/guards.txt tests/mutation/mutant.h tests/mutation/run.py

check-mutations:
	PYTHONDONTWRITEBYTECODE=1 CC='$(CC)' $(PYTHON3) '$(srcdir)/tests/mutation/run.py' mutated
clean_targets += clean-mutations
clean-mutations:
	-rm -rf mutated
.PHONY: check-mutations clean-mutations
