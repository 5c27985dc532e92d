# tests/build/local.mk: scripts that configure and build anew, also for other systems; they take minutes, so that
# 'make check' does not call them.
# SPDX-License-Identifier: Apache-2.0
EXTRA_DIST += \
	tests/build/conversions.py \
	tests/build/dist.sh \
	tests/build/embed.c \
	tests/build/lib.sh \
	tests/build/matrix.sh \
	tests/build/musl.sh \
	tests/build/packages.sh \
	tests/build/posix.sh \
	tests/build/same.sh \
	tests/build/standalone.sh

# Other systems, whose outputs must be the same.
builds_environment = FMTCONV='$(abs_top_builddir)/fmtconv' FMTCONV_PLUGIN_PATH='$(abs_top_builddir)/plugins/.libs'
check-posix: all
	$(builds_environment) CC='$(CC)' $(top_srcdir)/tests/build/posix.sh
check-musl: all
	$(builds_environment) $(top_srcdir)/tests/build/musl.sh

# The tarball, the rare configurations, and the one program.
check-build: all
	sh '$(srcdir)/tests/build/dist.sh' .
	sh '$(srcdir)/tests/build/matrix.sh' .
	sh '$(srcdir)/tests/build/standalone.sh' .
.PHONY: check-build check-musl check-posix
