# tests/unit/torch.mk
# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += tests/unit/torch
TESTS += tests/unit/torch
tests_unit_torch_SOURCES = tests/unit/torch.c $(facts_files) $(keys_files) $(torch_collect)
tests_unit_torch_CFLAGS = $(unit_cflags)
tests_unit_torch_LDADD = $(unit_libs)

check_PROGRAMS += tests/unit/torch-writer
TESTS += tests/unit/torch-writer
tests_unit_torch_writer_SOURCES = \
	tests/unit/plan-util.c \
	tests/unit/plan-util.h \
	tests/unit/torch-writer.c \
	$(torch_writer) $(torch_file_files)
tests_unit_torch_writer_CFLAGS = $(unit_cflags)
tests_unit_torch_writer_LDADD = $(unit_libs)
