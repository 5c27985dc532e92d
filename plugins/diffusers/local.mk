# plugins/diffusers/local.mk
# SPDX-License-Identifier: Apache-2.0
if PLUGIN_DIFFUSERS
plugin_LTLIBRARIES += plugins/diffusers.la
dist_man_MANS += plugins/diffusers/fmtconv-diffusers.7
endif
plugins_diffusers_la_SOURCES = $(numbered_sources) \
	plugins/diffusers/card.c \
	plugins/diffusers/component.c \
	plugins/diffusers/diffusers.c \
	plugins/diffusers/diffusers.h \
	plugins/diffusers/files.c \
	plugins/diffusers/names.c \
	plugins/diffusers/pipeline.c \
	plugins/diffusers/pooling.c \
	plugins/diffusers/put.c \
	plugins/diffusers/read.c \
	plugins/diffusers/weights.c \
	plugins/diffusers/write.c
plugins_diffusers_la_CFLAGS = $(plugin_cflags)
plugins_diffusers_la_LDFLAGS = $(plugin_ldflags)
plugins_diffusers_la_LIBADD = libfmtconv-core.la
