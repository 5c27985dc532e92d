# plugins/lora-names/local.mk
# SPDX-License-Identifier: Apache-2.0
if PLUGIN_LORA_NAMES
plugin_LTLIBRARIES += plugins/lora-names.la
dist_man_MANS += plugins/lora-names/fmtconv-lora-names.7
endif
plugins_lora_names_la_SOURCES = $(lora_sources) \
	plugins/lora-names/config.c \
	plugins/lora-names/lora-names.c \
	plugins/lora-names/module.c \
	plugins/lora-names/names.h \
	plugins/lora-names/put.c \
	plugins/lora-names/recognize.c \
	plugins/lora-names/words.c
plugins_lora_names_la_CFLAGS = $(plugin_cflags)
plugins_lora_names_la_LDFLAGS = $(plugin_ldflags)
plugins_lora_names_la_LIBADD = libfmtconv-core.la -lm
