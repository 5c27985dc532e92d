# plugins/t5-encoder/local.mk
# SPDX-License-Identifier: Apache-2.0
if PLUGIN_T5_ENCODER
plugin_LTLIBRARIES += plugins/t5-encoder.la
dist_man_MANS += plugins/t5-encoder/fmtconv-t5-encoder.7
endif
plugins_t5_encoder_la_SOURCES = \
	plugins/t5-encoder/t5-encoder.c
plugins_t5_encoder_la_CFLAGS = $(plugin_cflags)
plugins_t5_encoder_la_LDFLAGS = $(plugin_ldflags)
plugins_t5_encoder_la_LIBADD = libfmtconv-core.la
