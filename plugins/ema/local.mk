# plugins/ema/local.mk
# SPDX-License-Identifier: Apache-2.0
if PLUGIN_EMA
plugin_LTLIBRARIES += plugins/ema.la
dist_man_MANS += plugins/ema/fmtconv-ema.7
endif
plugins_ema_la_SOURCES = plugins/ema/ema.c
plugins_ema_la_CFLAGS = $(plugin_cflags)
plugins_ema_la_LDFLAGS = $(plugin_ldflags)
plugins_ema_la_LIBADD = libfmtconv-core.la
