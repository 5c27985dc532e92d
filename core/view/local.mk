# core/view/local.mk: data types; lazy tensor values and their normal form.
# SPDX-License-Identifier: Apache-2.0
core_sources += \
	core/view/absmax.c \
	core/view/absmax.h \
	core/view/block-stride.c \
	core/view/block-stride.h \
	core/view/blocks.c \
	core/view/blocks.h \
	core/view/build.c \
	core/view/build.h \
	core/view/byteswap.c \
	core/view/byteswap.h \
	core/view/canon.c \
	core/view/canon.h \
	core/view/dtype.c \
	core/view/equal.c \
	core/view/equal.h \
	core/view/flat.c \
	core/view/flat.h \
	core/view/inspect.c \
	core/view/inspect.h \
	core/view/leaf.c \
	core/view/load.c \
	core/view/load.h \
	core/view/lowrank.c \
	core/view/multiply.c \
	core/view/ops.c \
	core/view/ops.h \
	core/view/order.c \
	core/view/order.h \
	core/view/origins.c \
	core/view/origins.h \
	core/view/pieces.c \
	core/view/pieces.h \
	core/view/place.c \
	core/view/place.h \
	core/view/recode.c \
	core/view/recode.h \
	core/view/require-equal.c \
	core/view/require-equal.h \
	core/view/reshape.c \
	core/view/text.c \
	core/view/text.h \
	core/view/view.c \
	core/view/view.h
