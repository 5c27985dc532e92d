# core/rules/local.mk: the pattern language; tables that turn one model into another.
# SPDX-License-Identifier: Apache-2.0
core_sources += \
	core/rules/capture.c \
	core/rules/capture.h \
	core/rules/compile.c \
	core/rules/compile.h \
	core/rules/complete.c \
	core/rules/complete.h \
	core/rules/details.c \
	core/rules/details.h \
	core/rules/emit.c \
	core/rules/emit.h \
	core/rules/file.c \
	core/rules/index.c \
	core/rules/index.h \
	core/rules/items.c \
	core/rules/items.h \
	core/rules/link.c \
	core/rules/link.h \
	core/rules/lists.c \
	core/rules/lists.h \
	core/rules/match.c \
	core/rules/match.h \
	core/rules/order.c \
	core/rules/order.h \
	core/rules/pattern-match.c \
	core/rules/pattern-match.h \
	core/rules/pattern.c \
	core/rules/pattern.h \
	core/rules/rules.c \
	core/rules/rules.h \
	core/rules/run.h \
	core/rules/shape.c \
	core/rules/shape.h \
	core/rules/sites.c \
	core/rules/sites.h \
	core/rules/table.c \
	core/rules/table.h \
	core/rules/text.c \
	core/rules/text.h \
	core/rules/values.c \
	core/rules/values.h
