# core/model/local.mk: see the header beside it for what this folder is.
core_sources += \
	core/model/model.h \
	core/model/rules.h \
	core/model/view.h
