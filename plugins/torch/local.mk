# plugins/torch/local.mk
# SPDX-License-Identifier: Apache-2.0
torch_machine = \
	plugins/torch/choose.c \
	plugins/torch/collect.c \
	plugins/torch/collect.h \
	plugins/torch/container.c \
	plugins/torch/global.c \
	plugins/torch/keys.c \
	plugins/torch/keys.h \
	plugins/torch/leftovers.c \
	plugins/torch/legacy.c \
	plugins/torch/legacy.h \
	plugins/torch/machine.c \
	plugins/torch/machine.h \
	plugins/torch/measure.c \
	plugins/torch/module.c \
	plugins/torch/module.h \
	plugins/torch/notes.c \
	plugins/torch/numpy.c \
	plugins/torch/numpy.h \
	plugins/torch/object.c \
	plugins/torch/opcodes.c \
	plugins/torch/opcodes.h \
	plugins/torch/pickle.c \
	plugins/torch/put.c \
	plugins/torch/root.c \
	plugins/torch/root.h \
	plugins/torch/scalar.c \
	plugins/torch/scan.c \
	plugins/torch/scan.h \
	plugins/torch/storage.c \
	plugins/torch/storage.h \
	plugins/torch/storages.c \
	plugins/torch/tensor.c \
	plugins/torch/tensor.h \
	plugins/torch/training.c \
	plugins/torch/training.h \
	plugins/torch/value.c \
	plugins/torch/value.h \
	plugins/torch/walk.h

torch_writer = \
	plugins/torch/write-pickle.c \
	plugins/torch/write-types.c \
	plugins/torch/write.c \
	plugins/torch/write.h

if PLUGIN_TORCH
plugin_LTLIBRARIES += plugins/torch.la
dist_man_MANS += plugins/torch/fmtconv-torch.7
endif
plugins_torch_la_SOURCES = $(torch_machine) $(torch_writer) $(index_sources) \
	plugins/torch/archive.c \
	plugins/torch/archive.h \
	plugins/torch/torch.c
plugins_torch_la_CFLAGS = $(plugin_cflags)
plugins_torch_la_LDFLAGS = $(plugin_ldflags)
plugins_torch_la_LIBADD = libfmtconv-core.la
