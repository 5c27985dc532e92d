# tests/unit/plugin.mk
# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += tests/unit/index tests/unit/plugin tests/unit/registry tests/unit/pipeline tests/unit/convert tests/unit/checkpoint
TESTS += tests/unit/index tests/unit/plugin tests/unit/registry tests/unit/pipeline tests/unit/convert tests/unit/checkpoint
tests_unit_plugin_SOURCES = tests/unit/plugin.c tests/unit/plugin-codec.c tests/unit/messages.h
tests_unit_plugin_CFLAGS = $(unit_cflags)
tests_unit_plugin_LDADD = $(unit_libs)
tests_unit_registry_SOURCES = tests/unit/registry.c tests/unit/messages.h tests/unit/temporary.h
tests_unit_registry_CFLAGS = $(unit_cflags)
tests_unit_registry_LDADD = $(unit_libs)
tests_unit_pipeline_SOURCES = tests/unit/pipeline.c tests/unit/messages.h
tests_unit_pipeline_CFLAGS = $(unit_cflags)
tests_unit_pipeline_LDADD = $(unit_libs)
tests_unit_convert_SOURCES = tests/unit/convert.c tests/unit/messages.h tests/unit/temporary.h
tests_unit_convert_CFLAGS = $(unit_cflags)
tests_unit_convert_LDADD = libfmtconv-core.la $(CRITERION_LIBS)
tests_unit_index_SOURCES = tests/unit/index.c tests/unit/messages.h
tests_unit_index_CFLAGS = $(unit_cflags)
tests_unit_index_LDADD = $(unit_libs)
tests_unit_checkpoint_SOURCES = tests/unit/checkpoint.c tests/unit/messages.h
tests_unit_checkpoint_CFLAGS = $(unit_cflags)
tests_unit_checkpoint_LDADD = libfmtconv-core.la $(CRITERION_LIBS)
