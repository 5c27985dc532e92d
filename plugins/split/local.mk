# plugins/split/local.mk
# SPDX-License-Identifier: Apache-2.0
if PLUGIN_SPLIT
plugin_LTLIBRARIES += plugins/split.la
dist_man_MANS += plugins/split/fmtconv-split.7
endif
plugins_split_la_SOURCES = $(rule_sources) plugins/split/split.c
plugins_split_la_CFLAGS = $(plugin_cflags)
plugins_split_la_LDFLAGS = $(plugin_ldflags)
plugins_split_la_LIBADD = libfmtconv-core.la
