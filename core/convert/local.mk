# core/convert/local.mk: detect, choose, run the stages, check limits, hand to the executor.
# SPDX-License-Identifier: Apache-2.0
core_sources += \
	core/convert/chain.c \
	core/convert/chain.h \
	core/convert/choose.c \
	core/convert/choose.h \
	core/convert/convert.c \
	core/convert/convert.h \
	core/convert/copy.c \
	core/convert/copy.h \
	core/convert/detect.c \
	core/convert/detect.h \
	core/convert/finish.c \
	core/convert/finish.h \
	core/convert/inside.c \
	core/convert/inside.h \
	core/convert/job.c \
	core/convert/job.h \
	core/convert/known-table.c \
	core/convert/known.c \
	core/convert/known.h \
	core/convert/leftovers.c \
	core/convert/leftovers.h \
	core/convert/limits.c \
	core/convert/limits.h \
	core/convert/link.c \
	core/convert/link.h \
	core/convert/links.c \
	core/convert/links.h \
	core/convert/one-of.c \
	core/convert/one-of.h \
	core/convert/output.c \
	core/convert/output.h \
	core/convert/placeholders.c \
	core/convert/placeholders.h \
	core/convert/recognize.c \
	core/convert/recognize.h \
	core/convert/scalar.c \
	core/convert/shell.c \
	core/convert/shell.h \
	core/convert/stage.c \
	core/convert/stage.h
