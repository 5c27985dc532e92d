# core/exec/write/local.mk: a unit goes to its file.
# SPDX-License-Identifier: Apache-2.0
core_sources += \
	core/exec/write/map.c \
	core/exec/write/map.h \
	core/exec/write/note-record.h \
	core/exec/write/note.c \
	core/exec/write/note.h \
	core/exec/write/take-over.c \
	core/exec/write/tile.c \
	core/exec/write/tile.h \
	core/exec/write/unit.c \
	core/exec/write/unit.h
