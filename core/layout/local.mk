# core/layout/local.mk: what a writer describes: files, regions, references.
# SPDX-License-Identifier: Apache-2.0
core_sources += \
	core/layout/account.c \
	core/layout/account.h \
	core/layout/archive-records.c \
	core/layout/archive.c \
	core/layout/archive.h \
	core/layout/deflate.c \
	core/layout/deflate.h \
	core/layout/freeze.c \
	core/layout/freeze.h \
	core/layout/layout.c \
	core/layout/layout.h \
	core/layout/manifest.c \
	core/layout/manifest.h \
	core/layout/names.c \
	core/layout/names.h \
	core/layout/part.c \
	core/layout/part.h \
	core/layout/references.c \
	core/layout/references.h \
	core/layout/sum-line.c \
	core/layout/sum-line.h \
	core/layout/ties.c \
	core/layout/ties.h
