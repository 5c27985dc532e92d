# plugins/qweight/local.mk
# SPDX-License-Identifier: Apache-2.0
if PLUGIN_QWEIGHT
plugin_LTLIBRARIES += plugins/qweight.la
dist_man_MANS += plugins/qweight/fmtconv-qweight.7
endif
plugins_qweight_la_SOURCES = $(linear_sources) plugins/qweight/qweight.c
plugins_qweight_la_CFLAGS = $(plugin_cflags)
plugins_qweight_la_LDFLAGS = $(plugin_ldflags)
plugins_qweight_la_LIBADD = libfmtconv-core.la
