# core/model/local.mk
# SPDX-License-Identifier: Apache-2.0
core_sources += \
	core/model/build.c \
	core/model/bundle.c \
	core/model/freeze.c \
	core/model/lineage.c \
	core/model/lineage.h \
	core/model/model.c \
	core/model/model.h \
	core/model/private.h \
	core/model/scaled.c \
	core/model/scaled.h \
	core/model/scope.c \
	core/model/tied.c \
	core/model/tiles.c
