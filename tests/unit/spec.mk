# tests/unit/spec.mk
# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += tests/unit/spec
TESTS += tests/unit/spec
tests_unit_spec_SOURCES = tests/unit/spec.c tests/unit/spec-bounds.c tests/unit/spec-found.c tests/unit/spec-input.c tests/unit/spec-job.c tests/unit/messages.h tests/unit/spec-util.h tests/unit/temporary.h
tests_unit_spec_CFLAGS = $(unit_cflags)
tests_unit_spec_LDADD = $(unit_libs)
# Modules call the program's own core, so that there is only one.
tests_unit_spec_LDFLAGS = $(AM_LDFLAGS) -export-dynamic
