# plugins/quantize/local.mk
# SPDX-License-Identifier: Apache-2.0
if PLUGIN_QUANTIZE
plugin_LTLIBRARIES += plugins/quantize.la
dist_man_MANS += plugins/quantize/fmtconv-quantize.7
endif
plugins_quantize_la_SOURCES = \
	$(linear_sources) \
	plugins/quantize/choose.c \
	plugins/quantize/comfy.c \
	plugins/quantize/describe.c \
	plugins/quantize/llama.c \
	plugins/quantize/matrix.c \
	plugins/quantize/mix.c \
	plugins/quantize/quantize.c \
	plugins/quantize/quantize.h \
	plugins/quantize/scaled.c
plugins_quantize_la_CFLAGS = $(plugin_cflags)
plugins_quantize_la_LDFLAGS = $(plugin_ldflags)
plugins_quantize_la_LIBADD = libfmtconv-core.la
