# tests/maintainer.mk: the checks of other tools.  Those that configure anew need a build outside of the source tree.
# SPDX-License-Identifier: Apache-2.0
if SANITIZERS
LOG_COMPILER = $(top_srcdir)/tests/sanitized.sh
SH_LOG_COMPILER = $(LOG_COMPILER)
PY_LOG_COMPILER = $(LOG_COMPILER) $(top_srcdir)/tests/interop/run.sh
else
PY_LOG_COMPILER = $(top_srcdir)/tests/interop/run.sh
endif
EXTRA_DIST += tests/sanitized.sh tests/valgrind.sh tests/valgrind.supp

# The unit and contract tests under valgrind's memcheck.
check-valgrind: all
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(filter-out %.sh %.py,$(TESTS))' LOG_COMPILER='$(top_srcdir)/tests/valgrind.sh'

# What another compiler could change: the programs of tests, what fmtconv prints, and arithmetic.
check-compiler: all
	FMTCONV_INTEROP=arithmetic $(MAKE) $(AM_MAKEFLAGS) check TESTS='$(filter-out %.sh %.py,$(TESTS)) tests/cli/run.sh $(interop_tests)'

# All tests, with the address and undefined-behavior sanitizers of the compiler.
check-asan:
	$(MKDIR_P) sanitized
	cd sanitized && { test -f Makefile || '$(abs_top_srcdir)/configure' --enable-werror --enable-sanitizers \
	  CC='$(CC)' FMTCONV_PYTHON='$(FMTCONV_PYTHON)' >configure.log 2>&1 || { cat configure.log; exit 1; }; }
	$(MAKE) $(AM_MAKEFLAGS) -C sanitized check

# What runs in several threads, with the thread sanitizer of the compiler: an application that converts in
# several contexts at a time, and cancels.  Criterion does not run under this sanitizer.
check-tsan:
	$(MKDIR_P) sanitized-thread
	cd sanitized-thread && { test -f Makefile || '$(abs_top_srcdir)/configure' --enable-werror \
	  --enable-sanitizers=thread CC='$(CC)' >configure.log 2>&1 || { cat configure.log; exit 1; }; }
	$(MAKE) $(AM_MAKEFLAGS) -C sanitized-thread check check_PROGRAMS= TESTS=tests/abi/application.sh
clean_targets += clean-sanitized
clean-sanitized:
	rm -rf sanitized sanitized-thread
.PHONY: check-valgrind check-compiler check-asan check-tsan clean-sanitized
