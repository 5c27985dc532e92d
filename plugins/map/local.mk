# plugins/map/local.mk
# SPDX-License-Identifier: Apache-2.0
if PLUGIN_MAP
plugin_LTLIBRARIES += plugins/map.la
dist_man_MANS += plugins/map/fmtconv-map.7
endif
plugins_map_la_SOURCES = plugins/map/map.c
plugins_map_la_CFLAGS = $(plugin_cflags)
plugins_map_la_LDFLAGS = $(plugin_ldflags)
plugins_map_la_LIBADD = libfmtconv-core.la
