# core/spec/local.mk
# SPDX-License-Identifier: Apache-2.0
core_sources += \
	core/spec/expand.c \
	core/spec/find.c \
	core/spec/input.c \
	core/spec/input.h \
	core/spec/open.c \
	core/spec/outputs.c \
	core/spec/params.c \
	core/spec/params.h \
	core/spec/parts.c \
	core/spec/schema.c \
	core/spec/spec.c \
	core/spec/spec.h \
	core/spec/step.c \
	core/spec/text.c \
	core/spec/variables.c
