# tests/cross/local.mk: the same bytes on every machine; run.sh is a step of .ci/run, as it downloads compilers.
# SPDX-License-Identifier: Apache-2.0

# Prints digests of the kernels; the levels of this machine are compared by 'make check', machines by run.sh.
check_PROGRAMS += tests/cross/kernels
TESTS += tests/cross/kernels
tests_cross_kernels_SOURCES = tests/cross/kernels.c
tests_cross_kernels_LDADD = core/libcore.la $(core_libs)
EXTRA_DIST += \
	tests/cross/cases.txt \
	tests/cross/make_inputs.py \
	tests/cross/run.sh \
	tests/cross/sysroot.sh
