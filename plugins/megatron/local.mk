# plugins/megatron/local.mk
# SPDX-License-Identifier: Apache-2.0
if PLUGIN_MEGATRON
plugin_LTLIBRARIES += plugins/megatron.la
dist_man_MANS += plugins/megatron/fmtconv-megatron.7
endif
plugins_megatron_la_SOURCES = $(facts_sources) $(latest_sources) \
	plugins/megatron/dist.c \
	plugins/megatron/experts.c \
	plugins/megatron/layers.c \
	plugins/megatron/locate.c \
	plugins/megatron/megatron.c \
	plugins/megatron/megatron.h \
	plugins/megatron/mesh.c \
	plugins/megatron/nemo.c \
	plugins/megatron/ranks.c
plugins_megatron_la_CFLAGS = $(plugin_cflags)
plugins_megatron_la_LDFLAGS = $(plugin_ldflags)
plugins_megatron_la_LIBADD = libfmtconv-core.la
