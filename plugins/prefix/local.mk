# plugins/prefix/local.mk
# SPDX-License-Identifier: Apache-2.0
if PLUGIN_PREFIX
plugin_LTLIBRARIES += plugins/prefix.la
dist_man_MANS += plugins/prefix/fmtconv-prefix.7
endif
plugins_prefix_la_SOURCES = plugins/prefix/prefix.c
plugins_prefix_la_CFLAGS = $(plugin_cflags)
plugins_prefix_la_LDFLAGS = $(plugin_ldflags)
plugins_prefix_la_LIBADD = libfmtconv-core.la
