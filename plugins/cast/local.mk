# plugins/cast/local.mk
# SPDX-License-Identifier: Apache-2.0
if PLUGIN_CAST
plugin_LTLIBRARIES += plugins/cast.la
dist_man_MANS += plugins/cast/fmtconv-cast.7
endif
plugins_cast_la_SOURCES = plugins/cast/cast.c
plugins_cast_la_CFLAGS = $(plugin_cflags)
plugins_cast_la_LDFLAGS = $(plugin_ldflags)
plugins_cast_la_LIBADD = libfmtconv-core.la
