# plugins/lora-gguf/local.mk
# SPDX-License-Identifier: Apache-2.0
if PLUGIN_LORA_GGUF
plugin_LTLIBRARIES += plugins/lora-gguf.la
dist_man_MANS += plugins/lora-gguf/fmtconv-lora-gguf.7
endif
plugins_lora_gguf_la_SOURCES = $(lora_sources) \
	plugins/lora-gguf/base.c \
	plugins/lora-gguf/check.c \
	plugins/lora-gguf/lora-gguf.c \
	plugins/lora-gguf/lora-gguf.h \
	plugins/lora-gguf/matrices.c \
	plugins/lora-gguf/put.c
plugins_lora_gguf_la_CFLAGS = $(plugin_cflags)
plugins_lora_gguf_la_LDFLAGS = $(plugin_ldflags)
plugins_lora_gguf_la_LIBADD = libfmtconv-core.la -lm
