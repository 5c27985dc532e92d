# cli/local.mk: the program, which uses the installed header fmtconv/fmtconv.h only.
# SPDX-License-Identifier: Apache-2.0
bin_PROGRAMS += fmtconv
fmtconv_SOURCES = \
	cli/cli.h \
	cli/commands.c \
	cli/context.c \
	cli/convert.c \
	cli/diff.c \
	cli/help.c \
	cli/inspect.c \
	cli/main.c \
	cli/map.c \
	cli/memory.c \
	cli/options.c \
	cli/output.c \
	cli/plugins.c \
	cli/presets.c \
	cli/sanitize.c \
	cli/summary.c \
	cli/table.c \
	cli/text.c
fmtconv_LDADD = libfmtconv-core.la -lm
