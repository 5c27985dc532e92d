# tests/unit/attr.mk
# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += tests/unit/attr
TESTS += tests/unit/attr
tests_unit_attr_SOURCES = tests/unit/attr.c tests/unit/attr-golden.h tests/unit/json.c tests/unit/typed.c tests/unit/yaml.c tests/unit/collect.h
tests_unit_attr_CFLAGS = $(unit_cflags)
tests_unit_attr_LDADD = $(unit_libs)
