# plugins/reshape/local.mk
# SPDX-License-Identifier: Apache-2.0
if PLUGIN_RESHAPE
plugin_LTLIBRARIES += plugins/reshape.la
dist_man_MANS += plugins/reshape/fmtconv-reshape.7
endif
plugins_reshape_la_SOURCES = plugins/reshape/reshape.c
plugins_reshape_la_CFLAGS = $(plugin_cflags)
plugins_reshape_la_LDFLAGS = $(plugin_ldflags)
plugins_reshape_la_LIBADD = libfmtconv-core.la
