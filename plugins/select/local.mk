# plugins/select/local.mk
# SPDX-License-Identifier: Apache-2.0
if PLUGIN_SELECT
plugin_LTLIBRARIES += plugins/select.la
dist_man_MANS += plugins/select/fmtconv-select.7
endif
plugins_select_la_SOURCES = plugins/select/select.c
plugins_select_la_CFLAGS = $(plugin_cflags)
plugins_select_la_LDFLAGS = $(plugin_ldflags)
plugins_select_la_LIBADD = libfmtconv-core.la
