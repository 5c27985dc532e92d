# plugins/zero/local.mk
# SPDX-License-Identifier: Apache-2.0
if PLUGIN_ZERO
plugin_LTLIBRARIES += plugins/zero.la
dist_man_MANS += plugins/zero/fmtconv-zero.7
endif
plugins_zero_la_SOURCES = $(latest_sources) \
	plugins/zero/files.c \
	plugins/zero/flat.c \
	plugins/zero/groups.c \
	plugins/zero/locate.c \
	plugins/zero/module.c \
	plugins/zero/offload.c \
	plugins/zero/params.c \
	plugins/zero/split.c \
	plugins/zero/steps.c \
	plugins/zero/tensor.c \
	plugins/zero/universal.c \
	plugins/zero/zero.c \
	plugins/zero/zero.h
plugins_zero_la_CFLAGS = $(plugin_cflags)
plugins_zero_la_LDFLAGS = $(plugin_ldflags)
plugins_zero_la_LIBADD = libfmtconv-core.la
