# plugins/dequantise/local.mk
if PLUGIN_DEQUANTISE
plugin_LTLIBRARIES += plugins/dequantise.la
dist_man_MANS += plugins/dequantise/fmtconv-dequantise.7
endif
plugins_dequantise_la_SOURCES = plugins/dequantise/dequantise.c
plugins_dequantise_la_CFLAGS = $(plugin_cflags)
plugins_dequantise_la_LDFLAGS = $(plugin_ldflags)
plugins_dequantise_la_LIBADD = libfmtconv.la
