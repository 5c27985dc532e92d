# core/exec/write/local.mk: a unit goes to its file.
# SPDX-License-Identifier: Apache-2.0
core_sources += \
	core/exec/write/tile.c \
	core/exec/write/tile.h \
	core/exec/write/unit.c \
	core/exec/write/unit.h
