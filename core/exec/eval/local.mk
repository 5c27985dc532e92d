# core/exec/eval/local.mk: a range of a view becomes bytes.
# SPDX-License-Identifier: Apache-2.0
core_sources += \
	core/exec/eval/encode.c \
	core/exec/eval/encode.h \
	core/exec/eval/factor.c \
	core/exec/eval/factor.h \
	core/exec/eval/fetch.c \
	core/exec/eval/fetch.h \
	core/exec/eval/image.c \
	core/exec/eval/image.h \
	core/exec/eval/part.c \
	core/exec/eval/part.h \
	core/exec/eval/product.c \
	core/exec/eval/product.h
