# core/exec/local.mk: the order of an execution's steps.
# SPDX-License-Identifier: Apache-2.0
core_sources += \
	core/exec/against.c \
	core/exec/against.h \
	core/exec/exec.h \
	core/exec/execute.c \
	core/exec/load.c \
	core/exec/load.h \
	core/exec/patch.c \
	core/exec/patch.h \
	core/exec/prepare.c \
	core/exec/prepare.h
