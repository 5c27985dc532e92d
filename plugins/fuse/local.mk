# plugins/fuse/local.mk
# SPDX-License-Identifier: Apache-2.0
if PLUGIN_FUSE
plugin_LTLIBRARIES += plugins/fuse.la
dist_man_MANS += plugins/fuse/fmtconv-fuse.7
endif
plugins_fuse_la_SOURCES = $(rule_sources) plugins/fuse/fuse.c
plugins_fuse_la_CFLAGS = $(plugin_cflags)
plugins_fuse_la_LDFLAGS = $(plugin_ldflags)
plugins_fuse_la_LIBADD = libfmtconv-core.la
