# plugins/dcp/local.mk
# SPDX-License-Identifier: Apache-2.0
if PLUGIN_DCP
plugin_LTLIBRARIES += plugins/dcp.la
dist_man_MANS += plugins/dcp/fmtconv-dcp.7
endif
plugins_dcp_la_SOURCES = $(keys_sources) $(safetensors_types_sources) $(torch_file_sources) \
	plugins/dcp/attributes.c \
	plugins/dcp/chunks.c \
	plugins/dcp/cover.c \
	plugins/dcp/dcp.c \
	plugins/dcp/dcp.h \
	plugins/dcp/files.c \
	plugins/dcp/metadata.c \
	plugins/dcp/paths.c \
	plugins/dcp/places.c \
	plugins/dcp/record.c \
	plugins/dcp/root.c \
	plugins/dcp/stored.c \
	plugins/dcp/write-metadata.c \
	plugins/dcp/write.c \
	plugins/dcp/write.h
plugins_dcp_la_CFLAGS = $(plugin_cflags)
plugins_dcp_la_LDFLAGS = $(plugin_ldflags)
plugins_dcp_la_LIBADD = libfmtconv-core.la
