# plugins/cogvideox-lora/local.mk
# SPDX-License-Identifier: Apache-2.0
if PLUGIN_COGVIDEOX_LORA
plugin_LTLIBRARIES += plugins/cogvideox-lora.la
dist_man_MANS += plugins/cogvideox-lora/fmtconv-cogvideox-lora.7
endif
plugins_cogvideox_lora_la_SOURCES = \
	plugins/cogvideox-lora/base.c \
	plugins/cogvideox-lora/cogvideox-lora.c \
	plugins/cogvideox-lora/lora.h \
	plugins/cogvideox-lora/scale.c
plugins_cogvideox_lora_la_CFLAGS = $(plugin_cflags)
plugins_cogvideox_lora_la_LDFLAGS = $(plugin_ldflags)
plugins_cogvideox_lora_la_LIBADD = libfmtconv-core.la -lm
