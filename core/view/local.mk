# core/view/local.mk
# SPDX-License-Identifier: Apache-2.0
core_sources += \
	core/view/absmax.c \
	core/view/block-stride.c \
	core/view/blocks.c \
	core/view/build.c \
	core/view/build.h \
	core/view/canon.c \
	core/view/dtype.c \
	core/view/equal.c \
	core/view/equal.h \
	core/view/inspect.c \
	core/view/leaf.c \
	core/view/lowrank.c \
	core/view/multiply.c \
	core/view/ops.c \
	core/view/order.c \
	core/view/origins.c \
	core/view/origins.h \
	core/view/reshape.c \
	core/view/same.c \
	core/view/swap.c \
	core/view/text.c \
	core/view/view.c \
	core/view/view.h
