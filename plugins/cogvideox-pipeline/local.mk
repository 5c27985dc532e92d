# plugins/cogvideox-pipeline/local.mk
# SPDX-License-Identifier: Apache-2.0
if PLUGIN_COGVIDEOX_PIPELINE
plugin_LTLIBRARIES += plugins/cogvideox-pipeline.la
dist_man_MANS += plugins/cogvideox-pipeline/fmtconv-cogvideox-pipeline.7
endif
plugins_cogvideox_pipeline_la_SOURCES = \
	plugins/cogvideox-pipeline/cogvideox-pipeline.c \
	plugins/cogvideox-pipeline/facts.c \
	plugins/cogvideox-pipeline/find.c \
	plugins/cogvideox-pipeline/pipeline.h \
	plugins/cogvideox-pipeline/text.c
plugins_cogvideox_pipeline_la_CFLAGS = $(plugin_cflags)
plugins_cogvideox_pipeline_la_LDFLAGS = $(plugin_ldflags)
plugins_cogvideox_pipeline_la_LIBADD = libfmtconv-core.la
