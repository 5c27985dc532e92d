# core/source/local.mk: see the header beside it for what this folder is.
core_sources += \
	core/source/input.h \
	core/source/source.h
