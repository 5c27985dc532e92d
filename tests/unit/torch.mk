# tests/unit/torch.mk
check_PROGRAMS += tests/unit/torch
TESTS += tests/unit/torch
tests_unit_torch_SOURCES = tests/unit/torch.c $(torch_machine)
tests_unit_torch_CFLAGS = $(unit_cflags)
tests_unit_torch_LDADD = $(unit_libs)
