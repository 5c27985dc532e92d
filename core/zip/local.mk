# core/zip/local.mk
# SPDX-License-Identifier: Apache-2.0
core_sources += \
	core/zip/agree.c \
	core/zip/directory.c \
	core/zip/end.c \
	core/zip/inflate.c \
	core/zip/local.c \
	core/zip/names.c \
	core/zip/scratch.c \
	core/zip/scratch.h \
	core/zip/zip.c \
	core/zip/zip.h
