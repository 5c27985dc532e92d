# plugins/lora-merge/local.mk
# SPDX-License-Identifier: Apache-2.0
if PLUGIN_LORA_MERGE
plugin_LTLIBRARIES += plugins/lora-merge.la
dist_man_MANS += plugins/lora-merge/fmtconv-lora-merge.7
endif
plugins_lora_merge_la_SOURCES = \
	plugins/lora-merge/adapters.c \
	plugins/lora-merge/alpha.c \
	plugins/lora-merge/base.c \
	plugins/lora-merge/config.c \
	plugins/lora-merge/facts.c \
	plugins/lora-merge/facts.h \
	plugins/lora-merge/kohya.c \
	plugins/lora-merge/lora-merge.c \
	plugins/lora-merge/merge.h \
	plugins/lora-merge/names.c \
	plugins/lora-merge/pairs.c \
	plugins/lora-merge/pattern.c \
	plugins/lora-merge/reason.c \
	plugins/lora-merge/report.c \
	plugins/lora-merge/sum.c \
	plugins/lora-merge/tied.c \
	plugins/lora-merge/transposed.c
plugins_lora_merge_la_CFLAGS = $(plugin_cflags)
plugins_lora_merge_la_LDFLAGS = $(plugin_ldflags)
plugins_lora_merge_la_LIBADD = libfmtconv.la -lm
