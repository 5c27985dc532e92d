# core/rules/local.mk
# SPDX-License-Identifier: Apache-2.0
core_sources += \
	core/rules/capture.c \
	core/rules/complete.c \
	core/rules/details.c \
	core/rules/emit.c \
	core/rules/file.c \
	core/rules/index.c \
	core/rules/items.c \
	core/rules/link.c \
	core/rules/lists.c \
	core/rules/match.c \
	core/rules/order.c \
	core/rules/pattern-match.c \
	core/rules/pattern.c \
	core/rules/pattern.h \
	core/rules/rules.c \
	core/rules/rules.h \
	core/rules/run.h \
	core/rules/shape.c \
	core/rules/sites.c \
	core/rules/table.c \
	core/rules/table.h \
	core/rules/text.c \
	core/rules/values.c
