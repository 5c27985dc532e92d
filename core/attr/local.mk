# core/attr/local.mk: the attribute tree and its two texts, JSON and YAML.
# SPDX-License-Identifier: Apache-2.0
core_sources += \
	core/attr/attr.c \
	core/attr/attr.h \
	core/attr/float-text.c \
	core/attr/float-text.h \
	core/attr/json-keys.c \
	core/attr/json-keys.h \
	core/attr/json-members.c \
	core/attr/json-memory.c \
	core/attr/json-memory.h \
	core/attr/json-number.c \
	core/attr/json-number.h \
	core/attr/json-scalar.c \
	core/attr/json-scalar.h \
	core/attr/json-scan.c \
	core/attr/json-scan.h \
	core/attr/json-text.c \
	core/attr/json.c \
	core/attr/json.h \
	core/attr/packed.c \
	core/attr/packed.h \
	core/attr/set.c \
	core/attr/set.h \
	core/attr/typed.c \
	core/attr/yaml-check.c \
	core/attr/yaml-check.h \
	core/attr/yaml-node.c \
	core/attr/yaml-node.h \
	core/attr/yaml-scalar.c \
	core/attr/yaml-scalar.h \
	core/attr/yaml-strict.c \
	core/attr/yaml-strict.h \
	core/attr/yaml.c
