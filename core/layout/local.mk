# core/layout/local.mk
# SPDX-License-Identifier: Apache-2.0
core_sources += \
	core/layout/layout.c \
	core/layout/layout.h \
	core/layout/names.c \
	core/layout/names.h \
	core/layout/refer.c \
	core/layout/refer.h
