# tests/unit/quant.mk: block types against ggml's bytes.
# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += tests/unit/quant
TESTS += tests/unit/quant
tests_unit_quant_SOURCES = tests/unit/quant.c tests/unit/kernel.h
tests_unit_quant_CPPFLAGS = $(AM_CPPFLAGS) -DTEST_DATA='"$(abs_top_srcdir)/tests/data/quant"'
tests_unit_quant_CFLAGS = $(unit_cflags)
tests_unit_quant_LDADD = $(unit_libs)
EXTRA_DIST += \
	tests/data/quant/expected.txt \
	tests/data/quant/importance.f32 \
	tests/data/quant/input.f32 \
	tests/data/quant/make_vectors.py
