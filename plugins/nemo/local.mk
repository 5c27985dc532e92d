# plugins/nemo/local.mk
# SPDX-License-Identifier: Apache-2.0
if PLUGIN_NEMO
plugin_LTLIBRARIES += plugins/nemo.la
dist_man_MANS += plugins/nemo/fmtconv-nemo.7
endif
plugins_nemo_la_SOURCES = plugins/nemo/nemo.c
plugins_nemo_la_CFLAGS = $(plugin_cflags)
plugins_nemo_la_LDFLAGS = $(plugin_ldflags)
plugins_nemo_la_LIBADD = libfmtconv-core.la
