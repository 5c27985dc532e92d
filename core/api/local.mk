# core/api/local.mk
# SPDX-License-Identifier: Apache-2.0
core_sources += \
	core/api/builtins.c \
	core/api/builtins.h \
	core/api/context.c \
	core/api/convert.c \
	core/api/diff.c \
	core/api/inspect.c \
	core/api/map.c \
	core/api/parts.c \
	core/api/plugins.c \
	core/api/presets.c \
	core/api/recipe.c \
	core/api/report-chain.c \
	core/api/report.c \
	core/api/report.h \
	core/api/sanitize.c \
	core/api/stats.c \
	core/api/tree.c
