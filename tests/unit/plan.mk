# tests/unit/plan.mk
# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += tests/unit/plan
TESTS += tests/unit/plan
tests_unit_plan_SOURCES = \
	tests/unit/plan-absmax.c \
	tests/unit/plan-blocks.c \
	tests/unit/plan-byteswap.c \
	tests/unit/plan-crc.c \
	tests/unit/plan-decode.c \
	tests/unit/plan-archive.c \
	tests/unit/plan-cache.c \
	tests/unit/plan-digest.c \
	tests/unit/plan-faults.c \
	tests/unit/plan-folders.c \
	tests/unit/plan-map.c \
	tests/unit/plan-outputs.c \
	tests/unit/plan-publish.c \
	tests/unit/plan-random.c \
	tests/unit/plan-readahead.c \
	tests/unit/plan-require-equal.c \
	tests/unit/plan-row-panel.c \
	tests/unit/plan-share.c \
	tests/unit/plan-sums.c \
	tests/unit/plan-util.c \
	tests/unit/plan-util.h \
	tests/unit/plan.c
tests_unit_plan_CFLAGS = $(unit_cflags)
tests_unit_plan_LDADD = $(unit_libs)
