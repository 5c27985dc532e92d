# core/pickle/local.mk: pickles and the files of torch.save, read as data.
# SPDX-License-Identifier: Apache-2.0
core_sources += \
	core/pickle/access.c \
	core/pickle/access.h \
	core/pickle/archive.c \
	core/pickle/archive.h \
	core/pickle/container.c \
	core/pickle/describe.c \
	core/pickle/find.c \
	core/pickle/find.h \
	core/pickle/fold.c \
	core/pickle/fold.h \
	core/pickle/global.c \
	core/pickle/leaf.c \
	core/pickle/leaf.h \
	core/pickle/legacy.c \
	core/pickle/legacy.h \
	core/pickle/machine.c \
	core/pickle/machine.h \
	core/pickle/measure.c \
	core/pickle/memory.c \
	core/pickle/memory.h \
	core/pickle/numpy.c \
	core/pickle/numpy.h \
	core/pickle/object.c \
	core/pickle/opcodes.c \
	core/pickle/opcodes.h \
	core/pickle/open.c \
	core/pickle/open.h \
	core/pickle/run.c \
	core/pickle/scalar.c \
	core/pickle/storage.c \
	core/pickle/storage.h \
	core/pickle/storages.c \
	core/pickle/survey.c \
	core/pickle/tensor.c \
	core/pickle/tensor.h \
	core/pickle/value.c \
	core/pickle/value.h \
	core/pickle/view.c
