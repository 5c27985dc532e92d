# core/plugin/local.mk: the index of known plugins; finds, loads and validates modules; parses parameters, once.
# SPDX-License-Identifier: Apache-2.0
core_sources += \
	core/plugin/agree-rules.c \
	core/plugin/agree-rules.h \
	core/plugin/agree.c \
	core/plugin/agree.h \
	core/plugin/codec-find.c \
	core/plugin/codec-find.h \
	core/plugin/codec.c \
	core/plugin/codec.h \
	core/plugin/descriptor.c \
	core/plugin/descriptor.h \
	core/plugin/evidence.c \
	core/plugin/evidence.h \
	core/plugin/globs.c \
	core/plugin/index-file.c \
	core/plugin/index-file.h \
	core/plugin/index-role.c \
	core/plugin/index-role.h \
	core/plugin/index-value.c \
	core/plugin/index-value.h \
	core/plugin/index.c \
	core/plugin/index.h \
	core/plugin/missing.c \
	core/plugin/missing.h \
	core/plugin/installed.c \
	core/plugin/installed.h \
	core/plugin/model-file.c \
	core/plugin/model-file.h \
	core/plugin/model-pipeline.c \
	core/plugin/model-pipeline.h \
	core/plugin/module.h \
	core/plugin/other-core.c \
	core/plugin/other-core.h \
	core/plugin/override.c \
	core/plugin/params-check.c \
	core/plugin/params-check.h \
	core/plugin/params.c \
	core/plugin/params.h \
	core/plugin/registry.c \
	core/plugin/registry.h \
	core/plugin/search.c \
	core/plugin/search.h \
	core/plugin/suggest.c \
	core/plugin/suggest.h \
	core/plugin/trust.c \
	core/plugin/trust.h \
	core/plugin/values.c \
	core/plugin/values.h
if MODULES
core_sources += core/plugin/module.c core/plugin/segments.c core/plugin/segments.h
else
core_sources += core/plugin/no-modules.c
endif
