# tests/unit/kernel.mk: the kernels against torch, zlib and plain loops.
# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += tests/unit/kernel
TESTS += tests/unit/kernel
tests_unit_kernel_SOURCES = tests/unit/kernel.c tests/unit/kernel.h tests/unit/kernel_bytes.c tests/unit/kernel_levels.c tests/unit/kernel_product.c
tests_unit_kernel_CPPFLAGS = $(AM_CPPFLAGS) -DTEST_DATA='"$(abs_top_srcdir)/tests/data/kernel"'
tests_unit_kernel_CFLAGS = $(unit_cflags)
tests_unit_kernel_LDADD = $(unit_libs)
EXTRA_DIST += tests/data/kernel/edges.bin tests/data/kernel/exhaustive.txt tests/data/kernel/make_vectors.py
