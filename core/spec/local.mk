# core/spec/local.mk: a YAML spec becomes a job, a job becomes a spec.
# SPDX-License-Identifier: Apache-2.0
core_sources += \
	core/spec/bounds.c \
	core/spec/bounds.h \
	core/spec/expand.c \
	core/spec/expand.h \
	core/spec/find.c \
	core/spec/find.h \
	core/spec/input.c \
	core/spec/input.h \
	core/spec/open.c \
	core/spec/open.h \
	core/spec/outputs.c \
	core/spec/outputs.h \
	core/spec/params.c \
	core/spec/params.h \
	core/spec/parts.c \
	core/spec/parts.h \
	core/spec/passed.c \
	core/spec/passed.h \
	core/spec/schema.c \
	core/spec/schema.h \
	core/spec/spec.c \
	core/spec/spec.h \
	core/spec/step.c \
	core/spec/step.h \
	core/spec/text.c \
	core/spec/variables.c \
	core/spec/variables.h
