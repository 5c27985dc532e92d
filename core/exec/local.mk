# core/exec/local.mk: see the header beside it for what this folder is.
core_sources += \
	core/exec/exec.h
