# core/plugin/local.mk: see the header beside it for what this folder is.
core_sources += \
	core/plugin/params.h \
	core/plugin/registry.h
