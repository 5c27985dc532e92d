# core/base/local.mk: see the header beside it for what this folder is.
core_sources += \
	core/base/arena.h \
	core/base/check.h \
	core/base/ctx.h \
	core/base/map.h \
	core/base/text.h
