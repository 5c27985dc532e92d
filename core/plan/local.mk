# core/plan/local.mk: see the header beside it for what this folder is.
core_sources += \
	core/plan/layout.h \
	core/plan/plan.h
