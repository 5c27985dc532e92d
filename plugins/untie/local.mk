# plugins/untie/local.mk
# SPDX-License-Identifier: Apache-2.0
if PLUGIN_UNTIE
plugin_LTLIBRARIES += plugins/untie.la
dist_man_MANS += plugins/untie/fmtconv-untie.7
endif
plugins_untie_la_SOURCES = plugins/untie/untie.c
plugins_untie_la_CFLAGS = $(plugin_cflags)
plugins_untie_la_LDFLAGS = $(plugin_ldflags)
plugins_untie_la_LIBADD = libfmtconv-core.la
