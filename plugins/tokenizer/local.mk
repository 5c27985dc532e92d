# plugins/tokenizer/local.mk
# SPDX-License-Identifier: Apache-2.0
if PLUGIN_TOKENIZER
plugin_LTLIBRARIES += plugins/tokenizer.la
dist_man_MANS += plugins/tokenizer/fmtconv-tokenizer.7
endif
plugins_tokenizer_la_SOURCES = \
	plugins/tokenizer/added.c \
	plugins/tokenizer/back-gpt2.c \
	plugins/tokenizer/back-json.c \
	plugins/tokenizer/back-merges.c \
	plugins/tokenizer/back-model.c \
	plugins/tokenizer/back-pieces.c \
	plugins/tokenizer/back-settings.c \
	plugins/tokenizer/back-vocab.c \
	plugins/tokenizer/back.c \
	plugins/tokenizer/back.h \
	plugins/tokenizer/bytelevel.c \
	plugins/tokenizer/bytelevel.h \
	plugins/tokenizer/chat.c \
	plugins/tokenizer/fairseq.c \
	plugins/tokenizer/files.c \
	plugins/tokenizer/gpt2.c \
	plugins/tokenizer/json.c \
	plugins/tokenizer/llama.c \
	plugins/tokenizer/merges.c \
	plugins/tokenizer/packed.c \
	plugins/tokenizer/pre-table.h \
	plugins/tokenizer/pre.c \
	plugins/tokenizer/pre.h \
	plugins/tokenizer/protobuf.c \
	plugins/tokenizer/protobuf.h \
	plugins/tokenizer/sampling.c \
	plugins/tokenizer/sampling.h \
	plugins/tokenizer/sentencepiece.c \
	plugins/tokenizer/size.c \
	plugins/tokenizer/slow.c \
	plugins/tokenizer/special.c \
	plugins/tokenizer/template.c \
	plugins/tokenizer/text.c \
	plugins/tokenizer/text.h \
	plugins/tokenizer/tokenizer.c \
	plugins/tokenizer/tokenizer.h \
	plugins/tokenizer/vocab.c \
	plugins/tokenizer/vocab.h
plugins_tokenizer_la_CFLAGS = $(plugin_cflags)
plugins_tokenizer_la_LDFLAGS = $(plugin_ldflags)
plugins_tokenizer_la_LIBADD = libfmtconv-core.la
