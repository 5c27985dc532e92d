# tests/unit/view.mk: views, the laws of their algebra, models, bundles.
# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += tests/unit/view tests/unit/laws tests/unit/model tests/unit/bundle
TESTS += tests/unit/view tests/unit/laws tests/unit/model tests/unit/bundle
tests_unit_view_SOURCES = tests/unit/view.c tests/unit/view-blocks.c tests/unit/view-util.h
tests_unit_view_CFLAGS = $(unit_cflags)
tests_unit_view_LDADD = $(unit_libs)
tests_unit_laws_SOURCES = tests/unit/laws.c tests/unit/naive.c tests/unit/naive.h
tests_unit_laws_CFLAGS = $(unit_cflags)
tests_unit_laws_LDADD = $(unit_libs)
tests_unit_model_SOURCES = tests/unit/model.c
tests_unit_model_CFLAGS = $(unit_cflags)
tests_unit_model_LDADD = $(unit_libs)
tests_unit_bundle_SOURCES = tests/unit/bundle.c tests/unit/messages.h
tests_unit_bundle_CFLAGS = $(unit_cflags)
tests_unit_bundle_LDADD = $(unit_libs)
