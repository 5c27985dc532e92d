# core/plugin/local.mk: finds, loads and validates modules; parses parameters, once.
# SPDX-License-Identifier: Apache-2.0
core_sources += \
	core/plugin/descriptor.c \
	core/plugin/descriptor.h \
	core/plugin/globs.c \
	core/plugin/module.c \
	core/plugin/module.h \
	core/plugin/override.c \
	core/plugin/params-check.c \
	core/plugin/params-check.h \
	core/plugin/params.c \
	core/plugin/params.h \
	core/plugin/registry.c \
	core/plugin/registry.h \
	core/plugin/search.c \
	core/plugin/search.h \
	core/plugin/values.c \
	core/plugin/values.h
