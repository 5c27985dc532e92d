# tests/abi/local.mk: plugins that were not built here.
# SPDX-License-Identifier: Apache-2.0
TESTS += tests/abi/account.sh tests/abi/api-manual.sh tests/abi/application.sh tests/abi/completion.sh tests/abi/kit.sh tests/abi/manual.sh tests/abi/pkgconfig.sh tests/abi/presets.sh tests/abi/readme.sh tests/abi/stranger.sh
EXTRA_DIST += tests/abi/account.c tests/abi/account.sh tests/abi/api-manual.sh tests/abi/completion.sh tests/abi/application.c tests/abi/application.sh tests/abi/kit.c tests/abi/kit.sh tests/abi/readme.sh tests/abi/manual.sh tests/abi/npy.c tests/abi/pkgconfig.sh tests/abi/presets.sh tests/abi/stage.sh tests/abi/stranger.sh

# Modules that must be refused, compiled as a third party would.
TESTS += tests/abi/refused.sh
EXTRA_DIST += \
	tests/abi/good.c \
	tests/abi/loop.c \
	tests/abi/no-descriptor.c \
	tests/abi/refused.sh \
	tests/abi/undefined-symbol.c \
	tests/abi/wrong-abi.c

# The installed package, staged before any test runs: libtool links plugins anew when it installs them, in the very
# folder that the other tests load them from.
check_DATA += tests/stage.stamp
tests/stage.stamp: Makefile $(bin_PROGRAMS) $(lib_LTLIBRARIES) $(plugin_LTLIBRARIES) $(dist_fmtconvinclude_HEADERS) $(dist_pipeline_DATA) $(index_DATA) $(dist_example_DATA)
	@$(MKDIR_P) tests
	rm -rf tests/stage
	$(AM_V_at)$(MAKE) $(AM_MAKEFLAGS) install DESTDIR='$(abs_top_builddir)/tests/stage' >tests/stage.log 2>&1 \
	  || { cat tests/stage.log; exit 1; }
	$(AM_V_at)touch $@
CLEANFILES += tests/stage.stamp tests/stage.log
clean_targets += clean-stage
clean-stage:
	rm -rf tests/stage
.PHONY: clean-stage
