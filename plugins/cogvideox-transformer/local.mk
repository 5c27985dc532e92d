# plugins/cogvideox-transformer/local.mk
# SPDX-License-Identifier: Apache-2.0
if PLUGIN_COGVIDEOX_TRANSFORMER
plugin_LTLIBRARIES += plugins/cogvideox-transformer.la
dist_man_MANS += plugins/cogvideox-transformer/fmtconv-cogvideox-transformer.7
endif
plugins_cogvideox_transformer_la_SOURCES = \
	plugins/cogvideox-transformer/cogvideox-transformer.c \
	plugins/cogvideox-transformer/config.c \
	plugins/cogvideox-transformer/transformer.h \
	plugins/cogvideox-transformer/version.c
plugins_cogvideox_transformer_la_CFLAGS = $(plugin_cflags)
plugins_cogvideox_transformer_la_LDFLAGS = $(plugin_ldflags)
plugins_cogvideox_transformer_la_LIBADD = libfmtconv-core.la
