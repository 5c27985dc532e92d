# core/plan/local.mk
# SPDX-License-Identifier: Apache-2.0
core_sources += \
	core/plan/box.c \
	core/plan/compile.c \
	core/plan/cut.c \
	core/plan/encoder.c \
	core/plan/group.c \
	core/plan/plan.h \
	core/plan/program.c \
	core/plan/range.c \
	core/plan/require.c \
	core/plan/row-panel.c \
	core/plan/run.h \
	core/plan/span.c \
	core/plan/text.c
