# core/source/local.mk: random-access bytes: files in a folder, windows, memory, cursors.
# SPDX-License-Identifier: Apache-2.0
core_sources += \
	core/source/cursor.c \
	core/source/decoded.c \
	core/source/decoded.h \
	core/source/descriptors.c \
	core/source/descriptors.h \
	core/source/disk.c \
	core/source/disk.h \
	core/source/folder.c \
	core/source/folder.h \
	core/source/follow.c \
	core/source/follow.h \
	core/source/input.c \
	core/source/input.h \
	core/source/journal.c \
	core/source/journal.h \
	core/source/latin1.c \
	core/source/leads-out.c \
	core/source/leads-out.h \
	core/source/members.c \
	core/source/members.h \
	core/source/private.h \
	core/source/recode.c \
	core/source/recode.h \
	core/source/safe-open.c \
	core/source/safe-open.h \
	core/source/shard.c \
	core/source/source.c \
	core/source/source.h \
	core/source/stored.c \
	core/source/stored.h \
	core/source/tar.c \
	core/source/tar.h \
	core/source/window.c \
	core/source/within.c \
	core/source/within.h
