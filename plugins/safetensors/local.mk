# plugins/safetensors/local.mk
# SPDX-License-Identifier: Apache-2.0
if PLUGIN_SAFETENSORS
plugin_LTLIBRARIES += plugins/safetensors.la
dist_man_MANS += plugins/safetensors/fmtconv-safetensors.7
endif
plugins_safetensors_la_SOURCES = $(index_sources) $(patch_sources) $(safetensors_types_sources) $(shards_sources) \
	plugins/safetensors/edit.c \
	plugins/safetensors/edit-names.c \
	plugins/safetensors/edit.h \
	plugins/safetensors/file.c \
	plugins/safetensors/members.c \
	plugins/safetensors/read.c \
	plugins/safetensors/safetensors.c \
	plugins/safetensors/safetensors.h \
	plugins/safetensors/shards.c \
	plugins/safetensors/ties.c \
	plugins/safetensors/write.c
plugins_safetensors_la_CFLAGS = $(plugin_cflags)
plugins_safetensors_la_LDFLAGS = $(plugin_ldflags)
plugins_safetensors_la_LIBADD = libfmtconv-core.la
