# core/attr/local.mk
# SPDX-License-Identifier: Apache-2.0
core_sources += \
	core/attr/attr.c \
	core/attr/attr.h \
	core/attr/float-text.c \
	core/attr/json-members.c \
	core/attr/json-scan.c \
	core/attr/json-text.c \
	core/attr/json.c \
	core/attr/packed.c \
	core/attr/set.c \
	core/attr/typed.c \
	core/attr/yaml-check.c \
	core/attr/yaml-node.c \
	core/attr/yaml-node.h \
	core/attr/yaml-scalar.c \
	core/attr/yaml-strict.c \
	core/attr/yaml.c
