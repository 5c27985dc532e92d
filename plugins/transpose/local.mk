# plugins/transpose/local.mk
# SPDX-License-Identifier: Apache-2.0
if PLUGIN_TRANSPOSE
plugin_LTLIBRARIES += plugins/transpose.la
dist_man_MANS += plugins/transpose/fmtconv-transpose.7
endif
plugins_transpose_la_SOURCES = plugins/transpose/transpose.c
plugins_transpose_la_CFLAGS = $(plugin_cflags)
plugins_transpose_la_LDFLAGS = $(plugin_ldflags)
plugins_transpose_la_LIBADD = libfmtconv-core.la
