# core/api/local.mk: one file for each function of fmtconv.h, and the report that it returns.
# SPDX-License-Identifier: Apache-2.0
core_sources += \
	core/api/build.c \
	core/api/builtins.c \
	core/api/builtins.h \
	core/api/checkpoint.h \
	core/api/context.c \
	core/api/convert.c \
	core/api/describe.c \
	core/api/describe.h \
	core/api/diff.c \
	core/api/edit.c \
	core/api/folders.c \
	core/api/inspect-commands.c \
	core/api/inspect-recognize.c \
	core/api/inspect-result.c \
	core/api/inspect.c \
	core/api/inspect.h \
	core/api/map-run.c \
	core/api/map-test.c \
	core/api/map.c \
	core/api/map.h \
	core/api/open.c \
	core/api/parts.c \
	core/api/parts.h \
	core/api/plugins.c \
	core/api/presets.c \
	core/api/ranks.c \
	core/api/read.c \
	core/api/recipe.c \
	core/api/recipe.h \
	core/api/report-chain.c \
	core/api/report-chain.h \
	core/api/report.c \
	core/api/report.h \
	core/api/sanitize.c \
	core/api/sanitize.h \
	core/api/shares.c \
	core/api/shares.h \
	core/api/side.c \
	core/api/side.h \
	core/api/stats.c \
	core/api/stats.h \
	core/api/tree.c \
	core/api/tree.h \
	core/api/verify.c
