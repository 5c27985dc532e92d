# plugins/sat/local.mk
# SPDX-License-Identifier: Apache-2.0
if PLUGIN_SAT
plugin_LTLIBRARIES += plugins/sat.la
dist_man_MANS += plugins/sat/fmtconv-sat.7
endif
plugins_sat_la_SOURCES = $(latest_sources) \
	plugins/sat/experts.c \
	plugins/sat/locate.c \
	plugins/sat/merge.c \
	plugins/sat/ranks.c \
	plugins/sat/sat.c \
	plugins/sat/sat.h \
	plugins/sat/write.c
plugins_sat_la_CFLAGS = $(plugin_cflags)
plugins_sat_la_LDFLAGS = $(plugin_ldflags)
plugins_sat_la_LIBADD = libfmtconv-core.la
