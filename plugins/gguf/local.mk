# plugins/gguf/local.mk
# SPDX-License-Identifier: Apache-2.0
if PLUGIN_GGUF
plugin_LTLIBRARIES += plugins/gguf.la
dist_man_MANS += plugins/gguf/fmtconv-gguf.7
endif
plugins_gguf_la_SOURCES = $(patch_sources) $(shards_sources) \
	plugins/gguf/attributes.c \
	plugins/gguf/cut.c \
	plugins/gguf/edit-keys.c \
	plugins/gguf/edit-text.c \
	plugins/gguf/edit.c \
	plugins/gguf/edit.h \
	plugins/gguf/encode.c \
	plugins/gguf/file-type.c \
	plugins/gguf/fold.c \
	plugins/gguf/foreign-names.c \
	plugins/gguf/gguf.c \
	plugins/gguf/gguf.h \
	plugins/gguf/keys.c \
	plugins/gguf/names.c \
	plugins/gguf/override.c \
	plugins/gguf/read-keys.c \
	plugins/gguf/read-split.c \
	plugins/gguf/read-tensors.c \
	plugins/gguf/read.c \
	plugins/gguf/tokenizer-note.c \
	plugins/gguf/types.c \
	plugins/gguf/write.c
plugins_gguf_la_CFLAGS = $(plugin_cflags)
plugins_gguf_la_LDFLAGS = $(plugin_ldflags)
plugins_gguf_la_LIBADD = libfmtconv-core.la
