# tests/unit/pickle.mk
# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += tests/unit/pickle
TESTS += tests/unit/pickle
tests_unit_pickle_SOURCES = tests/unit/pickle.c tests/unit/pickle-fold.c
tests_unit_pickle_CFLAGS = $(unit_cflags)
tests_unit_pickle_LDADD = $(unit_libs)
