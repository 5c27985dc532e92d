# tests/build/local.mk: builds for other systems, whose outputs must be the same; steps of their own, not of 'make check'.
# SPDX-License-Identifier: Apache-2.0
EXTRA_DIST += tests/build/conversions.py tests/build/musl.sh tests/build/posix.sh

builds_environment = FMTCONV='$(abs_top_builddir)/fmtconv' FMTCONV_PLUGIN_PATH='$(abs_top_builddir)/plugins/.libs'
check-posix: all
	$(builds_environment) CC='$(CC)' $(top_srcdir)/tests/build/posix.sh
check-musl: all
	$(builds_environment) $(top_srcdir)/tests/build/musl.sh
.PHONY: check-posix check-musl
