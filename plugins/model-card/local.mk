# plugins/model-card/local.mk
# SPDX-License-Identifier: Apache-2.0
if PLUGIN_MODEL_CARD
plugin_LTLIBRARIES += plugins/model-card.la
dist_man_MANS += plugins/model-card/fmtconv-model-card.7
endif
plugins_model_card_la_SOURCES = \
	plugins/model-card/card.c \
	plugins/model-card/id.c \
	plugins/model-card/model-card.c \
	plugins/model-card/model-card.h \
	plugins/model-card/size.c \
	plugins/model-card/sources.c \
	plugins/model-card/words.c
plugins_model_card_la_CFLAGS = $(plugin_cflags)
plugins_model_card_la_LDFLAGS = $(plugin_ldflags)
plugins_model_card_la_LIBADD = libfmtconv-core.la
