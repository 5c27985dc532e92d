# plugins/torch/local.mk
# SPDX-License-Identifier: Apache-2.0
torch_collect = \
	plugins/torch/arrays.c \
	plugins/torch/arrays.h \
	plugins/torch/choose.c \
	plugins/torch/collect.c \
	plugins/torch/collect.h \
	plugins/torch/leftovers.c \
	plugins/torch/module.c \
	plugins/torch/module.h \
	plugins/torch/notes.c \
	plugins/torch/put.c \
	plugins/torch/root.c \
	plugins/torch/root.h \
	plugins/torch/scan.c \
	plugins/torch/scan.h \
	plugins/torch/training.c \
	plugins/torch/training.h \
	plugins/torch/walk.h

torch_writer = \
	plugins/torch/write.c \
	plugins/torch/write.h

if PLUGIN_TORCH
plugin_LTLIBRARIES += plugins/torch.la
dist_man_MANS += plugins/torch/fmtconv-torch.7
endif
plugins_torch_la_SOURCES = $(facts_sources) $(keys_sources) $(torch_collect) $(torch_writer) $(torch_file_sources) $(index_sources) \
	plugins/torch/torch.c
plugins_torch_la_CFLAGS = $(plugin_cflags)
plugins_torch_la_LDFLAGS = $(plugin_ldflags)
plugins_torch_la_LIBADD = libfmtconv-core.la
