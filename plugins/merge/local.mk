# plugins/merge/local.mk
# SPDX-License-Identifier: Apache-2.0
if PLUGIN_MERGE
plugin_LTLIBRARIES += plugins/merge.la
dist_man_MANS += plugins/merge/fmtconv-merge.7
endif
plugins_merge_la_SOURCES = \
	plugins/merge/append.c \
	plugins/merge/match.c \
	plugins/merge/merge.c \
	plugins/merge/merge.h \
	plugins/merge/sum.c \
	plugins/merge/weights.c
plugins_merge_la_CFLAGS = $(plugin_cflags)
plugins_merge_la_LDFLAGS = $(plugin_ldflags)
plugins_merge_la_LIBADD = libfmtconv-core.la
