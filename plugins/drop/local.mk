# plugins/drop/local.mk
# SPDX-License-Identifier: Apache-2.0
if PLUGIN_DROP
plugin_LTLIBRARIES += plugins/drop.la
dist_man_MANS += plugins/drop/fmtconv-drop.7
endif
plugins_drop_la_SOURCES = plugins/drop/drop.c
plugins_drop_la_CFLAGS = $(plugin_cflags)
plugins_drop_la_LDFLAGS = $(plugin_ldflags)
plugins_drop_la_LIBADD = libfmtconv-core.la
