# plugins/quantise/local.mk
if PLUGIN_QUANTISE
plugin_LTLIBRARIES += plugins/quantise.la
dist_man_MANS += plugins/quantise/fmtconv-quantise.7
endif
plugins_quantise_la_SOURCES = \
	plugins/quantise/choose.c \
	plugins/quantise/matrix.c \
	plugins/quantise/mix.c \
	plugins/quantise/quantise.c \
	plugins/quantise/quantise.h \
	plugins/quantise/scaled.c
plugins_quantise_la_CFLAGS = $(plugin_cflags)
plugins_quantise_la_LDFLAGS = $(plugin_ldflags)
plugins_quantise_la_LIBADD = libfmtconv.la
