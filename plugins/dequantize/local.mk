# plugins/dequantize/local.mk
# SPDX-License-Identifier: Apache-2.0
if PLUGIN_DEQUANTIZE
plugin_LTLIBRARIES += plugins/dequantize.la
dist_man_MANS += plugins/dequantize/fmtconv-dequantize.7
endif
plugins_dequantize_la_SOURCES = \
	plugins/dequantize/bitsandbytes.c \
	plugins/dequantize/compressed.c \
	plugins/dequantize/dequantize.c \
	plugins/dequantize/gptq.c \
	plugins/dequantize/integers.c \
	plugins/dequantize/integers.h \
	plugins/dequantize/packed.c \
	plugins/dequantize/packed.h
plugins_dequantize_la_CFLAGS = $(plugin_cflags)
plugins_dequantize_la_LDFLAGS = $(plugin_ldflags)
plugins_dequantize_la_LIBADD = libfmtconv-core.la
