# core/model/local.mk
# SPDX-License-Identifier: Apache-2.0
core_sources += \
	core/model/build.c \
	core/model/bundle.c \
	core/model/bundle.h \
	core/model/freeze.c \
	core/model/freeze.h \
	core/model/lineage.c \
	core/model/lineage.h \
	core/model/model.c \
	core/model/model.h \
	core/model/new.c \
	core/model/new.h \
	core/model/private.h \
	core/model/scaled.c \
	core/model/scaled.h \
	core/model/scope.c \
	core/model/scope.h \
	core/model/tied.c \
	core/model/tied.h \
	core/model/tiles.c
