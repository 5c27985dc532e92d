# tests/unit/rules.mk: the rule engine, on small tables.
# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += tests/unit/rules
TESTS += tests/unit/rules
tests_unit_rules_SOURCES = \
	tests/unit/rules-apply.c \
	tests/unit/rules-attributes.c \
	tests/unit/rules-errors.c \
	tests/unit/rules-help.c \
	tests/unit/rules-help.h \
	tests/unit/rules-oracle.c \
	tests/unit/rules-reverse.c \
	tests/unit/rules-values.c \
	tests/unit/rules.c
tests_unit_rules_CFLAGS = $(unit_cflags)
tests_unit_rules_LDADD = $(unit_libs)
