# tests/unit/source.mk
# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += tests/unit/source tests/unit/zip
TESTS += tests/unit/source tests/unit/zip
tests_unit_source_SOURCES = \
	tests/unit/folder.c \
	tests/unit/folder.h \
	tests/unit/record.h \
	tests/unit/source-descriptors.c \
	tests/unit/source-input.c \
	tests/unit/source-recode.c \
	tests/unit/source.c \
	tests/unit/temporary.h
tests_unit_source_CFLAGS = $(unit_cflags)
tests_unit_source_LDADD = $(unit_libs)
tests_unit_zip_SOURCES = \
	tests/unit/record.h \
	tests/unit/temporary.h \
	tests/unit/zip-data.c \
	tests/unit/zip-faults.c \
	tests/unit/zip-fields.c \
	tests/unit/zip-rules.c \
	tests/unit/zip-sample.c \
	tests/unit/zip-sample.h \
	tests/unit/zip.c \
	tests/unit/zipmaker.c \
	tests/unit/zipmaker.h
tests_unit_zip_CPPFLAGS = $(AM_CPPFLAGS) -DTEST_DATA='"$(abs_top_srcdir)/tests/data"'
tests_unit_zip_CFLAGS = $(unit_cflags)
tests_unit_zip_LDADD = $(unit_libs)
EXTRA_DIST += tests/data/torch/tiny.pt
tests_unit_zip_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=pread -Wl,--wrap=pwrite -Wl,--wrap=open
