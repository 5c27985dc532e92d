# tests/unit/base.mk
# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += tests/unit/base
TESTS += tests/unit/base
tests_unit_base_SOURCES = tests/unit/base.c tests/unit/message.c tests/unit/os.c tests/unit/ranks.c tests/unit/text.c tests/unit/collect.h tests/unit/record.h tests/cli/without.h tests/unit/temporary.h
tests_unit_base_CFLAGS = $(unit_cflags)
tests_unit_base_LDADD = $(unit_libs)
