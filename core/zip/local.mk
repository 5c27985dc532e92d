# core/zip/local.mk: archives, validated whole before the first member is handed out.
# SPDX-License-Identifier: Apache-2.0
core_sources += \
	core/zip/agree.c \
	core/zip/agree.h \
	core/zip/directory.c \
	core/zip/directory.h \
	core/zip/end.c \
	core/zip/end.h \
	core/zip/gap.c \
	core/zip/gap.h \
	core/zip/inflate.c \
	core/zip/inflate.h \
	core/zip/local.c \
	core/zip/local.h \
	core/zip/names.c \
	core/zip/names.h \
	core/zip/opened.c \
	core/zip/opened.h \
	core/zip/scratch.c \
	core/zip/scratch.h \
	core/zip/zip.c \
	core/zip/zip.h
