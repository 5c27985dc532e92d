# tests/maintainer.mk: the checks of other tools.  Those that configure anew need a build outside of the source tree.
# SPDX-License-Identifier: Apache-2.0
if SANITIZERS
LOG_COMPILER = $(top_srcdir)/tests/sanitized.sh
SH_LOG_COMPILER = $(LOG_COMPILER)
PY_LOG_COMPILER = $(LOG_COMPILER) $(top_srcdir)/tests/interop/run.sh
else
PY_LOG_COMPILER = $(top_srcdir)/tests/interop/run.sh
endif
EXTRA_DIST += .clang-tidy tests/analyze.accepted tests/analyze.sh tests/tidy.accepted tests/sanitized.sh tests/valgrind.sh tests/valgrind.supp

# The unit and contract tests under valgrind's memcheck.
check-valgrind: all
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(filter-out %.sh %.py,$(TESTS))' LOG_COMPILER='$(top_srcdir)/tests/valgrind.sh'

# What another compiler could change: the programs of tests, what fmtconv prints, and arithmetic.
check-compiler: all
	FMTCONV_INTEROP=arithmetic $(MAKE) $(AM_MAKEFLAGS) check TESTS='$(filter-out %.sh %.py,$(TESTS)) tests/cli/run.sh $(interop_tests)'

# All tests, with the address and undefined-behavior sanitizers of the compiler; check-asan-short leaves out what runs the same
# code with other data, or at random moments.
check-asan: check_sanitized = check
check-asan-short: check_sanitized = check-short
check-asan check-asan-short:
	$(MKDIR_P) sanitized
	cd sanitized && { test -f Makefile || '$(abs_top_srcdir)/configure' --enable-werror --enable-sanitizers \
	  CC='$(CC)' CFLAGS='-O1 -g' FMTCONV_PYTHON='$(FMTCONV_PYTHON)' >configure.log 2>&1 || { cat configure.log; exit 1; }; }
	$(MAKE) $(AM_MAKEFLAGS) -C sanitized $(check_sanitized)
check-short: all
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(filter-out $(repeating_tests),$(TESTS))'

# What runs in several threads, with the thread sanitizer of the compiler: an application that converts in
# several contexts at a time, and cancels.  Criterion does not run under this sanitizer.
check-tsan:
	$(MKDIR_P) sanitized-thread
	cd sanitized-thread && { test -f Makefile || '$(abs_top_srcdir)/configure' --enable-werror \
	  --enable-sanitizers=thread CC='$(CC)' CFLAGS='-O1 -g' >configure.log 2>&1 || { cat configure.log; exit 1; }; }
	$(MAKE) $(AM_MAKEFLAGS) -C sanitized-thread check check_PROGRAMS= TESTS=tests/abi/application.sh

# Static analysis by gcc of the core, the plugins and the program; files: make analyze ANALYZE_FILES='core/zip/end.c'.  Findings
# that are not defects are in tests/analyze.accepted, with the reason.
analyze_flags = $(DEFS) $(DEFAULT_INCLUDES) $(fmtconv_CPPFLAGS) $(core_libcore_la_CPPFLAGS) $(CPPFLAGS) -std=gnu11 $(YAML_CFLAGS) $(JANSSON_CFLAGS) $(LIBZIP_CFLAGS) $(ZLIB_CFLAGS)
analyze: all
	$(SHELL) $(top_srcdir)/tests/analyze.sh '$(CC)' $(analyze_flags) -- $(ANALYZE_FILES)

# The same by clang-tidy, with the checks of .clang-tidy; tests/tidy.accepted.
CLANG_TIDY = clang-tidy
tidy: all
	$(SHELL) $(top_srcdir)/tests/analyze.sh '$(CLANG_TIDY)' $(analyze_flags) -- $(ANALYZE_FILES)
clean_targets += clean-sanitized
clean-sanitized:
	rm -rf sanitized sanitized-thread
.PHONY: analyze tidy check-valgrind check-compiler check-asan check-asan-short check-short check-tsan clean-sanitized
