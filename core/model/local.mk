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
	core/model/model.h \
	core/model/rules.h \
	core/model/view.h \
	core/model/yaml-scalar.c \
	core/model/yaml.c
