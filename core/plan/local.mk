# core/plan/local.mk: a layout becomes programs, runs and units.
# SPDX-License-Identifier: Apache-2.0
core_sources += \
	core/plan/box.c \
	core/plan/box.h \
	core/plan/compile.c \
	core/plan/compile.h \
	core/plan/cut.c \
	core/plan/cut.h \
	core/plan/digest.c \
	core/plan/digest.h \
	core/plan/encoder.c \
	core/plan/encoder.h \
	core/plan/group.c \
	core/plan/group.h \
	core/plan/plan.h \
	core/plan/program.c \
	core/plan/program.h \
	core/plan/range.c \
	core/plan/range.h \
	core/plan/require.c \
	core/plan/require.h \
	core/plan/row-panel.c \
	core/plan/row-panel.h \
	core/plan/run.h \
	core/plan/share.c \
	core/plan/share.h \
	core/plan/span.c \
	core/plan/span.h \
	core/plan/text.c \
	core/plan/text.h
