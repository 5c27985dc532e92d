# core/model/local.mk: see the header beside it for what this folder is.
core_sources += \
	core/model/attr-set.c \
	core/model/attr.c \
	core/model/attr.h \
	core/model/dtype.c \
	core/model/float-text.c \
	core/model/json-scan.c \
	core/model/json-text.c \
	core/model/json.c \
	core/model/model-build.c \
	core/model/model-private.h \
	core/model/model-seal.c \
	core/model/model-tied.c \
	core/model/model-tiles.c \
	core/model/model.c \
	core/model/model.h \
	core/model/rules.h \
	core/model/view-build.c \
	core/model/view-build.h \
	core/model/view-canon.c \
	core/model/view-leaf.c \
	core/model/view-look.c \
	core/model/view-ops.c \
	core/model/view-reshape.c \
	core/model/view-text.c \
	core/model/view.c \
	core/model/view.h \
	core/model/yaml-scalar.c \
	core/model/yaml.c
