# core/convert/local.mk
# SPDX-License-Identifier: Apache-2.0
core_sources += \
	core/convert/chain.c \
	core/convert/choose.c \
	core/convert/convert.c \
	core/convert/convert.h \
	core/convert/copy.c \
	core/convert/detect.c \
	core/convert/detect.h \
	core/convert/finish.c \
	core/convert/inside.c \
	core/convert/leftovers.c \
	core/convert/limits.c \
	core/convert/link.c \
	core/convert/link.h \
	core/convert/links.c \
	core/convert/output.c \
	core/convert/pipeline.h \
	core/convert/placeholder.c \
	core/convert/recognize.c \
	core/convert/scalar.c \
	core/convert/shell.c \
	core/convert/stage.c \
	core/convert/stage.h
