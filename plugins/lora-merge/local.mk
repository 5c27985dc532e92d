# plugins/lora-merge/local.mk
# SPDX-License-Identifier: Apache-2.0
if PLUGIN_LORA_MERGE
plugin_LTLIBRARIES += plugins/lora-merge.la
dist_man_MANS += plugins/lora-merge/fmtconv-lora-merge.7
endif
plugins_lora_merge_la_SOURCES = $(lora_sources) \
	plugins/lora-merge/adapters.c \
	plugins/lora-merge/base.c \
	plugins/lora-merge/factor.c \
	plugins/lora-merge/lora-merge.c \
	plugins/lora-merge/magnitude.c \
	plugins/lora-merge/merge.h \
	plugins/lora-merge/products.c \
	plugins/lora-merge/reason.c \
	plugins/lora-merge/report.c \
	plugins/lora-merge/sum.c \
	plugins/lora-merge/terms.c \
	plugins/lora-merge/transposed.c
plugins_lora_merge_la_CFLAGS = $(plugin_cflags)
plugins_lora_merge_la_LDFLAGS = $(plugin_ldflags)
plugins_lora_merge_la_LIBADD = libfmtconv-core.la -lm
