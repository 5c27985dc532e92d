# plugins/dtensor/local.mk
# SPDX-License-Identifier: Apache-2.0
if PLUGIN_DTENSOR
plugin_LTLIBRARIES += plugins/dtensor.la
dist_man_MANS += plugins/dtensor/fmtconv-dtensor.7
endif
plugins_dtensor_la_SOURCES = \
	plugins/dtensor/dtensor.c \
	plugins/dtensor/dtensor.h \
	plugins/dtensor/files.c \
	plugins/dtensor/join.c \
	plugins/dtensor/mesh.c \
	plugins/dtensor/shard.c \
	plugins/dtensor/value.c
plugins_dtensor_la_CFLAGS = $(plugin_cflags)
plugins_dtensor_la_LDFLAGS = $(plugin_ldflags)
plugins_dtensor_la_LIBADD = libfmtconv-core.la
