# plugins/rename/local.mk
# SPDX-License-Identifier: Apache-2.0
if PLUGIN_RENAME
plugin_LTLIBRARIES += plugins/rename.la
dist_man_MANS += plugins/rename/fmtconv-rename.7
endif
plugins_rename_la_SOURCES = plugins/rename/rename.c
plugins_rename_la_CFLAGS = $(plugin_cflags) $(PCRE2_CFLAGS)
plugins_rename_la_LDFLAGS = $(plugin_ldflags)
plugins_rename_la_LIBADD = libfmtconv-core.la $(PCRE2_LIBS)
