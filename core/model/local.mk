# core/model/local.mk: catalogues of names and views, components, and the lineage of every tensor.
# SPDX-License-Identifier: Apache-2.0
core_sources += \
	core/model/build.c \
	core/model/bundle.c \
	core/model/bundle.h \
	core/model/description.c \
	core/model/description.h \
	core/model/ending.c \
	core/model/ending.h \
	core/model/freeze.c \
	core/model/freeze.h \
	core/model/lineage.c \
	core/model/lineage.h \
	core/model/model.c \
	core/model/model.h \
	core/model/new.c \
	core/model/new.h \
	core/model/packed.c \
	core/model/packed.h \
	core/model/private.h \
	core/model/quant-description.c \
	core/model/quant-description.h \
	core/model/scaling.c \
	core/model/scaling.h \
	core/model/scope.c \
	core/model/scope.h \
	core/model/skeleton.c \
	core/model/skeleton.h \
	core/model/tied.c \
	core/model/tied.h \
	core/model/tiling.c \
	core/model/unscale.c \
	core/model/whole.c \
	core/model/whole.h
